import type {
  ChargeCaptured,
  ChargeFailed,
  ChargeSucceeded,
  Delivered,
  DisputeOpened,
  FraudWarning,
  PaymentRefused,
  Refunded,
} from '../../src/stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../src/time.ts'

/** Facts and whole histories for detectors of rates. All chance comes from a seed. */

/** Monday 2025-03-03 00:00 UTC. */
export const MONDAY: Seconds = 1_740_960_000

/** A seeded generator of numbers in [0, 1). */
export type Random = () => number

/** Small fast counting generator: passes the usual tests of randomness, unlike a plain congruential one. */
export function seeded(seed: number): Random {
  let [a, b, c, d] = [0x9e3779b9 ^ seed, 0x243f6a88, 0xb7e15162 + seed, 1]
  const draw = (): number => {
    const sum = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 4_294_967_296
  }
  for (let i = 0; i < 20; i++) draw()
  return draw
}

/** Times of a Poisson stream whose rate per hour is given for each hour, in order. */
export function arrivals(
  from: Seconds,
  to: Seconds,
  perHour: (at: Seconds) => number,
  random: Random,
): Seconds[] {
  const times: Seconds[] = []
  for (let hour = from; hour < to; hour += HOUR) {
    const rate = perHour(hour)
    for (let within = gap(rate, random); within < HOUR; within += gap(rate, random))
      if (hour + within < to) times.push(Math.floor(hour + within))
  }
  return times
}

const gap = (perHour: number, random: Random): number =>
  perHour <= 0 ? Number.POSITIVE_INFINITY : (-Math.log(1 - random()) * HOUR) / perHour

/** Evenly spread times. */
export const every = (from: Seconds, step: Seconds, number: number): Seconds[] =>
  Array.from({ length: number }, (_, i) => from + i * step)

/** A day with a night: the average hour is `perDay` / 24. */
export const daily =
  (perDay: number, weekend = 1) =>
  (at: Seconds): number => {
    const hour = Math.floor(at / HOUR) % 24
    const weekday = (Math.floor(at / DAY) + 4) % 7
    const course = 1 + 0.8 * Math.cos(((hour - 15) / 24) * 2 * Math.PI)
    return (perDay / 24) * course * (weekday === 0 || weekday === 6 ? weekend : 1)
  }

let number = 0
const next = () => ++number

interface Pay {
  amount?: number
  currency?: string
  customer?: string
  card?: string
  recurring?: boolean
}

const payment = (
  at: Seconds,
  n: number,
  { amount = 2_900, currency = 'usd', customer, card, recurring = false }: Pay,
) => ({
  at,
  charge: `ch_${n}`,
  amount,
  currency,
  intent: `pi_${n}`,
  customer: customer ?? `cus_${n}`,
  card: card ?? `card_${n}`,
  payer: customer ?? `cus_${n}`,
  recurring,
})

export function succeeded(at: Seconds, over: Pay = {}): ChargeSucceeded {
  const n = next()
  const known = payment(at, n, over)
  return { kind: 'chargeSucceeded', eventId: `evt_s${n}`, ...known, captured: known.amount }
}

export function captured(at: Seconds, over: Pay = {}): ChargeCaptured {
  const n = next()
  return { kind: 'chargeCaptured', eventId: `evt_c${n}`, ...payment(at, n, over) }
}

export function failed(at: Seconds, over: Pay & Partial<ChargeFailed> = {}): ChargeFailed {
  const n = next()
  const { amount, currency, customer, card, recurring, ...rest } = over
  const pay: Pay = {}
  if (amount !== undefined) pay.amount = amount
  if (currency !== undefined) pay.currency = currency
  if (customer !== undefined) pay.customer = customer
  if (card !== undefined) pay.card = card
  if (recurring !== undefined) pay.recurring = recurring
  return {
    kind: 'chargeFailed',
    eventId: `evt_f${n}`,
    ...payment(at, n, pay),
    code: 'card_declined',
    reason: 'do_not_honor',
    blocked: false,
    invalid: false,
    reversed: 0,
    ...rest,
  }
}

export function setupFailed(at: Seconds, over: Partial<PaymentRefused> = {}): PaymentRefused {
  const n = next()
  return {
    kind: 'paymentRefused',
    eventId: `evt_r${n}`,
    at,
    id: `seti_${n}`,
    setup: true,
    customer: `cus_${n}`,
    card: `card_${n}`,
    code: 'card_declined',
    blocked: false,
    invalid: false,
    recurring: false,
    ...over,
  }
}

export function refunded(at: Seconds, over: Partial<Refunded> = {}): Refunded {
  const n = next()
  return {
    kind: 'refunded',
    eventId: `evt_b${n}`,
    at,
    charge: `ch_b${n}`,
    amount: 2_900,
    currency: 'usd',
    ...over,
  }
}

export function disputed(at: Seconds, over: Partial<DisputeOpened> = {}): DisputeOpened {
  const n = next()
  return {
    kind: 'disputeOpened',
    eventId: `evt_d${n}`,
    at,
    dispute: `du_${n}`,
    charge: `ch_d${n}`,
    amount: 4_900,
    currency: 'usd',
    reason: 'fraudulent',
    inquiry: false,
    ...over,
  }
}

export function warned(at: Seconds, over: Partial<FraudWarning> = {}): FraudWarning {
  const n = next()
  return {
    kind: 'fraudWarning',
    eventId: `evt_w${n}`,
    at,
    warning: `issfr_${n}`,
    charge: `ch_w${n}`,
    ...over,
  }
}

export function arrived(at: Seconds): Delivered {
  return { kind: 'delivered', eventId: `evt_a${next()}`, at, type: 'customer.updated', lag: 0 }
}

/** Payments at these times, of which a share fails; each of another customer. */
export const payments = (
  times: readonly Seconds[],
  share: number,
  random: Random,
): (ChargeSucceeded | ChargeFailed)[] => times.map((at) => (random() < share ? failed(at) : succeeded(at)))
