import type { SubscriptionChanged } from '../../../stripe/facts.ts'
import { HOUR, type Seconds } from '../../../time.ts'
import { DISORDER } from '../../kit/disorder.ts'
import { Ring } from '../../statistics/ring.ts'

const SUBSCRIPTIONS = 512
const CURRENCIES = 12

/** How many subscriptions, and the sum of the logarithms of their monthly values. */
interface Sum {
  n: number
  logs: number
}

interface Hourly extends Sum {
  hour: number
  currency: string
}

/**
 * What subscriptions are worth a month, as their geometric mean: one giant does not move it, and what is ten times
 * as much stands out. Each currency for itself. The last hour counts only when nothing of it can still arrive, so
 * that the order of arrival does not show.
 */
export class MonthlyValues {
  private readonly seen: Ring
  private readonly sums: Record<string, Sum>
  /** Of the last hours, not yet part of the sums. */
  private recent: Hourly[]

  constructor(stored?: MonthlyValues) {
    this.seen = new Ring(SUBSCRIPTIONS, stored?.seen)
    this.sums = stored?.sums ?? {}
    this.recent = stored?.recent ?? []
  }

  /** Counts a subscription once, with what it was worth before this change. */
  note({ subscription, currency, monthly, before, at }: SubscriptionChanged, newest: Seconds): void {
    const value = before?.monthly ?? monthly ?? 0
    if (currency === undefined || value <= 0) return
    this.#takeIn(newest)
    if (this.seen.admit(subscription)) add(this.#hourly(Math.floor(at / HOUR), currency), 1, Math.log(value))
  }

  /** As known at a moment: how many subscriptions, and their mean value a month in minor units. */
  usual(currency: string, at: Seconds): { n: number; mean: number } {
    const sum = { ...(this.sums[currency] ?? { n: 0, logs: 0 }) }
    for (const entry of this.recent)
      if (entry.currency === currency && isPast(entry.hour, at)) add(sum, entry.n, entry.logs)
    return { n: sum.n, mean: sum.n === 0 ? 0 : Math.exp(sum.logs / sum.n) }
  }

  /** Moves what every later question will count into the sums. */
  #takeIn(newest: Seconds): void {
    const past = this.recent.filter(({ hour }) => isPast(hour, newest - DISORDER))
    this.recent = this.recent.filter((entry) => !past.includes(entry))
    for (const { currency, n, logs } of past) {
      const sum = this.#sumOf(currency)
      if (sum !== undefined) add(sum, n, logs)
    }
  }

  #hourly(hour: number, currency: string): Sum {
    const known = this.recent.find((entry) => entry.hour === hour && entry.currency === currency)
    if (known !== undefined) return known
    const begun = { hour, currency, n: 0, logs: 0 }
    this.recent.push(begun)
    return begun
  }

  #sumOf(currency: string): Sum | undefined {
    const known = this.sums[currency]
    if (known !== undefined || Object.keys(this.sums).length >= CURRENCIES) return known
    const begun = { n: 0, logs: 0 }
    this.sums[currency] = begun
    return begun
  }
}

const isPast = (hour: number, at: Seconds): boolean => (hour + 1) * HOUR + DISORDER <= at

/** Beyond the ring's size older values fade, so that the mean follows the tenant. */
function add(sum: Sum, n: number, logs: number): void {
  sum.n += n
  sum.logs += logs
  if (sum.n <= SUBSCRIPTIONS) return
  sum.logs *= SUBSCRIPTIONS / sum.n
  sum.n = SUBSCRIPTIONS
}
