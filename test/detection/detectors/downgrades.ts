import { planDowngrade } from '../../../src/detection/detectors/plan-downgrade/detector.ts'
import type { SubscriptionChanged } from '../../../src/stripe/facts.ts'
import { DAY, type Seconds } from '../../../src/time.ts'
import { drive } from '../../support/drive.ts'
import { changed } from '../../support/facts.ts'
import { MONDAY } from '../../support/times.ts'

export const judge = (facts: readonly SubscriptionChanged[], settings = {}) =>
  drive(planDowngrade, facts, { settings })

type Given = Partial<SubscriptionChanged>
/** Subscription `sub_<n>` moves from 4900 to 2900 a month. */
export const down = (n: number, at: Seconds, fact: Given = {}) =>
  changed(at, {
    subscription: `sub_${n}`,
    eventId: `evt_${n}`,
    customer: `cus_${n}`,
    price: 2900,
    monthly: 2900,
    before: { price: 4900, monthly: 4900 },
    ...fact,
  })
export const downs = (from: number, times: readonly Seconds[], fact: Given = {}) =>
  times.map((at, i) => down(from + i, at, fact))
export const evenly = (n: number, from: Seconds, length: Seconds) =>
  Array.from({ length: n }, (_, i) => from + (i * length) / n)

/** 200 days with a downgrade every tenth, and what follows them. */
export const NOW = MONDAY + 200 * DAY
export const calm = downs(1_000, evenly(20, MONDAY, 200 * DAY))
/** 30 subscriptions of 2900 a month, seen renewing. */
export const known = Array.from({ length: 30 }, (_, i) =>
  changed(NOW - DAY + i, { subscription: `sub_k${i}` }),
)
export const big = (fact: Given = {}) =>
  down(1, NOW, {
    seats: 8,
    price: 8 * 500,
    monthly: 8 * 500,
    before: { seats: 289, price: 289 * 500, monthly: 289 * 500 },
    ...fact,
  })
