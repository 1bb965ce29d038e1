import type { Body } from '../../../src/simulator/bodies/body.ts'
import type { Arrival, SimulatedEvent } from '../../../src/simulator/event.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../../src/time.ts'
import type { Anomaly } from './anomaly.ts'

/**
 * The baseline: rules with fixed thresholds, the same for every tenant. Of an ongoing condition they make one anomaly,
 * a payment that several events report counts once, and test mode is left out: without that they would not be worth
 * comparing with.
 */
class Original {
  readonly #raised: Anomaly[] = []
  readonly #open = new Map<string, { anomaly: Anomaly; last: Seconds }>()
  readonly #charges = new Recent<boolean>(HOUR)
  readonly #collected = new Recent<number>(DAY)
  readonly #refunded = new Recent<number>(DAY)
  readonly #disputed = new Recent<number>(DAY)
  readonly #daily = new Map<number, number>()
  readonly #payments = new Map<string, { at: Seconds; object: string; amount: number }[]>()
  readonly #invoices = new Map<string, Seconds>()
  readonly #lastPaid = new Map<string, Seconds>()
  readonly #currencies = new Map<string, string[]>()
  #lastEvent: Seconds | undefined
  #hour: number

  constructor(start: Seconds) {
    this.#hour = Math.floor(start / HOUR)
  }

  see({ event, received }: Arrival): void {
    if (!event.livemode) return
    const now = event.created
    this.#lateness(event, received)
    for (; this.#hour < Math.floor(now / HOUR); this.#hour++) this.#hourly(this.#hour * HOUR)
    const object = event.data.object
    switch (event.type) {
      case 'charge.succeeded':
        this.#charged(object, now, true)
        this.#collect(object, now, text(object['id']))
        break
      case 'charge.failed':
        this.#charged(object, now, false)
        break
      case 'invoice.paid':
        this.#invoice(object, now)
        break
      case 'charge.refunded':
        this.#refunded.add(now, number(object['amount_refunded']))
        this.#while(
          'REFUND_SPIKE',
          now,
          this.#refunded.sum() >= 0.1 * Math.max(1, this.#collected.sum(now)),
          object,
        )
        break
      case 'charge.dispute.created':
        this.#disputed.add(now, 1)
        this.#while('FRAUD_SPIKE', now, this.#disputed.sum() >= 5, object)
        break
      case 'customer.subscription.updated':
        this.#downgrade(event)
        break
    }
  }

  finish(): Anomaly[] {
    return this.#raised
  }

  #charged(object: Body, now: Seconds, good: boolean): void {
    this.#charges.add(now, good)
    const recent = this.#charges.values(now)
    const failed = recent.filter((one) => !one).length
    this.#while('CHARGE_FAILURE_SPIKE', now, recent.length >= 10 && failed / recent.length > 0.15, object)
  }

  #collect(object: Body, now: Seconds, id: string | undefined): void {
    const amount = number(object['amount'])
    this.#collected.add(now, amount)
    const day = Math.floor(now / DAY)
    this.#daily.set(day, (this.#daily.get(day) ?? 0) + amount)
    const customer = text(object['customer'])
    if (customer === undefined || id === undefined) return
    this.#duplicate(customer, id, amount, now, object)
    const currency = text(object['currency']) ?? ''
    const seen = this.#currencies.get(customer) ?? []
    const usual = seen.filter((one) => one !== currency).length
    if (usual >= 3 && usual > seen.length / 2) this.#raise('CURRENCY_MISMATCH', now, object)
    seen.push(currency)
    this.#currencies.set(customer, seen.slice(-20))
  }

  #duplicate(customer: string, id: string, amount: number, now: Seconds, object: Body): void {
    const recent = (this.#payments.get(customer) ?? []).filter(({ at }) => at > now - 5 * MINUTE)
    if (recent.some((other) => other.amount === amount && other.object !== id)) {
      this.#while('DUPLICATE_CHARGE', now, true, object, `${customer}/${amount}`)
    }
    recent.push({ at: now, object: id, amount })
    this.#payments.set(customer, recent)
  }

  #invoice(object: Body, now: Seconds): void {
    const customer = text(object['customer'])
    if (customer === undefined) return
    const last = this.#invoices.get(customer)
    if (last !== undefined && now - last < 26 * HOUR) this.#raise('TIMEZONE_BILLING_ERROR', now, object)
    this.#invoices.set(customer, now)
    this.#lastPaid.set(customer, now)
    if (number(object['amount_paid']) < 0) this.#raise('NEGATIVE_INVOICE', now, object)
  }

  #downgrade({ data, created }: SimulatedEvent): void {
    const before = unitAmount(data.previous_attributes)
    const after = unitAmount(data.object)
    if (before !== undefined && after !== undefined && after < before)
      this.#raise('PLAN_DOWNGRADE', created, data.object)
  }

  #lateness({ created, data }: SimulatedEvent, received: Seconds | undefined): void {
    const late = received !== undefined && received - created > 5 * MINUTE
    this.#while('WEBHOOK_LAG', received ?? created, late, data.object)
    this.#lastEvent = Math.max(this.#lastEvent ?? 0, received ?? created)
  }

  #hourly(now: Seconds): void {
    if (this.#lastEvent === undefined) return
    const hour = (now / HOUR) % 24
    const silent = now - this.#lastEvent > HOUR && (hour >= 12 || hour < 4)
    this.#while('WEBHOOK_LAG', now, silent, {}, 'silence')
    this.#drop(now)
    for (const [customer, paid] of this.#lastPaid) {
      if (now - paid < 33 * DAY) continue
      this.#raise('SILENT_LAPSE', now, { customer })
      this.#lastPaid.delete(customer)
    }
  }

  #drop(now: Seconds): void {
    const today = Math.floor(now / DAY)
    const week = Array.from({ length: 7 }, (_, i) => this.#daily.get(today - 1 - i))
    if (week.some((day) => day === undefined)) return
    const mean = week.reduce<number>((sum, day) => sum + (day ?? 0), 0) / 7
    this.#while('REVENUE_DROP', now, (this.#daily.get(today) ?? 0) < 0.5 * mean, {})
  }

  /** One anomaly for as long as the condition holds, with pauses of less than an hour. */
  #while(detector: string, now: Seconds, holds: boolean, object: Body, about = ''): void {
    const key = `${detector}/${about}`
    const open = this.#open.get(key)
    if (holds) {
      const anomaly = open?.anomaly ?? this.#raise(detector, now, object)
      this.#open.set(key, { anomaly, last: now })
    } else if (open !== undefined && now - open.last >= HOUR) {
      open.anomaly.endedAt = open.last
      this.#open.delete(key)
    }
  }

  #raise(detector: string, now: Seconds, object: Body): Anomaly {
    const id = text(object['id'])
    const anomaly: Anomaly = {
      detector,
      severity: 'HIGH',
      title: detector,
      message: detector,
      advice: 'Look into it.',
      startedAt: now,
      detectedAt: now,
      endedAt: null,
      customerId: text(object['customer']) ?? null,
      subjects: id === undefined ? [] : [{ type: String(object['object']), stripeId: id }],
      evidence: [],
    }
    this.#raised.push(anomaly)
    return anomaly
  }
}

/** Values of the last so many seconds. */
class Recent<T> {
  #entries: { at: Seconds; value: T }[] = []

  constructor(readonly span: Seconds) {}

  add(at: Seconds, value: T): void {
    this.#entries.push({ at, value })
    if (this.#entries.length % 64 === 0) this.#trim(at)
  }

  values(now: Seconds): T[] {
    this.#trim(now)
    return this.#entries.map(({ value }) => value)
  }

  sum(now = this.#entries.at(-1)?.at ?? 0): number {
    return this.values(now).reduce((sum, value) => sum + Number(value), 0)
  }

  #trim(now: Seconds): void {
    this.#entries = this.#entries.filter(({ at }) => at > now - this.span)
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const number = (value: unknown): number => (typeof value === 'number' ? value : 0)

function unitAmount(body: Body | undefined): number | undefined {
  const items = body?.['items']
  if (typeof items !== 'object' || items === null || !('data' in items) || !Array.isArray(items.data))
    return undefined
  const price: unknown = items.data[0]?.price?.unit_amount
  return typeof price === 'number' ? price : undefined
}

/** What fixed thresholds say of a stream. */
export function judgeByOriginal(arrivals: Iterable<Arrival>, start: Seconds): Anomaly[] {
  const original = new Original(start)
  for (const arrival of arrivals) original.see(arrival)
  return original.finish()
}
