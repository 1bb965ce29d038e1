import { DAY, HOUR, type Seconds } from '../../src/time.ts'

/** Times at which things happen. All chance comes from a seed. */

/** Monday 2025-03-03 00:00 UTC. */
export const MONDAY: Seconds = 1_740_960_000

/** A seeded generator of numbers in [0, 1). */
export type Random = () => number

/** Small fast counting generator: passes the usual tests of randomness, unlike a plain congruential one. */
export function seeded(seed: number): Random {
  let [a, b, c, d] = [0x9e3779b9 ^ seed, 0x243f6a88, 0xb7e15162 + seed, 1]
  const draw = (): number => {
    const sum = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 4_294_967_296
  }
  for (let i = 0; i < 20; i++) draw()
  return draw
}

/** Times of a Poisson stream whose rate per hour is given for each hour, in order. */
export function arrivals(
  from: Seconds,
  to: Seconds,
  perHour: (at: Seconds) => number,
  random: Random,
): Seconds[] {
  const times: Seconds[] = []
  for (let hour = from; hour < to; hour += HOUR) {
    const rate = perHour(hour)
    for (let within = gap(rate, random); within < HOUR; within += gap(rate, random))
      if (hour + within < to) times.push(Math.floor(hour + within))
  }
  return times
}

const gap = (perHour: number, random: Random): number =>
  perHour <= 0 ? Number.POSITIVE_INFINITY : (-Math.log(1 - random()) * HOUR) / perHour

/** Evenly spread times. */
export const every = (from: Seconds, step: Seconds, number: number): Seconds[] =>
  Array.from({ length: number }, (_, i) => from + i * step)

/** A day with a night: the average hour is `perDay` / 24. */
export const daily =
  (perDay: number, weekend = 1) =>
  (at: Seconds): number => {
    const hour = Math.floor(at / HOUR) % 24
    const weekday = (Math.floor(at / DAY) + 4) % 7
    const course = 1 + 0.8 * Math.cos(((hour - 15) / 24) * 2 * Math.PI)
    return (perDay / 24) * course * (weekday === 0 || weekday === 6 ? weekend : 1)
  }
