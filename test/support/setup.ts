import fc from 'fast-check'
import { endWithFile } from './endings.ts'
import { clock } from './stepped-clock.ts'

// The same inputs in every run, so that a test which turns red tells of a change. FC_SEED=random tries others.
const seed = process.env['FC_SEED'] ?? '1'
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) })

endWithFile()
clock.restart()
