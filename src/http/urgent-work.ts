/** What is under way and goes first: while it is, work that can wait does so for a moment. */
export class UrgentWork {
  #underway = 0

  get isUnderway(): boolean {
    return this.#underway > 0
  }

  /** Runs `work`, which counts as under way until it has settled. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#underway += 1
    try {
      return await work()
    } finally {
      this.#underway -= 1
    }
  }
}
