import type { DetectorName } from '../../src/detection/detector.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../src/time.ts'
import * as incidents from '../scenarios/incidents.ts'
import type { Merchant } from './merchant.ts'
import { type Json, START } from './stripe/basics.ts'
import { every } from './times.ts'

/** A history of which one detector speaks, for what it says rather than when. */
export interface Spoken {
  detector: DetectorName
  /** What is told apart of one detector. */
  name: string
  history: (shop: Merchant) => Json[]
  /** Who may rightly speak too. */
  beside?: readonly DetectorName[]
  /** The anomaly of the detector that is looked at; the first unless given. */
  at?: number
  /** A moment that its message must name; `startedAt` unless given, none where null. */
  names?: Seconds | null
  /** It has ended, and a last sentence says why. */
  hasNote?: boolean
}

const MONTH = 30 * DAY
/** Sunday noon, UTC. */
const NOW: Seconds = START + 12 * HOUR
const ANA = { customer: 'cus_ana' }

const trade = (shop: Merchant, perDay: number, after = 2 * DAY): Json[] =>
  shop.trade(NOW - 28 * DAY, NOW + after, { perDay })

/** The charges of invoices have ids that depend on what was made before. */
function chargeNamed(id: string, event: Json): Json {
  const { object } = event['data'] as { object: Json }
  return event['type'] === 'charge.succeeded' ? { ...event, data: { object: { ...object, id } } } : event
}

const isIn = (event: Json, from: Seconds, to: Seconds): boolean =>
  Number(event['created']) >= from && Number(event['created']) < to

/** A first month that is paid, and another that is not. */
const lapsing = (shop: Merchant, n: number | string, until: Seconds): Json[] => {
  const who = { customer: `cus_${n}`, subscription: `sub_${n}` }
  const plan = { id: who.subscription, customer: who.customer, start: START, end: START + MONTH }
  return [
    shop.subscribed(START, plan),
    ...shop.billed(START, { ...who, billing_reason: 'subscription_create', period: [START, START + MONTH] }),
    ...(n === 0 ? shop.notes(START, until) : []),
  ]
}

const renewal = (id: string, at: Seconds, due = at) => ({
  ...ANA,
  id,
  subscription: 'sub_ana',
  created: at,
  billing_reason: 'subscription_cycle',
  period: [due, due + MONTH] as const,
})

const downgraded = (shop: Merchant, n: number, at: Seconds): Json => {
  const plan = { id: `sub_${n}`, customer: `cus_${n}`, start: at - 10 * DAY, end: at + 20 * DAY }
  return shop.changed(at, { ...plan, items: [{ unit: 4_900 }] }, { ...plan, items: [{ unit: 2_900 }] })
}

const of = (
  { detector, events, beside = [] }: incidents.Incident,
  name: string,
  over: Partial<Spoken> = {},
): Spoken => ({
  detector,
  name,
  beside,
  history: (shop) => [...events(shop, NOW, MINUTE), shop.note(NOW + HOUR)],
  ...over,
})

export const FIRINGS: readonly Spoken[] = [
  of(incidents.collapse, 'without history'),
  {
    detector: 'CHARGE_FAILURE_SPIKE',
    name: 'with history',
    history: (shop) => [
      ...shop.trade(NOW - 28 * DAY, NOW + DAY, { perDay: 200, failing: 0.08 }),
      ...every(NOW, MINUTE, 40).map((at) =>
        shop.declined(at, { code: 'processing_error', reason: 'processing_error' }),
      ),
    ],
    names: null,
  },
  {
    detector: 'CHARGE_FAILURE_SPIKE',
    name: 'bank debits',
    history: (shop) =>
      [0, 1, 2, 3].flatMap((month) =>
        every(START + month * MONTH, 7, 60).flatMap((sent, i) => {
          const failed = i < (month === 3 ? 30 : 4)
          return shop.debited(sent, { at: sent + (failed ? 2 : 5) * DAY, failed }, { currency: 'eur' })
        }),
      ),
    names: null,
  },
  of(incidents.chargedTwice, 'two charges', {
    history: (shop) => [...incidents.chargedTwice.events(shop, NOW, 0), shop.note(NOW + HOUR)],
  }),
  {
    detector: 'DUPLICATE_CHARGE',
    name: 'one order, with the surplus refunded',
    history: (shop) => {
      const order = { ...ANA, metadata: { order_id: '1001' } }
      const spare = { ...order, id: 'ch_2' }
      return [
        shop.paid(NOW, { ...order, id: 'ch_1' }),
        shop.paid(NOW + 90, spare),
        ...shop.refunded(NOW + 5 * MINUTE, spare),
      ]
    },
    hasNote: true,
  },
  {
    detector: 'DUPLICATE_CHARGE',
    name: 'equal subscriptions',
    history: (shop) =>
      [0, 7, 14].flatMap((after, i) => [
        shop.subscribed(NOW + after, { ...ANA, id: `sub_${i}`, created: NOW + after }),
        ...shop
          .billed(NOW + after, { ...ANA, id: `in_${i}`, subscription: `sub_${i}` })
          .map((event) => chargeNamed(`ch_${i}`, event)),
      ]),
    names: null,
  },
  {
    detector: 'FRAUD_SPIKE',
    name: 'disputes',
    history: (shop) => [...trade(shop, 20), ...every(NOW, 2 * HOUR, 6).flatMap((at) => shop.disputed(at))],
  },
  {
    detector: 'FRAUD_SPIKE',
    name: 'beyond what card networks allow',
    history: (shop) => [
      ...trade(shop, 60),
      ...every(NOW, 30 * MINUTE, 30).flatMap((at) => shop.disputed(at, { reason: 'product_not_received' })),
    ],
  },
  of(incidents.belowZero, 'a manual invoice'),
  {
    detector: 'NEGATIVE_INVOICE',
    name: 'a credit that is too large',
    history: (shop) => [
      ...shop.billed(NOW - MONTH, { ...ANA, id: 'in_1', total: 2_900 }),
      shop.finalized(NOW, {
        ...ANA,
        id: 'in_2',
        total: -8_700,
        billing_reason: 'subscription_update',
        prorated: true,
        subscription: 'sub_ana',
      }),
    ],
  },
  {
    detector: 'REVENUE_DROP',
    name: 'fewer payments',
    history: (shop) => [
      ...shop.trade(NOW - 28 * DAY, NOW + DAY, {
        perDay: 200,
        factor: (at) => (at >= NOW && at < NOW + 10 * HOUR ? 0.03 : 1),
      }),
      ...shop.notes(NOW - 28 * DAY, NOW + DAY, HOUR / 3),
    ],
    names: null,
  },
  {
    detector: 'REVENUE_DROP',
    name: 'smaller payments',
    history: (shop) => [
      ...shop.trade(NOW - 28 * DAY, NOW + DAY, {
        perDay: 200,
        amount: (at, random) => Math.round((at >= NOW ? 400 : 4_000) * Math.exp(random())),
      }),
      ...shop.notes(NOW - 28 * DAY, NOW + DAY, HOUR / 3),
    ],
    names: null,
  },
  {
    detector: 'REVENUE_DROP',
    name: 'renewals that do not come',
    history: (shop) => [
      ...trade(shop, 40),
      ...every(NOW - 28 * DAY, MINUTE, 90).flatMap((at, n) =>
        shop.billed(at, {
          customer: `cus_${n}`,
          subscription: `sub_${n}`,
          billing_reason: 'subscription_cycle',
          period: [at, at + 27 * DAY],
        }),
      ),
      ...shop.notes(NOW - 28 * DAY, NOW + DAY, HOUR / 3),
    ],
  },
  {
    detector: 'SILENT_LAPSE',
    name: 'an active subscription',
    history: (shop) => [...lapsing(shop, 'ana', NOW), ...shop.notes(START, START + MONTH + 4 * DAY)],
  },
  {
    detector: 'SILENT_LAPSE',
    name: 'paid after all',
    history: (shop) => [
      ...lapsing(shop, 'ana', NOW),
      ...shop.notes(START, START + MONTH + 6 * DAY),
      ...shop.billed(START + MONTH + 5 * DAY, renewal('in_late', START + MONTH)),
    ],
    hasNote: true,
  },
  {
    detector: 'SILENT_LAPSE',
    name: 'many at once',
    history: (shop) => Array.from({ length: 15 }, (_, n) => lapsing(shop, n, START + MONTH + 5 * DAY)).flat(),
    at: -1,
    names: START + MONTH,
  },
  {
    detector: 'WEBHOOK_LAG',
    name: 'late',
    history: (shop) =>
      trade(shop, 300).map((event, i) =>
        i % 2 === 0 && isIn(event, NOW, NOW + 3 * HOUR)
          ? { ...event, received: Number(event['created']) + 30 * MINUTE }
          : event,
      ),
  },
  {
    detector: 'WEBHOOK_LAG',
    name: 'silent',
    history: (shop) => trade(shop, 200).filter((event) => !isIn(event, NOW, NOW + 7 * HOUR)),
  },
  of(incidents.foreignCharge, 'another number'),
  {
    detector: 'CURRENCY_MISMATCH',
    name: 'the same number',
    history: (shop) => [
      ...every(NOW - 3 * MONTH, MONTH, 3).map((at) => shop.paid(at, ANA)),
      shop.paid(NOW, { ...ANA, id: 'ch_odd', currency: 'eur' }),
    ],
  },
  of(incidents.turnedEarly, 'too early'),
  {
    detector: 'TIMEZONE_BILLING_ERROR',
    name: 'renewed twice',
    history: (shop) => [
      shop.subscribed(NOW - MONTH, { ...ANA, id: 'sub_ana', start: NOW - MONTH, end: NOW }),
      ...shop.billed(NOW, renewal('in_1', NOW)),
      ...shop.billed(NOW + DAY, renewal('in_2', NOW + DAY, NOW)),
    ],
    names: NOW,
  },
  of(incidents.seatsGone, 'one that is big'),
  {
    detector: 'PLAN_DOWNGRADE',
    name: 'a surge',
    // None of them is seen to renew.
    beside: ['SILENT_LAPSE'],
    history: (shop) => [
      ...every(NOW - 200 * DAY, 10 * DAY, 20).map((at, n) => downgraded(shop, 100 + n, at)),
      ...every(NOW, 30 * MINUTE, 9).map((at, n) => downgraded(shop, n, at)),
    ],
  },
  of(incidents.guessedCards, 'none went through'),
  {
    detector: 'CARD_TESTING',
    name: 'some went through',
    history: (shop) => [
      ...trade(shop, 50),
      ...every(NOW, 40, 60).map((at, i) =>
        i % 20 === 19
          ? shop.paid(at, { amount: 100, customer: null })
          : shop.declined(at, { amount: 100, customer: null, code: 'card_declined', reason: 'stolen_card' }),
      ),
    ],
  },
  {
    detector: 'REFUND_SPIKE',
    name: 'a burst',
    history: (shop) => [...trade(shop, 30), ...every(NOW, 5 * MINUTE, 25).flatMap((at) => shop.refunded(at))],
  },
]
