import type { Seconds } from '../../time.ts'
import type { OrdinaryCourier } from '../courier.ts'
import type { Profile } from '../profile.ts'
import type { World } from '../world.ts'

/** Gross: anyone would see it. Clear: a good analyst would. Subtle: only who knows what is usual here. */
export const STRENGTHS = ['gross', 'clear', 'subtle'] as const
export type Strength = (typeof STRENGTHS)[number]

/** What truly happened, and who should tell. */
export interface Label {
  /** Name of the detector whose business it is. */
  detector: string
  strength: Strength
  from: Seconds
  to: Seconds
  /** Stripe ids, where it is about certain objects. */
  objects?: string[]
  /** Other detectors that may rightly speak, too. */
  alsoAllowed?: string[]
}

/** Where an incident takes place in a simulated stream. */
export interface Stage {
  world: World
  courier: OrdinaryCourier
  strength: Strength
  /** When it is to begin; what needs people or objects may begin a little later, or not at all. */
  at: Seconds
  label(label: Omit<Label, 'detector' | 'strength'>): void
}

/** Where an incident is shown on a running server, within seconds of the present. */
export interface LiveStage {
  world: World
  /** The past that may be told begins here, minutes before `at`. */
  since: Seconds
  /** The present. */
  at: Seconds
  /** Seconds from one sign to the next. */
  pace: number
}

export interface Incident {
  /** The detector's name in kebab-case: what `--incident` takes. */
  name: string
  detector: string
  /** One line for `--help`. */
  about: string
  /** It changes rates for hours or days, so that nothing else of the kind may happen around it. */
  rate: boolean
  /** Days of ordinary business that it needs before it, to be told from them, and after it, to end in. */
  daysBefore: number
  daysAfter: number
  /** Whether a tenant like this has what it takes, and shows it clearly enough at that strength. */
  fits(profile: Profile, strength: Strength): boolean
  /** Plans it on the world's agenda. */
  stage(stage: Stage): void
  /** Absent where it takes hours or days to be one. */
  live?(stage: LiveStage): void
}
