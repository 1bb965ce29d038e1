import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { judgeBatch } from '../../../src/detection/engine/batch.ts'
import { ForgetfulMemory } from '../../../src/detection/engine/forgetful.ts'
import type { StoredState } from '../../../src/detection/engine/keyed-state.ts'
import { DETECTORS } from '../../../src/detection/registry.ts'
import { inBatches, readHistory, workOf } from '../../../src/pipeline/replay.ts'
import { simulate } from '../../../src/simulator/simulate.ts'
import { USUAL_START } from '../../../src/simulator/write.ts'
import { fileOf, folder } from './stored-states.ts'

/** Seeds of small tenants with subscriptions, in whose weeks something goes wrong. */
const SEEDS = ['1', '2', '3', '4', '5', '6']
const DAYS = 45
const ROWS_OF_A_DETECTOR = 3

/** All rows that a simulated tenant has after its last day. */
async function rowsOf(seed: string): Promise<StoredState[]> {
  const { events } = simulate({ seed, days: DAYS, start: USUAL_START, incidents: 'on' })
  const lines = function* (): Generator<string> {
    for (const { event, received } of events) yield JSON.stringify({ ...event, received })
  }
  const memory = new ForgetfulMemory(new Map())
  const rows = new Map<string, StoredState>()
  for await (const batch of inBatches(
    readHistory(lines(), 'whe_1', () => {}),
    250,
  )) {
    const now = Math.max(...batch.map(({ deliveredAt }) => deliveredAt))
    const outcome = await judgeBatch(DETECTORS, memory, workOf(batch, now, new Date(0)))
    for (const { states } of outcome.streams) {
      const { saved, dropped } = states.changes()
      for (const row of saved) rows.set(`${row.detector} ${row.key}`, row)
      for (const { detector, key } of dropped) rows.delete(`${detector} ${key}`)
    }
    memory.apply(outcome)
  }
  return [...rows.values()]
}

/**
 * Records rows of the shapes that detectors store today: of each tenant the largest row of every detector, the
 * smallest of those, so that they are full and the files stay small. Run it for a new detector, and before a
 * `stateVersion` grows where that version has no file yet:
 * `node --import tsx test/detection/stored-states/record.ts REFUND_SPIKE`.
 */
async function record(names: readonly string[]): Promise<void> {
  const wanted = DETECTORS.filter(({ name }) => names.includes(name))
  if (wanted.length === 0 || wanted.length < names.length) {
    process.stderr.write(`Which detectors? There are: ${DETECTORS.map(({ name }) => name).join(', ')}\n`)
    process.exitCode = 2
    return
  }
  const rows: StoredState[] = []
  for (const seed of SEEDS) {
    const all = await rowsOf(seed)
    for (const { name } of wanted) {
      const largest = all
        .filter(({ detector }) => detector === name)
        .sort((a, b) => b.state.length - a.state.length)
      rows.push(...largest.slice(0, 1))
    }
  }
  for (const detector of wanted) {
    const chosen = rows
      .filter((row) => row.detector === detector.name)
      .sort((a, b) => a.state.length - b.state.length)
      .slice(0, ROWS_OF_A_DETECTOR)
    const json = `${JSON.stringify(chosen, null, 2)}\n`
    writeFileSync(join(folder, fileOf(detector)), json)
    process.stdout.write(`${fileOf(detector)}: ${chosen.length} rows, ${json.length} bytes\n`)
  }
}

await record(process.argv.slice(2))
