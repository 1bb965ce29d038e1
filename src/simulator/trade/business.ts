import type { Seconds } from '../../time.ts'
import type { OrdinaryCourier } from '../courier.ts'
import type { Incident } from '../incidents/incident.ts'
import type { Profile } from '../profile.ts'
import type { Disturbance } from '../quiet/disturbance.ts'
import type { Random } from '../random.ts'
import type { Window } from '../schedule.ts'
import type { World } from '../world.ts'
import type { Country } from './holidays.ts'
import type { LocalClock } from './local-clock.ts'
import type { Opening, Rhythm } from './rhythm.ts'

/** Where a business is; its customers live by that clock, and pay in that currency. */
export interface Place {
  /** IANA zone. */
  zone: string
  country: Country
  currency: string
}

/** One business at work: what its habits and incidents have in hand. */
export interface Trade {
  world: World
  courier: OrdinaryCourier
  clock: LocalClock
  rhythm: Rhythm
  start: Seconds
  end: Seconds
}

/** What nobody can know before it has been seen some times: so many alarms about a habit that begins are right. */
export interface Learning {
  detector: string
  from: Seconds
  to: Seconds
  most: number
}

/** Something that a business does again and again, or that happens to it; each is told nothing of the others. */
export interface Habit {
  /** Before the first event: what there is already. */
  open?(trade: Trade): void
  /** At each local midnight. */
  day?(trade: Trade, midnight: Seconds): void
  /** Every quarter of an hour, to plan what begins by itself within it. */
  quarter?(trade: Trade, from: Seconds): void
  /** When its own doings would blur an incident of rates. */
  apart?(trade: Trade): Window[]
  /** Where it is a habit that must be learned. */
  learning?(trade: Trade): Learning
}

/** A kind of business: its traits and habits; a seed makes one of its kind. */
export interface Business {
  /** In kebab-case: what `--business` takes. */
  name: string
  /** One line for people. */
  about: string
  places: readonly Place[]
  /** First day of the stream; chosen so that what is particular about it falls into the days. */
  start: Seconds
  days: number
  opening: Opening
  /** The rest of its profile, which the reused parts of the simulator read. */
  traits(random: Random, place: Place): Traits
  habits(profile: Profile, random: Random): Habit[]
  /** Unusual things that are nobody's fault, besides its habits. */
  quiet: readonly Disturbance[]
  /** What may go wrong so that the stream shows it. */
  incidents(trade: Trade): readonly Incident[]
  /** Connected accounts of a platform, each a business of the kind. Default: none. */
  accounts?: number
}

export type Traits = Pick<Profile, 'paymentsADay' | 'dollars'> & Partial<Profile>
