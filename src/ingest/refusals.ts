/** How far back is looked. Milliseconds. */
const WINDOW = 5_000

/** Whether deliveries are only refused of late: a server that answers nothing but 503 should get no more of them. */
export class Refusals {
  #refusedAt = Number.NEGATIVE_INFINITY
  #answeredAt = Number.NEGATIVE_INFINITY

  /** @param clock one that only runs forward */
  constructor(private readonly clock: { steady(): number }) {}

  note(status: number): void {
    if (status === 503) this.#refusedAt = this.clock.steady()
    else this.#answeredAt = this.clock.steady()
  }

  /** Whether deliveries came in the last seconds and each was answered 503. */
  get nothingElse(): boolean {
    const since = this.clock.steady() - WINDOW
    return this.#refusedAt >= since && this.#answeredAt < since
  }
}
