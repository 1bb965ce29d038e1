import { offsetOf } from '../simulator/calendar.ts'
import { OrdinaryCourier } from '../simulator/courier.ts'
import type { Arrival } from '../simulator/event.ts'
import type { Profile } from '../simulator/profile.ts'
import { Random } from '../simulator/random.ts'
import { stock } from '../simulator/stock.ts'
import { Traffic } from '../simulator/traffic.ts'
import { World } from '../simulator/world.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../time.ts'
import type { Act } from './businesses.ts'

/** How far back an incident's events may lie without counting as late. */
const PAST: Seconds = 4 * MINUTE

/** Seconds between two signs of an incident. */
const PACE = 0.5

/** A tenant's simulated trade: quiet weeks up to the present, and its continuation as time passes. */
export class Trade {
  readonly #world: World
  readonly #traffic: Traffic
  readonly #courier: OrdinaryCourier
  /** Everyday business is planned up to here. */
  #planned: Seconds

  /** @param now the present; history begins `days` days before it */
  constructor(profile: Profile, seed: string, now: Seconds, days: number) {
    // On the hour, so that the same seed gives the same history at any time within the hour.
    const start = Math.floor((now - days * DAY) / HOUR) * HOUR
    const random = new Random(`${seed}/${profile.name}`)
    this.#courier = new OrdinaryCourier(random.fork('courier'))
    this.#world = new World(
      { ...profile, offsetHours: offsetOf(profile.zone, start) },
      random,
      start,
      this.#courier,
    )
    stock(this.#world)
    this.#traffic = new Traffic(this.#world)
    this.#planned = start
  }

  /** Advances to `until` and yields what arrives meanwhile, in order. */
  *arrivals(until: Seconds): Generator<Arrival> {
    const world = this.#world
    while (world.now < until) {
      if (this.#planned <= world.now) {
        this.#traffic.hour(this.#planned)
        this.#planned += HOUR
      }
      yield* world.advance(Math.min(this.#planned, until))
    }
  }

  /** Starts an incident. */
  begin({ incident, staged }: Act): void {
    const world = this.#world
    const at = world.now
    if (staged === undefined) incident.live?.({ world, since: at - PAST, at, pace: PACE })
    else incident.stage({ world, courier: this.#courier, strength: staged, at, label: () => {} })
  }
}
