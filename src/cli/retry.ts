import { Command } from 'commander'
import { count } from '../detection/kit/words.ts'
import { retryUnsaved } from '../storage/detection/unsaved.ts'
import { demandWritable } from '../storage/moving.ts'
import { systemClock } from '../time.ts'
import type { Shell } from './shell.ts'

/** `retry`: what `doctor` names for events whose judgement could not be saved. */
export const retryCommand = (shell: Shell): Command =>
  new Command('retry')
    .description("judge a tenant's events again that are FAILED because they could not be saved")
    .argument('<tenant>')
    .action(async (tenantId: string, options: { json?: boolean }) => {
      const retried = await shell.withTenant(tenantId, async ({ sql }, { database }) => {
        await demandWritable(sql, tenantId)
        return retryUnsaved(database, tenantId, systemClock.now())
      })
      const lines =
        retried === 0
          ? ['There is none that could not be saved.']
          : [`${count(retried, 'event')} put back; a running server judges them within seconds.`]
      shell.print({ json: { retried }, lines }, options)
    })
