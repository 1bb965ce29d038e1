import { DAY, HOUR, type Seconds } from '../time.ts'
import { offsetOf } from './calendar.ts'
import { OrdinaryCourier } from './courier.ts'
import type { Arrival } from './event.ts'
import { type Incident, type Label, STRENGTHS } from './incidents/incident.ts'
import { makeProfile, type Profile } from './profile.ts'
import { Random } from './random.ts'
import { chooseIncidents, planDisturbances, planIncidents } from './schedule.ts'
import { stock } from './stock.ts'
import { Traffic } from './traffic.ts'
import { World } from './world.ts'

export interface SimulationOptions {
  /** The same arguments give the same stream, byte for byte. */
  seed: string
  /** Default: tenant. */
  name?: string
  days: number
  /** Midnight UTC of the first day is a good choice. */
  start: Seconds
  /** `off`: nothing goes wrong. With `on` a third of all seeds stay quiet, too. */
  incidents: 'on' | 'off'
  /** This one and nothing else goes wrong, once; the tenant is one that can have it. */
  only?: Incident | undefined
  /** In place of the tenant that the seed makes. */
  profile?: Profile
}

export interface Simulation {
  profile: Profile
  /** In order of arrival; made as they are taken, an hour at a time. */
  events: Iterable<Arrival>
  /** Whole before the first event is taken. */
  labels: readonly Label[]
}

/** A tenant's stream of events, with the truth about what goes wrong in it. */
export function simulate(options: SimulationOptions): Simulation {
  const { seed, days, start, incidents, only } = options
  const made =
    options.profile ?? tenantFor(seed, options.name ?? 'tenant', incidents === 'on' ? only : undefined)
  const profile = { ...made, offsetHours: offsetOf(made.zone, start) }
  const random = new Random(`${seed}/world`)
  const courier = new OrdinaryCourier(random.fork('courier'))
  const world = new World(profile, random, start, courier)
  stock(world)
  const labels: Label[] = []
  const span = { start, days }
  const busy =
    incidents === 'on' ? planIncidents(world, courier, span, chooseIncidents(world, span, only), labels) : []
  planDisturbances(world, span, busy)
  labels.sort((a, b) => a.from - b.from)
  return { profile, labels, events: run(world, start, start + days * DAY) }
}

/** The tenant of a seed; where a certain incident is asked for, the first of its line that can have it. */
function tenantFor(seed: string, name: string, only: Incident | undefined): Profile {
  for (let attempt = 0; only !== undefined && attempt < 100; attempt++) {
    const profile = makeProfile(attempt === 0 ? seed : `${seed}+${attempt}`, name)
    if (STRENGTHS.some((strength) => only.fits(profile, strength))) return profile
  }
  return makeProfile(seed, name)
}

function* run(world: World, start: Seconds, end: Seconds): Generator<Arrival> {
  const traffic = new Traffic(world)
  for (let hour = start; hour < end; hour += HOUR) {
    world.weather.forget(hour)
    traffic.hour(hour)
    yield* world.advance(hour + HOUR)
  }
}
