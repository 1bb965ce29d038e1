import { describe, expect, it } from 'vitest'
import { judgeBatch } from '../../src/detection/engine/batch.ts'
import { ForgetfulMemory } from '../../src/detection/engine/forgetful.ts'
import type { StoredState } from '../../src/detection/engine/keyed-state.ts'
import type { BatchOutcome } from '../../src/detection/engine/memory.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import { inBatches, readHistory, workOf } from '../../src/pipeline/replay.ts'
import { businessNamed } from '../../src/simulator/trade/registry.ts'
import { simulateTrade } from '../../src/simulator/trade/simulate.ts'
import { toDate } from '../../src/time.ts'
import { linesOf } from '../bench/detection/ours.ts'

/** Keeps every state as JSON as soon as a batch is over; none of them is idle. */
class RestingMemory extends ForgetfulMemory {
  override apply(outcome: BatchOutcome): void {
    super.apply(outcome)
    for (const { states } of outcome.streams) states.sweep(0, Number.POSITIVE_INFINITY)
  }
}

async function judged(memory: ForgetfulMemory, name: string) {
  const { events } = simulateTrade({
    seed: 'resting',
    business: businessNamed(name),
    days: 12,
    incidents: 'on',
  })
  const history = readHistory(linesOf(events), 'whe_1', () => {})
  for await (const batch of inBatches(history, 50))
    memory.apply(
      await judgeBatch(DETECTORS, memory, workOf(batch, batch.at(-1)?.deliveredAt ?? 0, toDate(0))),
    )
  const incidents = memory.raisedIncidents.map(({ incident: { id: _, ...incident } }) => incident)
  const states = await Promise.all(
    (await memory.streams()).map(async ({ id }) => [...(await memory.states(id, DETECTORS)).rows()]),
  )
  const place = ({ detector, key }: StoredState) => `${detector} ${key}`
  return { incidents, states: states.flat().sort((a, b) => (place(a) < place(b) ? -1 : 1)) }
}

describe('the states of a dry replay', () => {
  it.each(['vending-machine', 'small-shop'])(
    'are the same of a %s where they rest between batches',
    async (name) => {
      const expected = await judged(new ForgetfulMemory(new Map()), name)
      expect(expected.states.length).toBeGreaterThan(10)
      expect(await judged(new RestingMemory(new Map()), name)).toEqual(expected)
    },
  )
})
