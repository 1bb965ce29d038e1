import { DAY, HOUR, MINUTE, type Seconds } from '../time.ts'
import type { Random } from './random.ts'
import type { Courier } from './world.ts'

/** A time when delivery itself is in trouble. */
export interface Trouble {
  from: Seconds
  to: Seconds
  /** Share of the events of that time that are held up. */
  share: number
  /** Seconds that one of them is late; until `to` at least, when nothing comes through at all. */
  late: (random: Random, created: Seconds) => Seconds
}

/**
 * The way from Stripe to the webhook on ordinary days: a second or two, sometimes a minute, now and then a retry
 * hours later; a few events arrive again, and a few changes are told by two Event objects.
 */
export class OrdinaryCourier implements Courier {
  readonly #random: Random
  readonly #troubles: Trouble[] = []

  constructor(random: Random) {
    this.#random = random
  }

  add(trouble: Trouble): void {
    this.#troubles.push(trouble)
  }

  delays(created: Seconds): readonly Seconds[] {
    const random = this.#random
    const first = this.#held(created) ?? this.#usual()
    return random.chance(0.004) ? [first, first + Math.round(10 + random.exponential(6 * HOUR))] : [first]
  }

  twins(): boolean {
    return this.#random.chance(0.0005)
  }

  #held(created: Seconds): Seconds | undefined {
    for (const { from, to, share, late } of this.#troubles) {
      if (created >= from && created < to && this.#random.chance(share))
        return Math.round(late(this.#random, created))
    }
    return undefined
  }

  #usual(): Seconds {
    const random = this.#random
    const luck = random.unit()
    if (luck < 0.93) return random.int(0, 2)
    if (luck < 0.99) return random.int(3, 60)
    if (luck < 0.9995) return random.int(MINUTE, 10 * MINUTE)
    return Math.min(2.5 * DAY, Math.round(HOUR + random.exponential(5 * HOUR)))
  }
}
