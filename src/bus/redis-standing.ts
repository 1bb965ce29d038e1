import type { Redis } from 'ioredis'
import type { Logger } from '../log.ts'
import type { Clock } from '../time.ts'

/** Milliseconds between two lines about the same trouble. */
const SAY_EVERY = 60_000

const AWAY = 'Redis is away: each process counts limits alone and reads feeds every few seconds'

export interface RedisStandingParts {
  log: Logger
  clock: Pick<Clock, 'steady'>
  /** 1 while it is there, else 0. */
  up: { set(value: number): void }
  /** Milliseconds; a minute. */
  sayEveryMs?: number
}

/**
 * Whether Redis is there, by all connections of this process together: it is away while one of them does not stand. That
 * is said when it begins, now and then while it goes on, and when it is over; of what fails meanwhile nothing is.
 */
export class RedisStanding {
  readonly #parts: RedisStandingParts
  readonly #connections: Redis[] = []
  readonly #sayEvery: number
  /** By the steady clock; undefined while it is not away. */
  #awaySince: number | undefined
  #complainedAt = Number.NEGATIVE_INFINITY
  /** Why a connection was last lost, as far as it said. */
  #reason: string | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: RedisStandingParts) {
    this.#parts = parts
    this.#sayEvery = parts.sayEveryMs ?? SAY_EVERY
    parts.up.set(0)
  }

  watch(connection: Redis): void {
    this.#connections.push(connection)
    connection.on('ready', () => this.#look())
    connection.on('close', () => this.#look())
    connection.on('error', (error: Error) => {
      this.#reason = error.message
      this.#look()
    })
  }

  /** Of a command that failed: that Redis is away is said already, anything else is worth a line. */
  complain(error: Error): void {
    const now = this.#parts.clock.steady()
    if (this.#closed || !this.#stands || now - this.#complainedAt < this.#sayEvery) return
    this.#complainedAt = now
    this.#parts.log.warn({ reason: error.message }, 'Redis refuses a command')
  }

  /** Before its connections are ended on purpose. */
  close(): void {
    this.#closed = true
    clearInterval(this.#timer)
  }

  get #stands(): boolean {
    return this.#connections.every(({ status }) => status === 'ready')
  }

  #look(): void {
    if (this.#closed) return
    const { up, clock } = this.#parts
    up.set(this.#stands ? 1 : 0)
    if (this.#stands) this.#back()
    else if (this.#awaySince === undefined && this.#lost) {
      this.#awaySince = clock.steady()
      this.#timer = setInterval(() => this.#sayAway(), this.#sayEvery).unref()
      this.#sayAway()
    }
  }

  /** One that is still being opened for the first time is not away. */
  get #lost(): boolean {
    return this.#connections.some(({ status }) => status === 'close' || status === 'reconnecting')
  }

  #back(): void {
    if (this.#awaySince === undefined) return
    clearInterval(this.#timer)
    this.#parts.log.info({ seconds: this.#secondsAway() }, 'Redis is back')
    this.#awaySince = undefined
    this.#reason = undefined
  }

  #sayAway(): void {
    this.#parts.log.warn({ seconds: this.#secondsAway(), reason: this.#reason }, AWAY)
  }

  #secondsAway(): number {
    return Math.round((this.#parts.clock.steady() - (this.#awaySince ?? 0)) / 1_000)
  }
}
