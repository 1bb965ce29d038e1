import fc from 'fast-check'
import { expect } from 'vitest'
import type { Fact } from '../../src/stripe/facts.ts'

/** Demands that the same comes of facts in whichever order they arrive: they lie within 15 minutes. */
export function sameInAnyOrder<F extends Fact>(
  streams: fc.Arbitrary<F[]>,
  play: (facts: readonly F[]) => unknown,
  numRuns = 300,
): void {
  const shuffled = streams.chain((facts) =>
    fc.tuple(fc.constant(facts), fc.shuffledSubarray(facts, { minLength: facts.length })),
  )
  fc.assert(
    fc.property(shuffled, ([facts, order]) => {
      expect(play(order)).toEqual(play(facts.toSorted((a, b) => a.at - b.at)))
    }),
    { numRuns },
  )
}
