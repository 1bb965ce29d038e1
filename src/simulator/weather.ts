import type { Seconds } from '../time.ts'
import type { Decline } from './entities.ts'

/** What is different for a while. Factors multiply; of several fronts that name a decline the newest holds. */
export interface Front {
  from: Seconds
  to: Seconds
  /** How many people come to pay. */
  volume?: number
  /** What they pay. */
  prices?: number
  /** How many ask for their money back. */
  refunds?: number
  disputes?: number
  /** Chance that a first try to pay fails, in place of the tenant's own. */
  declineRate?: number
  /** How those fail, in place of everyday's mix. */
  declineAs?: readonly Decline[]
}

export interface Conditions {
  volume: number
  prices: number
  refunds: number
  disputes: number
  declineRate: number | undefined
  declineAs: readonly Decline[] | undefined
}

const FAIR: Conditions = {
  volume: 1,
  prices: 1,
  refunds: 1,
  disputes: 1,
  declineRate: undefined,
  declineAs: undefined,
}

/** The fronts that pass over one simulated account. */
export class Weather {
  #fronts: Front[] = []

  add(front: Front): void {
    this.#fronts.push(front)
  }

  /** Drops what has passed. */
  forget(before: Seconds): void {
    if (this.#fronts.some(({ to }) => to <= before)) {
      this.#fronts = this.#fronts.filter(({ to }) => to > before)
    }
  }

  at(moment: Seconds): Conditions {
    let conditions = FAIR
    for (const front of this.#fronts) {
      if (moment < front.from || moment >= front.to) continue
      conditions = {
        volume: conditions.volume * (front.volume ?? 1),
        prices: conditions.prices * (front.prices ?? 1),
        refunds: conditions.refunds * (front.refunds ?? 1),
        disputes: conditions.disputes * (front.disputes ?? 1),
        declineRate: front.declineRate ?? conditions.declineRate,
        declineAs: front.declineRate === undefined ? conditions.declineAs : front.declineAs,
      }
    }
    return conditions
  }

  /** The greatest volume that any moment of the span can have. */
  peak(from: Seconds, to: Seconds): number {
    let peak = 1
    for (const front of this.#fronts) {
      if (front.from < to && front.to > from) peak *= Math.max(1, front.volume ?? 1)
    }
    return peak
  }
}
