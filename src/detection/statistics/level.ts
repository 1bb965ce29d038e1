import { deviance, spread } from './deviance.ts'

/** How much whole days vary beyond chance: relative variance. */
export interface Dispersion {
  prior: number
  /** Added until this many days are known. */
  young: number
  youngDays: number
  /** Never taken for less: ordinary days of any business differ, holidays among them. */
  floor: number
}

/** The level of one series: units a day of average weekday, and how far whole days stray from it. Plain data. */
export interface Level {
  /** Faded day totals, and faded weekday factors of those days. */
  totals: number
  days: number
  /** Learned days ever. */
  learned: number
  /** Relative variance of day totals, and the weight it stands for in days. */
  c2: number
  weight: number
  /** Days in a row that were far above (positive) or far below (negative) the usual. */
  odd: number
}

export interface DayTotal {
  total: number
  /** The weekday's factor. */
  weekday: number
  /** Size of a unit: 1 for plain counts. */
  unit: number
  /** Part of the day that is known, 0 to 1. */
  coverage: number
  /** Hours that were replaced by the usual because an incident was going on. */
  replaced: number
}

const FADE = 0.5 ** (1 / 7)
/** From then on a day is judged by what is known before it is learned. */
export const SETTLED_DAYS = 7
const C2_DAYS = 14
const C2_MAX = 0.6
/** A day more than this many nats off, and by more than a half up or 40% down, is odd. */
const ODD_NATS = 6
const ODD_WEIGHT = 0.1
/** After this many odd days in a row the next is the new course. A young one that falls has begun in a special time. */
const ODD_DAYS = 4
const YOUNG_LOW_DAYS = 1
/** A day that was mostly incident says next to nothing. */
const REPLACED_HOURS = 18
const REPLACED_WEIGHT = 0.02

export const newLevel = ({ prior }: Dispersion): Level => ({
  totals: 0,
  days: 0,
  learned: 0,
  c2: prior,
  weight: 3,
  odd: 0,
})

/** Units an average day. */
export const perDay = ({ totals, days }: Level): number => (totals + 0.02) / (days + 0.1)

export const dispersionOf = ({ c2, learned }: Level, { young, youngDays, floor }: Dispersion): number =>
  Math.max(floor, Math.min(C2_MAX, c2 + (learned < youngDays ? young : 0)))

/**
 * Learns one day's total.
 * @returns what was learned of it (clipped towards the usual) and with what weight
 */
export function learnDay(
  level: Level,
  dispersion: Dispersion,
  day: DayTotal,
): { total: number; weight: number } {
  const { unit, coverage, replaced, weekday } = day
  const usual = perDay(level) * weekday
  let weight = coverage * (replaced >= REPLACED_HOURS ? REPLACED_WEIGHT : 1)
  let total = day.total
  if (level.learned >= SETTLED_DAYS) {
    const c2 = dispersionOf(level, dispersion)
    if (replaced === 0) level.odd = oddRun(level.odd, total, usual, c2, unit)
    const daysNeeded = level.odd < 0 && level.learned < C2_DAYS ? YOUNG_LOW_DAYS : ODD_DAYS
    if (Math.abs(level.odd) <= daysNeeded) {
      const reach = 3 * spread(usual, c2, unit)
      total = Math.min(Math.max(total, usual - reach), usual + reach + 2 * unit)
      if (level.odd !== 0 && replaced === 0) weight *= ODD_WEIGHT
    }
    if (replaced === 0 && coverage === 1 && level.learned >= C2_DAYS)
      learnDispersion(level, day.total, usual, unit)
  }
  level.learned += 1
  addTotal(level, total, weekday, weight)
  return { total, weight }
}

/** Adds a day to the faded sums. */
export function addTotal(level: Level, total: number, weekday: number, weight: number): void {
  const fade = FADE ** weight
  level.totals = level.totals * fade + weight * total
  level.days = level.days * fade + weight * weekday
}

/** Makes `ratio` times the level the usual one. */
export function scaleLevel(level: Level, ratio: number): void {
  level.totals = Math.max(0, (level.totals + 0.02) * ratio - 0.02)
  level.odd = 0
}

function oddRun(run: number, total: number, usual: number, c2: number, unit: number): number {
  const isOdd =
    (total > 1.5 * usual || total < 0.6 * usual) && deviance(total / unit, usual / unit, c2) > ODD_NATS
  if (!isOdd) return 0
  const direction = total > usual ? 1 : -1
  return run * direction > 0 ? run + direction : direction
}

function learnDispersion(level: Level, total: number, usual: number, unit: number): void {
  const raw = ((total - usual) ** 2 - unit * usual) / (usual * usual)
  const strayed = Math.min(Math.max(raw, -level.c2), 3 * level.c2)
  const weight = Math.min(1, usual / 10)
  level.c2 = (level.c2 * level.weight + strayed * weight) / (level.weight + weight)
  level.weight = Math.min(25, level.weight + weight)
}
