import { HOUR, type Seconds } from '../time.ts'
import { hourOfDay, weekday } from './calendar.ts'
import type { Business, Profile } from './profile.ts'

/** Business of each local hour, and of each weekday from Sunday on; only their proportions matter. */
const HOURS: Readonly<Record<Business, readonly number[]>> = {
  shop: [4, 2, 1, 1, 1, 2, 4, 8, 12, 16, 18, 20, 22, 20, 18, 18, 19, 21, 24, 28, 30, 26, 16, 9],
  saas: [5, 4, 3, 3, 3, 4, 6, 10, 16, 22, 24, 24, 20, 22, 24, 24, 22, 18, 14, 12, 12, 11, 9, 7],
  b2b: [1, 1, 1, 1, 1, 1, 2, 8, 20, 28, 30, 26, 18, 24, 28, 26, 20, 10, 4, 2, 2, 1, 1, 1],
}
const WEEKDAYS: Readonly<Record<Business, readonly number[]>> = {
  shop: [1.15, 0.95, 0.9, 0.95, 1, 1.05, 1.2],
  saas: [0.7, 1.1, 1.15, 1.15, 1.1, 1, 0.7],
  b2b: [0.12, 1.25, 1.3, 1.3, 1.25, 1.1, 0.12],
}

const normalised = (weights: readonly number[]): number[] => {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length
  return weights.map((weight) => weight / mean)
}

const SHAPES = {
  shop: { hours: normalised(HOURS.shop), weekdays: normalised(WEEKDAYS.shop) },
  saas: { hours: normalised(HOURS.saas), weekdays: normalised(WEEKDAYS.saas) },
  b2b: { hours: normalised(HOURS.b2b), weekdays: normalised(WEEKDAYS.b2b) },
}

/** How busy the next so many hours are against the average; 1 where every day is as busy as the year. */
export function levelOf({ rhythm }: Profile, at: Seconds, hours: number): number {
  if (!rhythm) return 1
  let sum = 0
  for (let hour = 0; hour < hours; hour++) sum += rhythm(at + hour * HOUR)
  return sum / hours
}

/** How busy the hour is against the average one. */
export function busyness({ business, offsetHours, rhythm }: Profile, at: Seconds): number {
  if (rhythm) return rhythm(at)
  const { hours, weekdays } = SHAPES[business]
  return (hours[hourOfDay(at, offsetHours)] ?? 1) * (weekdays[weekday(at, offsetHours)] ?? 1)
}
