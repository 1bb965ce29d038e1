import { HOUR, type Seconds } from '../../../time.ts'
import { excess } from '../../statistics/deviance.ts'
import type { Occasion } from '../../statistics/habits.ts'
import { hourOf } from '../../statistics/hours.ts'
import { type Course, paceIn } from './course.ts'

/** As long as a late refund may still come into an hour. */
const DELAY: Seconds = 72 * HOUR
/** Mean batch before it is known, and over how many refunds it is learned. */
const PRIOR = { size: 1.5, refunds: 20 }
const MEMORY = 2_000
/** Fewer refunds in an hour are no pile, and chance brings a pile about once in a year of hours. */
const PILE = { refunds: 4, nats: 9 }

/**
 * How many refunds come in one go where somebody works through a pile of them: the more, the less a few hours say.
 * Plain data.
 */
export interface Batches {
  /** The next hour to be learned; 0 before the first. */
  next: number
  refunds: number
  /** Σ over refunds of how many came in their hour beyond the usual, themselves with them. */
  companions: number
}

export const newBatches = (): Batches => ({ next: 0, refunds: 0, companions: 0 })

/**
 * Learns what is old enough, without the hours of incidents.
 * @returns the piles in it: too few to be an incident, they may be the first of a habit
 */
export function learnBatches(batches: Batches, course: Course, now: Seconds): Occasion[] {
  const { season } = course
  const piles: Occasion[] = []
  const to = hourOf(now - DELAY)
  for (let hour = Math.max(batches.next, to - 24); hour < to; hour += 1) {
    const refunds = season.hours.at(hour)
    if (refunds === 0 || season.isTroubled(hour)) continue
    batches.refunds += refunds
    batches.companions += refunds * Math.max(1, refunds - season.usual(hour))
    const usual = paceIn(course, { from: hour, to: hour + 1, now })
    if (refunds >= PILE.refunds && excess(refunds, usual, season.dispersion) >= PILE.nats)
      piles.push({ from: hour * HOUR, to: (hour + 1) * HOUR, signs: refunds, exposure: 1 })
  }
  batches.next = Math.max(batches.next, to)
  if (batches.refunds > MEMORY) {
    batches.refunds /= 2
    batches.companions /= 2
  }
  return piles
}

/** The mean batch that a refund is in; 1 where each comes by itself. */
export const batchSize = ({ refunds, companions }: Batches): number =>
  (PRIOR.size * PRIOR.refunds + companions) / (PRIOR.refunds + refunds)
