import { randomBase62 } from '../ids.ts'
import { type ChannelKey, type DueChannel, dueChannels } from '../storage/alerts/due.ts'
import { nextDelivery } from '../storage/alerts/next-delivery.ts'
import type { Database } from '../storage/database.ts'
import { type Scope, scopeTo } from '../storage/scope/scope.ts'
import { attemptDelivery } from './attempt.ts'
import { gatherDigests } from './digest.ts'
import { openChannel } from './open-channel.ts'
import type { SendingParts } from './sending-parts.ts'

/** How long a channel belongs to who sends on it, without a sign of life. Milliseconds. */
const LEASE = 60_000

/** Channels that one process sends on at a time; of one tenant; and besides, of those whose last attempts failed. */
const MAX_SENDING = 8
const MAX_OF_TENANT = 3
const MAX_FAILING = 4

/** Messages sent on one channel before others get its place. */
const MAX_IN_ROW = 20

export interface SenderOptions extends SendingParts {
  database: Database
  /** Milliseconds; tests that kill processes wait for no minute. */
  leaseMs?: number
}

/** Sends what is due: several channels at a time, on each one message after the other. */
export class Sender {
  readonly #options: SenderOptions
  /** By channel. */
  readonly #sending = new Map<string, { tenantId: string; isFailing: boolean; done: Promise<void> }>()
  #stopping = false

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /**
   * Begins to send on channels that are due, as many as there are places for.
   * @returns how many it began with
   */
  async begin(): Promise<number> {
    const { database, clock } = this.#options
    const due = await dueChannels(database, clock.now(), 10 * (MAX_SENDING + MAX_FAILING))
    let begun = 0
    for (const key of due) {
      if (this.#stopping || this.#sending.has(key.channelId) || !this.#hasPlace(key)) continue
      begun += 1
      const done = this.#drain(key).finally(() => this.#sending.delete(key.channelId))
      this.#sending.set(key.channelId, { tenantId: key.tenantId, isFailing: key.isFailing, done })
    }
    return begun
  }

  /** Resolves when the next of what is under way is done; never when nothing is. */
  async freed(): Promise<void> {
    await Promise.race([...this.#sending.values()].map(({ done }) => done))
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all([...this.#sending.values()].map(({ done }) => done))
  }

  /** Takes nothing new; resolves when the attempts under way are written down. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.idle()
  }

  /** A receiver that is down takes long to say so: it must not take the places of those that work. */
  #hasPlace({ tenantId, isFailing }: DueChannel): boolean {
    const all = [...this.#sending.values()]
    const alike = all.filter((one) => one.isFailing === isFailing)
    if (alike.length >= (isFailing ? MAX_FAILING : MAX_SENDING)) return false
    return alike.filter((one) => one.tenantId === tenantId).length < MAX_OF_TENANT
  }

  async #drain(key: ChannelKey): Promise<void> {
    const { database, clock, log, leaseMs = LEASE } = this.#options
    const scope = scopeTo(database, key.tenantId)
    const lease = new Lease(scope, key.channelId, leaseMs)
    try {
      if (!(await lease.take(clock.now()))) return
      for (let sent = 0; sent < MAX_IN_ROW && !this.#stopping; sent += 1) {
        if (!(await this.#sendNext(scope, key))) break
        if (!(await lease.renew(clock.now()))) return
      }
    } catch (err) {
      log.error({ err, tenant: key.tenantId, channel: key.channelId }, 'sending alerts failed')
    } finally {
      await lease.release().catch((err: unknown) => log.warn({ err }, 'a lease was not given back'))
    }
  }

  /** @returns whether there may be more to send at once */
  async #sendNext(scope: Scope, { tenantId, channelId }: ChannelKey): Promise<boolean> {
    const { clock } = this.#options
    const now = clock.now()
    const channel = await scope.db.alertChannel.findFirst({
      where: {
        tenantId,
        id: channelId,
        state: 'ACTIVE',
        OR: [{ notBefore: null }, { notBefore: { lte: now } }],
      },
    })
    if (channel === null) return false
    const next = await nextDelivery(scope.sql, { tenantId, channelId }, now)
    if (next === undefined) return false
    const { kind, open } = openChannel(this.#options.channels, this.#options.vault, channel)
    if (next.grouped) {
      await gatherDigests(scope, { channel, kind, open, baseUrl: this.#options.baseUrl(), now })
      return true
    }
    const outcome = await attemptDelivery(this.#options, scope, channel, next.id)
    const asked = outcome?.type === 'delivered' ? (outcome.restSeconds ?? 0) * 1_000 : 0
    const rest = Math.max(kind.spacingMs ?? 0, asked)
    if (rest === 0) return true
    const sentAt = clock.now()
    await scope.db.alertChannel.updateMany({
      where: { tenantId, id: channelId, OR: [{ notBefore: null }, { notBefore: { lte: sentAt } }] },
      data: { notBefore: new Date(sentAt.getTime() + rest) },
    })
    return false
  }
}

/** A channel is sent on by one process at a time; a process that dies gives it back when its lease runs out. */
class Lease {
  readonly #holder = randomBase62(12)
  #until = 0

  constructor(
    private readonly scope: Scope,
    private readonly channelId: string,
    private readonly ms: number,
  ) {}

  /** @returns false when another process has it */
  take(now: Date): Promise<boolean> {
    return this.#write(now, { OR: [{ leaseUntil: null }, { leaseUntil: { lte: now } }] })
  }

  /** Makes it long enough for one more attempt. @returns false when it ran out and another process has it */
  async renew(now: Date): Promise<boolean> {
    const left = this.#until - now.getTime()
    return left > this.ms * 0.75 || this.#write(now, { leaseHolder: this.#holder })
  }

  async release(): Promise<void> {
    const { tenantId, db } = this.scope
    await db.alertChannel.updateMany({
      where: { tenantId, id: this.channelId, leaseHolder: this.#holder },
      data: { leaseHolder: null, leaseUntil: null },
    })
  }

  async #write(now: Date, where: object): Promise<boolean> {
    const { tenantId, db } = this.scope
    this.#until = now.getTime() + this.ms
    const { count } = await db.alertChannel.updateMany({
      where: { tenantId, id: this.channelId, ...where },
      data: { leaseHolder: this.#holder, leaseUntil: new Date(this.#until) },
    })
    return count === 1
  }
}
