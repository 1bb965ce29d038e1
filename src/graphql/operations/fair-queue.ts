import { PublicError } from '../../errors.ts'
import type { UrgentWork } from '../../http/urgent-work.ts'

export interface FairQueueLimits {
  /** Pieces of work of one key, and of all, that may run at once. */
  perKey: number
  total: number
  /** Pieces of one key that may wait. */
  waiting: number
  /** Milliseconds that one may wait. */
  timeoutMs: number
  /** Pieces that may start in one turn of the event loop; 1. */
  perTurn?: number
}

/** Milliseconds that urgent work may hold back the next piece: where it never ends, the others still go on. */
const MAX_DEFERRALS = 25

interface Job {
  start(): void
  giveUp(error: PublicError): void
  timer: NodeJS.Timeout
}

/**
 * A fair queue for work that must not block the event loop. One piece starts in each turn of the loop, so that sockets,
 * deliveries and health checks are served between any two; keys (tenants) alternate, however much each of them has
 * waiting. No piece starts while urgent work runs, up to a short delay. A piece that waits too long, or behind too many
 * of its own key, is refused.
 */
export class FairQueue {
  readonly #limits: FairQueueLimits
  readonly #urgent: Pick<UrgentWork, 'isUnderway'>
  /** By key; the key whose turn is next comes first. */
  readonly #waiting = new Map<string, Set<Job>>()
  readonly #running = new Map<string, number>()
  #total = 0
  /** Whether a piece has started in this turn of the loop, or will in the next. */
  #taken = false

  /** @param urgent goes before the next piece */
  constructor(limits: FairQueueLimits, urgent: Pick<UrgentWork, 'isUnderway'> = { isUnderway: false }) {
    this.#limits = limits
    this.#urgent = urgent
  }

  /**
   * Runs `work` when its turn has come.
   * @throws PublicError RATE_LIMITED when that would take too long; else what `work` throws
   */
  run<T>(key: string, work: () => Promise<T> | T): Promise<T> {
    if (!this.#taken && this.#waiting.size === 0 && this.#hasSlot(key) && !this.#urgent.isUnderway) {
      this.#schedule()
      return this.#perform(key, work)
    }
    const queue = this.#waiting.get(key) ?? new Set()
    if (queue.size >= this.#limits.waiting) return Promise.reject(refused())
    return new Promise<T>((resolve, reject) => {
      const job: Job = {
        start: () => this.#perform(key, work).then(resolve, reject),
        giveUp: reject,
        timer: setTimeout(() => this.#abandon(key, job), this.#limits.timeoutMs).unref(),
      }
      queue.add(job)
      this.#waiting.set(key, queue)
      this.#schedule()
    })
  }

  /** Resolves in a turn of its own and occupies no slot after. @throws PublicError RATE_LIMITED */
  turn(key: string): Promise<void> {
    return this.run(key, () => {})
  }

  async #perform<T>(key: string, work: () => Promise<T> | T): Promise<T> {
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1)
    this.#total += 1
    try {
      return await work()
    } finally {
      const left = (this.#running.get(key) ?? 1) - 1
      if (left > 0) this.#running.set(key, left)
      else this.#running.delete(key)
      this.#total -= 1
      if (this.#waiting.size > 0) this.#schedule()
    }
  }

  #schedule(): void {
    if (this.#taken) return
    this.#taken = true
    const begin = (deferrals: number): void => {
      if (deferrals < MAX_DEFERRALS && this.#urgent.isUnderway) {
        setTimeout(begin, 1, deferrals + 1)
        return
      }
      this.#taken = false
      for (let started = 0; started < (this.#limits.perTurn ?? 1); started++) {
        const next = this.#next()
        if (!next) return
        // Scheduled from here it comes after the sockets of the next turn.
        this.#schedule()
        clearTimeout(next.timer)
        next.start()
      }
    }
    setImmediate(begin, 0)
  }

  #next(): Job | undefined {
    for (const [key, queue] of this.#waiting) {
      const [job] = queue
      if (!job || !this.#hasSlot(key)) continue
      this.#waiting.delete(key)
      queue.delete(job)
      if (queue.size > 0) this.#waiting.set(key, queue)
      return job
    }
    return undefined
  }

  #hasSlot(key: string): boolean {
    return this.#total < this.#limits.total && (this.#running.get(key) ?? 0) < this.#limits.perKey
  }

  #abandon(key: string, job: Job): void {
    const queue = this.#waiting.get(key)
    queue?.delete(job)
    if (queue?.size === 0) this.#waiting.delete(key)
    job.giveUp(refused())
  }
}

const RETRY_AFTER_SECONDS = 5

const refused = (): PublicError =>
  new PublicError('RATE_LIMITED', 'Too many operations of this tenant run at once. Try again in a moment.', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })
