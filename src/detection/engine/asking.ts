import type { Calendar } from '../../calendar/calendar.ts'
import { MINUTE, type Seconds } from '../../time.ts'
import {
  type AnyDetector,
  type Context,
  type Delivery,
  type DetectorName,
  type Feedback,
  type SettingsOf,
  type StripeAnswer,
  UNDISTURBED,
} from '../detector.ts'
import { DISORDER } from '../kit/disorder.ts'
import { type Choices, settingsOf } from './choices.ts'
import type { KeyedStates } from './states.ts'

/** An answer is known to all processes so much later. */
const COMMITTED: Seconds = MINUTE

/** What a detector that is being asked may know: one and the same object, which turns from one to the next. */
export class Asking implements Context {
  now: Seconds = 0
  key = ''
  held = false
  settings: SettingsOf<Record<string, never>> = {}

  /** The detector that watches delivery. */
  readonly watch: AnyDetector | undefined
  /** Later events than this belong to a backlog. */
  readonly lateAfter: Seconds = Number.POSITIVE_INFINITY
  readonly #settings = new Map<DetectorName, Readonly<Record<string, number>>>()
  readonly #muted = new Set<DetectorName>()
  #asked: AnyDetector | undefined
  #delivery: Delivery | undefined

  constructor(
    detectors: readonly AnyDetector[],
    choices: Choices,
    private readonly states: KeyedStates,
    private readonly said: ReadonlyMap<DetectorName, readonly Feedback[]>,
    readonly calendar: Calendar,
    /** In their order. */
    private readonly answers: readonly StripeAnswer[] = [],
  ) {
    this.watch = detectors.find((detector) => detector.delivery !== undefined)
    for (const detector of detectors) {
      const choice = choices.get(detector.name)
      this.#settings.set(detector.name, settingsOf(detector, choice))
      if (choice?.enabled === false) this.#muted.add(detector.name)
    }
    const lateAfter = this.watch?.lateAfter?.(this.#settings.get(this.watch.name) ?? {})
    if (lateAfter !== undefined) this.lateAfter = Math.max(lateAfter, DISORDER)
  }

  /** A muted detector goes on learning, but says nothing. */
  isMuted({ name }: AnyDetector): boolean {
    return this.#muted.has(name)
  }

  turnTo(detector: AnyDetector, key: string, now: Seconds): void {
    this.now = now
    this.key = key
    this.#asked = detector
    this.settings = this.#settings.get(detector.name) ?? {}
    this.#delivery = undefined
  }

  stripe(at: Seconds): StripeAnswer | undefined {
    return this.answers.findLast((answer) => answer.at + COMMITTED <= at)
  }

  get feedback(): readonly Feedback[] {
    const said = this.#asked === undefined ? undefined : this.said.get(this.#asked.name)
    return said?.filter(({ at }) => at <= this.now) ?? []
  }

  get shared(): unknown {
    if (this.#asked?.shared === undefined) return undefined
    return this.states.open(this.#asked, '', this.now).state
  }

  get delivery(): Delivery {
    if (this.#delivery === undefined) {
      const state = this.watch && this.states.peek(this.watch, '')
      this.#delivery =
        (state !== undefined && this.watch?.delivery?.(state, this.now, this.calendar)) || UNDISTURBED
    }
    return this.#delivery
  }
}
