import { post, type TestTenant } from '../support/outside.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'

/** What became of one delivery. */
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

/**
 * Deliveries at a steady pace, whatever becomes of those before: as Stripe sends them, it does not wait for an answer
 * before the next one.
 */
export class SteadyLoad {
  readonly delivered: Delivered[] = []
  readonly #underway = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #sent = 0

  /**
   * @param urlOf where a server answers
   * @param targets the servers that deliveries go to just now, one after the other
   */
  constructor(
    private readonly tenants: readonly TestTenant[],
    private readonly urlOf: (server: number) => string,
    private readonly targets: () => readonly number[],
  ) {}

  start(perSecond: number): void {
    this.#timer = setInterval(() => this.#send(), 1_000 / perSecond)
  }

  /** Sends nothing more, and waits for what was sent. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#underway)
  }

  #send(): void {
    const targets = this.targets()
    const server = targets[this.#sent % targets.length]
    const tenant = this.tenants[this.#sent % this.tenants.length]
    this.#sent += 1
    if (server === undefined || tenant === undefined) return
    const sending = this.#deliver(server, tenant).finally(() => this.#underway.delete(sending))
    this.#underway.add(sending)
  }

  async #deliver(server: number, tenant: TestTenant): Promise<void> {
    const created = Math.floor(Date.now() / 1_000)
    const stripeId = `evt_fault_${this.#sent}`
    const one = event(
      'charge.succeeded',
      charge({ created, customer: `cus_${this.#sent}`, amount: 1_000 + (this.#sent % 500) }),
      { created, id: stripeId },
    )
    const sentAt = performance.now()
    const { status, body } = await post(this.urlOf(server), tenant.token, one).catch(() => ({
      status: 0,
      body: undefined,
    }))
    const duplicate = JSON.stringify(body ?? null).includes('"duplicate":true')
    this.delivered.push({
      tenant,
      stripeId,
      server,
      sentAt,
      answeredAt: performance.now(),
      status,
      duplicate,
    })
  }
}
