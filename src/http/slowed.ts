/** Milliseconds by which the refusal of wrong credentials is delayed. */
const SLOWED_BY = 1_000
/** Refusals that wait at once; past it they come at once, and cost nothing more. */
const MOST_SLOWED = 1_000

/** Makes refusals wait, so that guessing over a given number of connections goes slowly. */
export class SlowedRefusals {
  #waiting = 0

  constructor(private readonly milliseconds = SLOWED_BY) {}

  async wait(): Promise<void> {
    if (this.#waiting >= MOST_SLOWED) return
    this.#waiting += 1
    await new Promise((resolve) => setTimeout(resolve, this.milliseconds).unref())
    this.#waiting -= 1
  }
}
