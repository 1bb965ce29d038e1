/**
 * Look-ups of keys and tokens that nobody has vouched for yet: a bounded number at once, whatever comes, and none refused. Who
 * waits is served group by group in turn, so that one network that floods delays the others by a look-up each.
 */
export class BoundedLookups {
  #running = 0
  /** Who waits, by group; the group whose turn is next stands first. */
  readonly #waiting = new Map<string, (() => void)[]>()

  constructor(private readonly atOnce: number) {}

  async run<T>(group: string, work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.atOnce) await this.#turn(group)
    else this.#running += 1
    try {
      return await work()
    } finally {
      this.#next()
    }
  }

  #turn(group: string): Promise<void> {
    return new Promise((resolve) => {
      const queue = this.#waiting.get(group)
      if (queue) queue.push(resolve)
      else this.#waiting.set(group, [resolve])
    })
  }

  /** Hands the place on to whoever is next, or gives it up. */
  #next(): void {
    const first = this.#waiting.entries().next()
    if (first.done) {
      this.#running -= 1
      return
    }
    const [group, queue] = first.value
    const resume = queue.shift()
    this.#waiting.delete(group)
    if (queue.length > 0) this.#waiting.set(group, queue)
    resume?.()
  }
}
