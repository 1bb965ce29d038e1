import { stopwatch } from '../time.ts'
import type { Shell } from './shell.ts'

/** Milliseconds between two updates of a terminal, and between two lines where there is none. */
const REDRAW = 100
const LINE_EVERY = 10_000

/** Progress of long work. */
export interface Step {
  /** Units done, and the total; without the total no share is shown. */
  done: number
  total: number | undefined
  /** What is counted. */
  unit: string
  /** Further details. */
  also?: string
}

/** Shows progress on a terminal in one line that is overwritten; elsewhere in a line every ten seconds. */
export class Progress {
  readonly #shell: Shell
  readonly #label: string
  readonly #now: () => number
  readonly #began: number
  readonly #every: number
  #shownAt: number

  /** @param now milliseconds of a clock that never jumps */
  constructor(shell: Shell, label: string, now: () => number = stopwatch) {
    this.#shell = shell
    this.#label = label
    this.#now = now
    this.#began = now()
    this.#every = shell.io.stderr.isTTY ? REDRAW : LINE_EVERY
    this.#shownAt = this.#began
  }

  step(step: Step): void {
    const now = this.#now()
    if (now - this.#shownAt < this.#every) return
    this.#shownAt = now
    const line = `${this.#label}: ${describe(step, (now - this.#began) / 1_000)}`
    if (this.#shell.io.stderr.isTTY) this.#shell.progress(line)
    else this.#shell.note(line)
  }

  /** Makes room for what follows. */
  end(): void {
    this.#shell.progress('')
  }
}

function describe({ done, total, unit, also }: Step, seconds: number): string {
  const rate = seconds > 0 ? done / seconds : 0
  const share = total === undefined || total === 0 ? undefined : Math.min(1, done / total)
  return [
    ...(share === undefined ? [] : [`${Math.floor(share * 100)} %`]),
    total === undefined ? `${whole(done)} ${unit}` : `${whole(done)} of ${whole(total)} ${unit}`,
    `${whole(rate)}/s`,
    ...(share === undefined || rate === 0 || total === undefined
      ? []
      : [`${lasting((total - done) / rate)} left`]),
    ...(also === undefined ? [] : [also]),
  ].join(', ')
}

const whole = (number: number): string =>
  (number < 10 ? Math.round(number * 10) / 10 : Math.round(number)).toLocaleString('en')

/** `40 s`, `3 min`, `2 h 5 min`. */
function lasting(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
