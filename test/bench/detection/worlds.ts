import type { Arrival } from '../../../src/simulator/event.ts'
import type { Label } from '../../../src/simulator/incidents/incident.ts'
import { simulate } from '../../../src/simulator/simulate.ts'
import type { Learning } from '../../../src/simulator/trade/business.ts'
import { BUSINESSES, businessNamed } from '../../../src/simulator/trade/registry.ts'
import { simulateTrade } from '../../../src/simulator/trade/simulate.ts'
import { USUAL_START } from '../../../src/simulator/write.ts'
import type { Seconds } from '../../../src/time.ts'

/** A stream to be judged, with the truth about it. */
export interface Stream {
  tenant: string
  /** One line for people: what it is, how large, and how to make it again. */
  about: string
  /** The tenant's, where it has said it. */
  zone?: string
  start: Seconds
  days: number
  labels: readonly Label[]
  learning: readonly Learning[]
  /** The same events each time; made anew, since those of a large one do not fit into memory. */
  arrivals(): Iterable<Arrival>
}

export interface Choice {
  seeds: readonly string[]
  /** How many of each seed. Default: as many as the world has. */
  tenants: number | undefined
  /** Default: as many as the world says. */
  days: number | undefined
  /** Of the second world: only these kinds of business. */
  businesses: readonly string[]
}

/** A world of simulated trade, whose tenants are made one after the other. */
export interface World {
  name: 'first' | 'second'
  about: string
  seeds: readonly string[]
  streams(choice: Choice): Generator<Stream>
}

const FIRST_DAYS = 35
const FIRST_TENANTS = 20

/** Shops, software and services that differ in size, place, version and steadiness, and have no habits. */
const first: World = {
  name: 'first',
  about: 'tenants made from their seed',
  seeds: ['101', '102', '103', '104', '105'],
  *streams({ seeds, tenants = FIRST_TENANTS, days = FIRST_DAYS }) {
    for (const seed of seeds) {
      for (let i = 1; i <= tenants; i++) {
        const tenant = `${seed}/${i}`
        const make = () => simulate({ seed: tenant, name: tenant, days, start: USUAL_START, incidents: 'on' })
        const { labels, profile } = make()
        const about = `${profile.business}, ${Math.round(profile.paymentsADay)} payments a day`
        yield { tenant, about, start: USUAL_START, days, labels, learning: [], arrivals: () => make().events }
      }
    }
  },
}

/** Kinds of business with their habits and quiet troubles. */
const second: World = {
  name: 'second',
  about: 'kinds of business with their habits',
  seeds: ['201', '202'],
  *streams({ seeds, tenants, days, businesses }) {
    const kinds = businesses.length > 0 ? businesses.map(businessNamed) : BUSINESSES.slice(0, tenants)
    for (const seed of seeds) {
      for (const business of kinds) {
        const make = () => simulateTrade({ seed, business, days, incidents: 'on' })
        const simulation = make()
        const { labels, learning, profile, place, start } = simulation
        const about = `${business.about}; ${place.zone}, ${Math.round(profile.paymentsADay)} payments a day`
        const tenant = `${seed}/${business.name}`
        yield {
          tenant,
          about,
          zone: place.zone,
          start,
          days: simulation.days,
          labels,
          learning,
          arrivals: () => make().events,
        }
      }
    }
  },
}

export const WORLDS: readonly World[] = [first, second]
