import { expect, it } from 'vitest'
import { DAY, HOUR, type Seconds } from '../../src/time.ts'
import { Merchant, type SubscriptionFields } from '../support/merchant.ts'
import { replaying } from '../support/scenarios.ts'
import type { Json } from '../support/stripe/basics.ts'
import type { Version } from '../support/stripe/versions.ts'
import { arrivals, daily, MONDAY, type Random, seeded } from '../support/times.ts'

/** Two months of business in which nothing is wrong, though much goes wrong: nobody says anything. */

const MONTH = 30 * DAY
const END = MONDAY + 56 * DAY
const REASONS = ['insufficient_funds', 'do_not_honor', 'generic_decline', 'expired_card', 'incorrect_cvc']

/** Payments at a checkout: some are refused and some of those tried again, a few given back or disputed. */
function checkout(shop: Merchant, perDay: number, random: Random): Json[] {
  return arrivals(MONDAY, END, daily(perDay, 0.6), random).flatMap((at, n) => {
    const mine = { customer: `cus_shop_${n}`, amount: 500 + Math.floor(random() ** 3 * 20_000) }
    if (random() < 0.07) {
      const reason = REASONS[Math.floor(random() * REASONS.length)] ?? 'do_not_honor'
      const intent = { ...mine, payment_intent: `pi_shop_${n}` }
      const again =
        random() < 0.6 ? [shop.paid(at + 90, intent)] : [shop.declined(at + 60, { ...intent, reason })]
      return [shop.declined(at, { ...intent, reason }), ...again]
    }
    const id = `ch_shop_${n}`
    const back = random() < 0.02 ? shop.refunded(at + Math.ceil(random() * 5 * DAY), { ...mine, id }) : []
    const taken = random() < 0.0015 ? shop.disputed(at + 12 * DAY, { charge: id, amount: mine.amount }) : []
    return [shop.paid(at, { ...mine, id }), ...back, ...taken]
  })
}

/** A monthly subscription from its first period on: renewed, at times by dunning, now and then upgraded, at last cancelled. */
function subscriber(shop: Merchant, n: number, random: Random): Json[] {
  const who = { customer: `cus_sub_${n}`, subscription: `sub_${n}` }
  const begun = MONDAY + Math.floor(random() * MONTH)
  let unit = [900, 2_900, 4_900][n % 3] ?? 900
  const plan = (start: Seconds, status = 'active'): SubscriptionFields => ({
    id: who.subscription,
    customer: who.customer,
    created: begun,
    start,
    end: start + MONTH,
    status,
    items: [{ unit }],
  })
  const bill = (start: Seconds, billing_reason: string) => ({
    ...who,
    id: `in_${n}_${start}`,
    billing_reason,
    total: unit,
    period: [start, start + MONTH] as const,
  })
  const events = [
    shop.subscribed(begun, plan(begun)),
    ...shop.billed(begun, bill(begun, 'subscription_create')),
  ]
  for (let due = begun + MONTH; due < END - HOUR; due += MONTH) {
    const renewal = bill(due, 'subscription_cycle')
    events.push(
      shop.changed(due, plan(due - MONTH), plan(due), { request: null }),
      shop.drafted(due, renewal),
    )
    if (random() < 0.9) events.push(...shop.billed(due + HOUR, renewal))
    else {
      events.push(...shop.refused(due + HOUR, renewal))
      events.push(shop.changed(due + HOUR, plan(due), plan(due, 'past_due'), { request: null }))
      if (random() < 0.3) {
        events.push(...shop.refused(due + 3 * DAY, renewal), shop.ended(due + 7 * DAY, plan(due, 'past_due')))
        return events
      }
      events.push(shop.changed(due + 3 * DAY, plan(due, 'past_due'), plan(due), { request: null }))
      events.push(...shop.billed(due + 3 * DAY, renewal))
    }
    if (random() < 0.04) {
      const before = plan(due)
      unit = random() < 0.6 ? 9_900 : 900
      events.push(shop.changed(due + 5 * DAY, before, plan(due)))
    }
    if (random() < 0.03) {
      events.push(shop.ended(due + 9 * DAY, plan(due)))
      return events
    }
  }
  return events
}

const replay = replaying()

it.each<[subscribers: number, perDay: number, version: Version, seed: number]>([
  [150, 30, '2020-03-02', 1],
  [40, 4, '2024-06-20', 2],
  [300, 0, '2025-03-31.basil', 3],
  [20, 90, '2025-09-30.clover', 4],
  [0, 12, '2022-11-15', 5],
])(
  '%i subscriptions and %i purchases a day run their course as %s, and nobody speaks',
  async (many, perDay, version, seed) => {
    const [shop, random] = [new Merchant(version), seeded(seed)]
    const subscribers = Array.from({ length: many }, (_, n) => subscriber(shop, n, random))
    const events = [...subscribers.flat(), ...checkout(shop, perDay, random)].filter(
      (event) => Number(event['created']) < END,
    )
    const spoken = await replay(events)
    expect(spoken.map(({ detector, detectedAt, message }) => [detector, detectedAt, message])).toEqual([])
  },
)
