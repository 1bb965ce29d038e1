import { expect, it } from 'vitest'
import { judgeBatch } from '../../src/detection/engine/batch.ts'
import type { HistoricalEvent } from '../../src/detection/engine/events.ts'
import { ForgetfulMemory } from '../../src/detection/engine/forgetful.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import { inBatches, readHistory, workOf } from '../../src/pipeline/replay.ts'
import { simulate } from '../../src/simulator/simulate.ts'
import { USUAL_START } from '../../src/simulator/write.ts'
import { MINUTE } from '../../src/time.ts'
import { seeded } from '../support/times.ts'

const QUARTER = 15 * MINUTE

/** What every run but for the loss has alike. */
async function foundIn(events: readonly HistoricalEvent[]): Promise<string[]> {
  const memory = new ForgetfulMemory(new Map())
  const inOrder = async function* () {
    yield* [...events].sort((a, b) => a.deliveredAt - b.deliveredAt || a.at - b.at)
  }
  let now = 0
  for await (const batch of inBatches(inOrder(), 250)) {
    now = Math.max(now, ...batch.map(({ deliveredAt }) => deliveredAt))
    memory.apply(await judgeBatch(DETECTORS, memory, workOf(batch, now, new Date(0))))
  }
  memory.apply(await judgeBatch(DETECTORS, memory, { ...workOf([], now, new Date(0)), isLast: true }))
  return memory.raisedIncidents
    .filter(({ incident }) => incident.detector !== 'WEBHOOK_LAG')
    .map(
      ({ incident: { detector, fingerprint, startedAt } }) =>
        `${detector} ${fingerprint} ${Math.floor(startedAt / 3_600)}`,
    )
    .sort()
}

// A large account is compared every quarter of an hour, a small one about every hour and a half.
it.each([
  ['6', QUARTER],
  ['2', 96 * MINUTE],
])(
  'one in twenty webhooks lost and filled in gives the very anomalies of a run without loss, tenant %s, compared every %d s',
  async (seed, every) => {
    const { events } = simulate({ seed, days: 24, start: USUAL_START, incidents: 'on' })
    const lines = [...events].map(({ event, received }) => JSON.stringify({ ...event, received }))
    const whole: HistoricalEvent[] = []
    for await (const event of readHistory(lines, 'whe_1', () => {})) whole.push(event)
    const random = seeded(Number(seed))
    // The next comparison finds it: all up to a quarter of an hour before.
    const filled = whole.map(
      (event): HistoricalEvent =>
        random() < 0.05
          ? { ...event, found: true, deliveredAt: Math.ceil((event.at + QUARTER + 1) / every) * every }
          : event,
    )
    const expected = await foundIn(whole)
    expect(expected.length).toBeGreaterThan(0)
    expect(await foundIn(filled)).toEqual(expected)
  },
  180_000,
)
