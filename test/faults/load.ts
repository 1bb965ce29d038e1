import { setTimeout as sleep } from 'node:timers/promises'
import { post, type TestTenant } from '../support/outside.ts'
import type { Json } from '../support/stripe/basics.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'

/** An event of a tenant. */
export interface Sent {
  tenant: TestTenant
  stripeId: string
  event: Json
}

/** What became of one delivery of it. */
export interface Delivered {
  tenant: TestTenant
  stripeId: string
  /** Which of the servers it was sent to. */
  server: number
  /** Milliseconds of the steady clock. */
  sentAt: number
  answeredAt: number
  /** 0: no answer at all. */
  status: number
  duplicate: boolean
}

export interface LoadOptions {
  /** Milliseconds after which a delivery that was not answered 200 is repeated, as Stripe does it, then twice and four times as long; never unless given. */
  repeatAfter?: number
  /** Of a tenant's charges every so-many-th charges the customer of the last one again; 5. */
  doubleEvery?: number
}

/** Fewer than are grouped into one anomaly of many. */
const MOST_DOUBLES = 8

/**
 * Deliveries at a steady pace, whatever becomes of those before: as Stripe sends them, it does not wait for an answer
 * before the next one.
 */
export class SteadyLoad {
  readonly sent: Sent[] = []
  readonly delivered: Delivered[] = []
  readonly #underway = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #repeating = true

  /**
   * @param urlOf where a server answers
   * @param targets the servers that deliveries go to just now, one after the other
   */
  constructor(
    private readonly tenants: readonly TestTenant[],
    private readonly urlOf: (server: number) => string,
    private readonly targets: () => readonly number[],
    private readonly options: LoadOptions = {},
  ) {}

  start(perSecond: number): void {
    this.#timer = setInterval(() => this.#send(), 1_000 / perSecond)
  }

  /** Sends nothing new, and waits for what was sent. @param seconds that repeating may still take */
  async stop(seconds = 120): Promise<void> {
    clearInterval(this.#timer)
    const patience = setTimeout(() => {
      this.#repeating = false
    }, seconds * 1_000)
    await Promise.all(this.#underway)
    clearTimeout(patience)
  }

  #send(): void {
    const n = this.sent.length
    const tenant = this.tenants[n % this.tenants.length]
    if (tenant === undefined) return
    const one = { tenant, ...this.#event(n) }
    this.sent.push(one)
    const sending = this.#deliver(n, one).finally(() => this.#underway.delete(sending))
    this.#underway.add(sending)
  }

  #event(n: number): Pick<Sent, 'stripeId' | 'event'> {
    const created = Math.floor(Date.now() / 1_000)
    const round = Math.floor(n / this.tenants.length)
    const { doubleEvery: every = 5 } = this.options
    const isDouble = round % every === every - 1 && round < every * MOST_DOUBLES
    const buyer = isDouble ? n - this.tenants.length : n
    const stripeId = `evt_fault_${n}`
    const bought = charge({ created, customer: `cus_${buyer}`, amount: 1_000 + (buyer % 500) })
    return { stripeId, event: event('charge.succeeded', bought, { created, id: stripeId }) }
  }

  async #deliver(n: number, one: Sent): Promise<void> {
    const { repeatAfter } = this.options
    for (let attempt = 0; ; attempt++) {
      const targets = this.targets()
      const server = targets[(n + attempt) % targets.length]
      const status = server === undefined ? 0 : await this.#attempt(server, one)
      if (status === 200 || repeatAfter === undefined || !this.#repeating) return
      await sleep(repeatAfter * 2 ** Math.min(attempt, 2))
    }
  }

  async #attempt(server: number, { tenant, stripeId, event }: Sent): Promise<number> {
    const sentAt = performance.now()
    const { status, body } = await post(this.urlOf(server), tenant.token, event).catch(() => ({
      status: 0,
      body: undefined,
    }))
    const duplicate = JSON.stringify(body ?? null).includes('"duplicate":true')
    const answeredAt = performance.now()
    this.delivered.push({ tenant, stripeId, server, sentAt, answeredAt, status, duplicate })
    return status
  }
}
