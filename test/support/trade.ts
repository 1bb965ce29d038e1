import fc from 'fast-check'
import { double, paid } from './pipeline.ts'
import { type Json, START } from './stripe/basics.ts'
import { charge } from './stripe/charges.ts'
import { event } from './stripe/events.ts'

const failed = (at: number, fields: Json = {}) =>
  event('charge.failed', charge({ created: at, status: 'failed', ...fields }), { created: at })

/** A few weeks of a shop: payments, double charges, failures, some late, of two accounts. */
export const trade = fc.array(
  fc.record({
    gap: fc.constantFrom(60, 900, 7_000, 90_000, 300_000),
    customer: fc.constantFrom('cus_a', 'cus_b', 'cus_c'),
    account: fc.constantFrom(undefined, 'acct_2'),
    kind: fc.constantFrom('paid', 'paid', 'failed', 'double'),
    lag: fc.constantFrom(1, 1, 1, 5_000),
  }),
  { minLength: 1, maxLength: 15 },
)

export interface Delivery {
  events: Json[]
  lag: number
  at: number
}

export type Steps = typeof trade extends fc.Arbitrary<infer Made> ? Made : never

export function deliveriesOf(steps: Steps): Delivery[] {
  let at = START
  return steps.map(({ gap, customer, account, kind, lag }) => {
    at += gap
    const options = account === undefined ? {} : { account }
    const events =
      kind === 'failed'
        ? [{ ...failed(at, { customer }), ...options }]
        : (kind === 'double' ? double(at, customer) : [paid(at, { customer })]).map((one) => ({
            ...one,
            ...options,
          }))
    return { events, lag, at: at + 10 + lag }
  })
}
