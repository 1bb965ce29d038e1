import type { Bus } from '../../bus/bus.ts'
import { PublicError } from '../../errors.ts'
import type { EventSource } from '../../storage/inbox.ts'
import { among, beyond, columnsOf, compare, EVENTS, type EventRow, readRows } from '../../storage/reading.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import type { WallClock } from '../../time.ts'
import type { Feed } from './follow.ts'
import { type ReadOnce, type RowSource, SharedReader, SharedReaders } from './shared-reader.ts'

export interface Arrival {
  /** Within this process: how many arrivals its reader has seen. */
  seq: bigint
  event: EventRow
}

/**
 * Events become visible in the order of their commits, which among several processes is not quite that of their
 * arrival: each read looks this many milliseconds back and skips what it has seen.
 */
const LOOK_BACK_MS = 5_000
/** Other machines' clocks may be ahead by as much. */
const LOOK_AHEAD_MS = 60_000
/** Most events that are marked as seen when a clock was set back and they lie ahead of it. */
const MAX_AHEAD = 10_000
/** The past is in lists, but it does not come in. */
const SENT: readonly EventSource[] = ['WEBHOOK', 'API']
const PAGE = 200
/** Events that a subscription may be behind: bursts of a large tenant, of some hundred bytes each. */
const KEEP = 5_000

export interface EventFeedOptions {
  bus: Bus
  clock: WallClock
  log: { warn(fields: object, message: string): void }
  readOnce: ReadOnce
  /** Milliseconds after which it reads without a hint. */
  everyMs?: number
  /** Events that a subscription may be behind. */
  keep?: number
}

/** Newly stored webhook events, live; missed ones are not sent later. */
export class EventFeed {
  readonly #options: EventFeedOptions
  readonly #readers = new SharedReaders<Arrival>()

  constructor(options: EventFeedOptions) {
    this.#options = options
  }

  /** Joins the tenant's feed: events stored from now on are after the head of its reader. */
  async join({ tenantId }: Pick<Scope, 'tenantId' | 'db'>): Promise<Feed<Arrival>> {
    return {
      reader: await this.#readers.join(tenantId, () => this.#readerOf(tenantId)),
      missed: async () => {
        throw new PublicError('SLOW_CONSUMER', 'Events came faster than they were taken: subscribe again.')
      },
      condensed: (arrivals) => arrivals,
      leave: () => this.#readers.leave(tenantId),
    }
  }

  #readerOf(tenantId: string): SharedReader<Arrival> {
    const { bus, clock, log, readOnce, everyMs = 5_000, keep = KEEP } = this.#options
    const arrivals = new Arrivals(clock)
    const source: RowSource<Arrival> = {
      start: () => readOnce(tenantId, (scope) => arrivals.start(scope)),
      read: (after) => readOnce(tenantId, (scope) => arrivals.read(scope, after)),
    }
    return new SharedReader(source, {
      bus,
      topic: `events:${tenantId}`,
      everyMs,
      keep,
      onError: (error) => log.warn({ err: error, tenantId }, 'could not read events; trying again'),
    })
  }
}

/** What an index knows of an event: looked back for, the rows of those seen already are not read again. */
type EventKey = Pick<EventRow, 'stripeId' | 'receivedAt'>

/** Reads what was stored since the last read. */
class Arrivals {
  readonly #clock: WallClock
  readonly #seen = new Map<string, Date>()
  #newest: Date

  constructor(clock: WallClock) {
    this.#clock = clock
    this.#newest = clock.now()
  }

  async start(scope: Scope): Promise<bigint> {
    for (const { stripeId, receivedAt } of await this.#page(scope, undefined))
      this.#seen.set(stripeId, receivedAt)
    return 0n
  }

  /** After a clock was set back, new events have earlier times than seen ones: marks those ahead as seen, starts at now. */
  async #followBack(scope: Scope): Promise<void> {
    const now = this.#clock.now()
    if (this.#newest.getTime() - now.getTime() <= LOOK_BACK_MS) return
    const ahead = await readRows(scope, EVENTS, {
      columns: ['stripeId', 'receivedAt'],
      where: [compare('receivedAt', '>', now)],
      orderBy: ['receivedAt'],
      direction: 'DESC',
      take: MAX_AHEAD,
    })
    for (const { stripeId, receivedAt } of ahead) this.#seen.set(stripeId, receivedAt)
    this.#newest = now
  }

  async read(scope: Scope, after: bigint): Promise<{ rows: Arrival[]; more: boolean }> {
    await this.#followBack(scope)
    let last: EventKey | undefined
    for (;;) {
      const page = await this.#page(scope, last)
      const fresh = page.filter(({ stripeId }) => !this.#seen.has(stripeId))
      for (const { stripeId, receivedAt } of fresh) this.#seen.set(stripeId, receivedAt)
      last = page.at(-1)
      if (fresh.length > 0 || page.length < PAGE) {
        this.#remember(fresh)
        const events = await eventsOf(scope, fresh)
        const rows = events.map((event, index) => ({ seq: after + BigInt(index + 1), event }))
        return { rows, more: page.length === PAGE }
      }
    }
  }

  #since(): Date {
    return new Date(this.#newest.getTime() - LOOK_BACK_MS)
  }

  #remember(fresh: readonly EventKey[]): void {
    for (const { receivedAt } of fresh) if (receivedAt > this.#newest) this.#newest = receivedAt
    const since = this.#since()
    for (const [stripeId, receivedAt] of this.#seen) if (receivedAt < since) this.#seen.delete(stripeId)
  }

  #page(scope: Scope, last: EventKey | undefined): Promise<EventKey[]> {
    const until = new Date(Math.max(this.#newest.getTime(), this.#clock.now().getTime()) + LOOK_AHEAD_MS)
    const orderBy = ['receivedAt', 'stripeId']
    return readRows(scope, EVENTS, {
      columns: ['stripeId', 'receivedAt'],
      where: [
        last
          ? beyond(orderBy, '>', [last.receivedAt, last.stripeId])
          : compare('receivedAt', '>=', this.#since()),
        compare('receivedAt', '<=', until),
        among('source', SENT),
      ],
      orderBy,
      take: PAGE,
    })
  }
}

/** In the order of their arrival. */
async function eventsOf(scope: Scope, keys: readonly EventKey[]): Promise<EventRow[]> {
  if (keys.length === 0) return []
  return readRows(scope, EVENTS, {
    columns: columnsOf(EVENTS),
    where: [
      among(
        'stripeId',
        keys.map(({ stripeId }) => stripeId),
      ),
    ],
    orderBy: ['receivedAt', 'stripeId'],
  })
}
