const START = '2026-03-02T09:00:00.000Z'

/** A clock that stands until it is moved. */
export class SteppedClock {
  #now = new Date(START)
  #steady = 0
  now(): Date {
    return new Date(this.#now)
  }
  steady(): number {
    return this.#steady
  }
  forward(seconds: number): void {
    this.#now = new Date(this.#now.getTime() + seconds * 1000)
    this.#steady += seconds * 1000
  }
  /** Somebody sets the wall clock: no time passes. */
  jump(seconds: number): void {
    this.#now = new Date(this.#now.getTime() + seconds * 1000)
  }
  restart(): void {
    this.#now = new Date(START)
    this.#steady = 0
  }
}

/** The clock of a file's tests: each file finds it at the same time of day, whatever ran before it in its worker. */
export const clock = new SteppedClock()
