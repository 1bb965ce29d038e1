import { PublicError } from '../../errors.ts'
import type { Group, Member } from './group.ts'
import type { SharedResult } from './shared-result.ts'
import type { Subscription } from './subscription.ts'

type Taken = IteratorResult<SharedResult, void>

const DONE: Taken = { done: true, value: undefined }

export interface SubscriberParts {
  subscription: Subscription
  group: Group
  /** Takes every result at once. Without it the results are what iterating gives, one for each call of `next`. */
  deliver: ((result: SharedResult) => void) | undefined
  onEnd(subscriber: Subscriber): void
}

/**
 * The results of one subscription. `return()` takes effect at once: a plain generator that waits for its next row would
 * end only with that row, and hold its slot and its place in the group until then.
 */
export class Subscriber implements AsyncGenerator<SharedResult, void>, Member {
  readonly #parts: SubscriberParts
  readonly #stop = new AbortController()
  #reading: Promise<void> | undefined
  /** Whoever waits for the next result, or the end. */
  #taker: { resolve(taken: Taken): void; reject(error: unknown): void } | undefined
  /** Resolves a row that waits for a taker. */
  #onTaker = () => {}
  #failure: { error: unknown } | undefined
  #ended = false

  constructor(parts: SubscriberParts) {
    this.#parts = parts
    const { signal } = parts.subscription
    const stop = () => this.#end(signal.reason instanceof PublicError ? { error: signal.reason } : undefined)
    signal.addEventListener('abort', stop)
    this.#stop.signal.addEventListener('abort', () => signal.removeEventListener('abort', stop))
    if (signal.aborted) stop()
  }

  async next(): Promise<Taken> {
    if (this.#failure) {
      const { error } = this.#failure
      this.#failure = undefined
      throw error
    }
    if (this.#ended) return DONE
    const taken = new Promise<Taken>((resolve, reject) => {
      this.#taker = { resolve, reject }
    })
    this.#onTaker()
    this.#reading ??= this.#read()
    return taken
  }

  push(result: SharedResult): boolean {
    if (this.#ended) return true
    const { deliver } = this.#parts
    if (deliver) {
      deliver(result)
      return true
    }
    if (!this.#taker) return false
    this.#taker.resolve({ done: false, value: result })
    this.#taker = undefined
    return true
  }

  fail(error: unknown): void {
    this.#end({ error })
  }

  async return(): Promise<Taken> {
    this.#end()
    return DONE
  }

  async throw(error: unknown): Promise<Taken> {
    this.#end()
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end()
  }

  async #read(): Promise<void> {
    const { subscription, group } = this.#parts
    const { signal } = this.#stop
    try {
      for await (const row of subscription.rows(signal, (at) => group.live(this, at))) {
        const result = await group.resultOf(row)
        while (result && !signal.aborted && !this.push(result)) await this.#wanted()
      }
    } catch (error) {
      this.fail(error)
    }
  }

  /** Resolves when somebody waits for a result, or it has ended. */
  #wanted(): Promise<void> {
    return new Promise((resolve) => {
      this.#onTaker = resolve
    })
  }

  #end(failure?: { error: unknown }): void {
    if (this.#ended) return
    this.#ended = true
    this.#stop.abort()
    this.#parts.onEnd(this)
    this.#onTaker()
    if (!this.#taker) this.#failure = failure
    else if (failure) this.#taker.reject(failure.error)
    else this.#taker.resolve(DONE)
    this.#taker = undefined
  }
}
