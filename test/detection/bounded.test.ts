import { describe, expect, it } from 'vitest'
import type { AnyDetector } from '../../src/detection/detector.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import type { Fact } from '../../src/stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../src/time.ts'
import { Drive } from '../support/drive.ts'
import {
  arrived,
  captured,
  changed,
  disputed,
  dropped,
  ended,
  failed,
  finalized,
  invoiceCreated,
  paid,
  refunded,
  setupFailed,
  succeeded,
  warned,
} from '../support/facts.ts'
import { MONDAY } from '../support/times.ts'

/** A fact of each kind, of another object each time. */
const FACTS: Partial<Record<Fact['kind'], (at: Seconds) => Fact>> = {
  chargeSucceeded: succeeded,
  chargeCaptured: captured,
  chargeFailed: failed,
  paymentRefused: setupFailed,
  refunded,
  disputeOpened: disputed,
  fraudWarning: warned,
  invoiceCreated,
  invoiceFinalized: finalized,
  invoicePaid: paid,
  invoiceDropped: dropped,
  subscriptionChanged: (at) => changed(at, { subscription: `sub_${at}` }),
  subscriptionEnded: (at) => ended(at, { subscription: `sub_${at}` }),
  delivered: arrived,
}

/** By then all that comes once a year has come. */
const SETTLED = 450

/** A ring that is not full yet takes this many bytes for one more id; some detectors have two. */
const IN_A_RING = 6

/** What is remembered of the whole stream after that many days and after twice as many, with a fact of each kind on each. */
function sizes(detector: AnyDetector, kinds: readonly Fact['kind'][]): [number, number] {
  const drive = new Drive([detector], { batch: 500 })
  const feed = (from: number, to: number): number => {
    for (let day = from; day < to; day += 1)
      drive.feed(kinds.flatMap((kind) => FACTS[kind]?.(MONDAY + day * DAY + 9 * HOUR) ?? []))
    return drive.size('')
  }
  return [feed(0, SETTLED), feed(SETTLED, 2 * SETTLED)]
}

describe('what a detector remembers of a stream does not grow with its age', () => {
  const cases = DETECTORS.flatMap((detector) => {
    const kinds = detector.facts.filter((kind) => FACTS[kind] !== undefined)
    const each = kinds.map((kind) => [kind])
    return (kinds.length > 1 ? [...each, kinds] : each).map(
      (some) => [detector.name, some.join(' and '), detector, some] as const,
    )
  })
  it.each(cases)('%s, of %s', (_, __, detector, kinds) => {
    const [settled, later] = sizes(detector, kinds)
    expect(later - settled).toBeLessThanOrEqual(SETTLED * 2 * IN_A_RING)
  })
})
