import { expect, it } from 'vitest'
import { DETECTORS } from '../../src/detection/registry.ts'
import { createLedger, judgeWith } from '../stripe/judge.ts'
import { driveHistory, type Late } from '../support/drive.ts'
import { arrived } from '../support/facts.ts'
import { FIRINGS, type Spoken } from '../support/firings.ts'
import { Merchant } from '../support/merchant.ts'
import { NEWEST } from '../support/stripe/versions.ts'

/** The facts of a history, in the order of their delivery. */
function factsOf({ history }: Spoken): Late[] {
  const ledger = createLedger()
  return history(new Merchant(NEWEST)).flatMap((event) => {
    const at = Number(event['created'])
    const lag = Number(event['received'] ?? at) - at
    const facts = judgeWith(ledger, [event])
    return (facts.length > 0 ? facts : [arrived(at)]).map((fact) => ({ ...fact, lag }))
  })
}

it.each(FIRINGS.map((one) => [one.detector, one.name, one] as const))(
  '%s, %s: comes out the same whatever goes through storage between events',
  (_, __, one) => {
    const facts = factsOf(one)
    const inMemory = driveHistory(DETECTORS, facts, { batch: facts.length })
    const stored = driveHistory(DETECTORS, facts, { batch: 41 })
    expect(inMemory.incidents.some(({ detector }) => detector === one.detector)).toBe(true)
    expect(stored.incidents).toEqual(inMemory.incidents)
  },
)
