import type { Clock } from '../time.ts'

/** Milliseconds by which the wall clock may leave the steady one from one look to the next: what NTP corrects, and a slow look. */
const TOLERATED = 60_000

/** Milliseconds for which a jump has to stand before timers follow it. */
const STANDS_FOR = 10 * 60_000

/**
 * `ignored`: timers do not follow so far. `reversed`: the clock came back. `followed`: it stood, so it is right.
 * `believed`: a process that started since goes by the clock as it is.
 */
export type JumpOutcome = 'ignored' | 'reversed' | 'followed' | 'believed'

export interface Jump {
  /** Wall clock, as it would be without the jump. */
  at: Date
  /** Backwards: negative. */
  seconds: number
  outcome: JumpOutcome
}

export interface TimerTimeParts {
  clock: Clock
  /** Another machine's clock. A jump that it contradicts is not followed. */
  witness?: (() => Promise<Date>) | undefined
  /** Called when a jump begins to be ignored, and when it is over. */
  onJump?: (jump: Jump) => void | Promise<void>
}

/**
 * The time that timers go by: the wall clock, as it was when this began, and then as far as the steady clock bears it
 * out. A wall clock that is ten days ahead for four seconds would move every stream's clock to where it never comes
 * back from.
 */
export class TimerTime {
  readonly #parts: TimerTimeParts
  /** Both clocks at the last look at which they agreed. */
  #agreed: { wall: number; steady: number }
  #jump: { since: number; by: number; at: Date } | undefined

  constructor(parts: TimerTimeParts) {
    this.#parts = parts
    this.#agreed = { wall: parts.clock.now().getTime(), steady: parts.clock.steady() }
  }

  async now(): Promise<Date> {
    const { clock } = this.#parts
    const [wall, steady] = [clock.now().getTime(), clock.steady()]
    const expected = this.#agreed.wall + (steady - this.#agreed.steady)
    const by = wall - expected
    if (Math.abs(by) <= TOLERATED) {
      this.#agreed = { wall, steady }
      await this.#end('reversed')
      return new Date(wall)
    }
    if (this.#jump === undefined || Math.abs(by - this.#jump.by) > TOLERATED) {
      this.#jump = { since: steady, by, at: new Date(expected) }
      await this.#report('ignored')
    }
    if (steady - this.#jump.since < STANDS_FOR || !(await this.#isConfirmed(wall))) return new Date(expected)
    this.#agreed = { wall, steady }
    await this.#end('followed')
    return new Date(wall)
  }

  async #isConfirmed(wall: number): Promise<boolean> {
    const { witness } = this.#parts
    if (witness === undefined) return true
    const theirs = await witness()
    return Math.abs(theirs.getTime() - wall) <= TOLERATED
  }

  async #end(outcome: JumpOutcome): Promise<void> {
    if (this.#jump === undefined) return
    await this.#report(outcome)
    this.#jump = undefined
  }

  async #report(outcome: JumpOutcome): Promise<void> {
    if (this.#jump === undefined) return
    const { at, by } = this.#jump
    await this.#parts.onJump?.({ at, seconds: Math.round(by / 1_000), outcome })
  }
}
