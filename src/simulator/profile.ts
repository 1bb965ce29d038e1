import type { Seconds } from '../time.ts'
import { priceIn } from './currencies.ts'
import type { Price } from './entities.ts'
import type { Listening } from './event.ts'
import { Random } from './random.ts'
import { API_VERSIONS } from './versions.ts'

export type Business = 'shop' | 'saas' | 'b2b'

/** How a tenant does business; everything follows from it and a seed. */
export interface Profile {
  name: string
  business: Business
  /** IANA zone whose day and week its customers live by. */
  zone: string
  /** Hours ahead of UTC, as at the start of the stream. */
  offsetHours: number
  apiVersion: string
  account: string | undefined
  listening: Listening
  /** Payments on an average day, renewals and checkout together. */
  paymentsADay: number
  /** Share of them that people make at the checkout; the rest are renewals. */
  checkoutShare: number
  currencies: readonly (readonly [string, number])[]
  /** Price of an average thing, in US dollars. */
  dollars: number
  declineRate: number
  /** Per payment. */
  refundRate: number
  disputeRate: number
  /** One person works through all refunds in a morning. */
  refundsInBatches: boolean
  /** Payments carry the merchant's order number, in metadata or in the description. */
  orders: 'metadata' | 'description' | 'none'
  guestShare: number
  /** Checkout payments are authorised first, and captured when the goods leave. */
  manualCapture: boolean
  prices: readonly Price[]
  /** Growth of the number of payments, per week. */
  growth: number
  /** How busy a moment is against the average hour, where that is not as usual in its kind of business. */
  rhythm?: (at: Seconds) => number
}

const ZONES = [
  'America/Los_Angeles',
  'America/New_York',
  'America/Sao_Paulo',
  'Europe/Berlin',
  'Asia/Tokyo',
  'Australia/Sydney',
] as const

const HOME: Readonly<Record<(typeof ZONES)[number], readonly string[]>> = {
  'America/Los_Angeles': ['usd'],
  'America/New_York': ['usd', 'cad'],
  'America/Sao_Paulo': ['brl'],
  'Europe/Berlin': ['eur', 'gbp', 'chf', 'sek', 'isk'],
  'Asia/Tokyo': ['jpy', 'krw', 'vnd', 'idr'],
  'Australia/Sydney': ['aud', 'bhd', 'kwd', 'inr'],
}

const ABROAD = ['usd', 'eur', 'gbp', 'jpy', 'kwd', 'krw', 'cad'] as const

function currenciesOf(random: Random, zone: (typeof ZONES)[number]): [string, number][] {
  const home = random.pick(HOME[zone])
  const others = ABROAD.filter((code) => code !== home)
  const mix: [string, number][] = [[home, 100]]
  for (
    let more = random.weighted([
      [0, 50],
      [1, 25],
      [2, 25],
    ] as const);
    more > 0;
    more--
  ) {
    const code = random.pick(others.filter((other) => !mix.some(([taken]) => taken === other)))
    mix.push([code, random.int(4, 35)])
  }
  return mix
}

const PLANS: readonly (readonly [string, number])[] = [
  ['Starter', 0.5],
  ['Team', 1],
  ['Business', 2.5],
  ['Scale', 8],
]

/** The plans on offer: by the month and year, and by the week where that is usual. */
export function planPrices(
  random: Random,
  currencies: readonly (readonly [string, number])[],
  dollars: number,
  weekly: boolean,
): Price[] {
  return currencies.flatMap(([currency]) =>
    PLANS.flatMap(([nickname, times]) => {
      const product = random.id('prod', 14)
      const make = (interval: Price['interval'], count: number, factor: number): Price => ({
        id: `price_1${random.letters(23)}`,
        product,
        nickname,
        amount: priceIn(currency, dollars * times * factor),
        currency,
        interval,
        count,
      })
      return [make('month', 1, 1), make('year', 1, 10), ...(weekly ? [make('week', 1, 0.3)] : [])]
    }),
  )
}

/** A tenant made from a seed alone: its size, place, customers and habits. */
export function makeProfile(seed: string, name: string): Profile {
  const random = new Random(`${seed}/profile`)
  const business = random.weighted<Business>([
    ['shop', 50],
    ['saas', 35],
    ['b2b', 15],
  ])
  const zone = random.pick(ZONES)
  const currencies = currenciesOf(random, zone)
  const largest = { shop: 5_000, saas: 1_500, b2b: 60 }[business]
  const paymentsADay = Math.min(
    largest,
    Math.max(3, random.logNormal({ shop: 90, saas: 60, b2b: 9 }[business], 1.3)),
  )
  const dollars = random.logNormal({ shop: 45, saas: 35, b2b: 900 }[business], 0.5)
  return {
    name,
    business,
    zone,
    offsetHours: 0,
    apiVersion: random.pick(API_VERSIONS),
    account: random.chance(0.1) ? random.id('acct', 16) : undefined,
    listening: random.chance(0.5) ? 'everything' : 'advised',
    paymentsADay,
    checkoutShare: { shop: 1, saas: random.between(0.15, 0.4), b2b: random.between(0.3, 0.6) }[business],
    currencies,
    dollars,
    declineRate: Math.min(0.2, Math.max(0.02, random.logNormal(0.06, 0.6))),
    refundRate: Math.min(0.08, Math.max(0.004, random.logNormal(business === 'shop' ? 0.025 : 0.012, 0.5))),
    disputeRate: Math.min(0.006, Math.max(0.0002, random.logNormal(0.0012, 0.6))),
    refundsInBatches: random.chance(0.3),
    orders: random.weighted([
      ['metadata', 45],
      ['description', 35],
      ['none', 20],
    ]),
    guestShare: business === 'shop' ? random.between(0.1, 0.6) : 0,
    manualCapture: business === 'shop' && random.chance(0.15),
    prices: planPrices(random, currencies, dollars, business === 'saas' && random.chance(0.3)),
    growth: random.between(-0.01, 0.03),
  }
}
