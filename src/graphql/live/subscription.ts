import type { Connection, Services, SubscriptionSlot } from '../context.ts'
import { type Feed, follow, moreOf, type Row } from './follow.ts'

/** What a subscription field follows. Its items are what the field's `resolve` gets. */
export interface Following<R extends Row, Item> {
  feed: Feed<R>
  /** Items after this one. */
  position: bigint
  /** Undefined: not one of those that the subscription asked for. */
  itemOf(row: R): Item | undefined
  /** By what `itemOf` decides, as text: two subscriptions with the same get the same items. */
  filter: string
}

/** An open subscription before anything follows it. */
export class Subscription<R extends Row = Row, Item = unknown> implements AsyncIterable<Item> {
  readonly following: Following<R, Item>
  readonly #slot: SubscriptionSlot
  readonly #drained: () => Promise<void>
  readonly #onEnd: () => void
  #ended = false

  private constructor(
    following: Following<R, Item>,
    parts: { slot: SubscriptionSlot; drained: () => Promise<void>; onEnd: () => void },
  ) {
    this.following = following
    this.#slot = parts.slot
    this.#drained = parts.drained
    this.#onEnd = parts.onEnd
  }

  /**
   * @param start joins the feed, once the tenant is known to have room for one more subscription
   * @throws PublicError RATE_LIMITED when the tenant has too many open
   */
  static async open<R extends Row, Item>(
    { connection, services }: { connection: Connection; services: Pick<Services, 'metrics'> },
    start: () => Promise<Following<R, Item>>,
  ): Promise<Subscription<R, Item>> {
    const slot = await connection.open()
    try {
      const following = await start()
      services.metrics.subscriptions.inc()
      return new Subscription(following, {
        slot,
        drained: () => connection.drained(),
        onEnd: () => services.metrics.subscriptions.dec(),
      })
    } catch (error) {
      slot.close()
      throw error
    }
  }

  /** Aborted when it has to end: with a PublicError as the reason where the client is told why. */
  get signal(): AbortSignal {
    return this.#slot.signal
  }

  /** The rows, until the signal is aborted. @param more waits for more at their end, as in `follow` */
  rows(signal: AbortSignal, more: (position: bigint) => Promise<bigint>): AsyncGenerator<R> {
    const { feed, position } = this.following
    return follow(feed, position, signal, { drained: this.#drained, more })
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.following.feed.leave()
    this.#slot.close()
    this.#onEnd()
  }

  /** The items by themselves; where many follow the same, a group executes each only once. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    const { feed, itemOf } = this.following
    try {
      for await (const row of this.rows(this.signal, moreOf(feed, this.signal))) {
        const item = itemOf(row)
        if (item !== undefined) yield item
      }
    } finally {
      this.end()
    }
  }
}
