import type { Opening } from './rhythm.ts'

/** Of each local hour, where people sleep at night and buy from home. */
const ONLINE = [4, 2, 1, 1, 1, 2, 4, 8, 12, 16, 18, 20, 22, 20, 18, 18, 19, 21, 24, 28, 30, 26, 16, 9]

/** Weights of a day that is open from one hour to another, busiest in the middle hours. */
const open = (from: number, to: number, peaks: readonly number[]): number[] =>
  Array.from({ length: 24 }, (_, hour) => (hour < from || hour >= to ? 0 : peaks.includes(hour) ? 2.5 : 1))

const EVERY_DAY = [1.15, 0.95, 0.9, 0.95, 1, 1.05, 1.2]

export const ONLINE_SHOP: Opening = { hours: ONLINE, weekdays: EVERY_DAY, holidays: 0.8 }

/** On the high street: opens at 9, closed on Sundays and holidays. */
export const HIGH_STREET: Opening = {
  hours: open(9, 18, [11, 12, 15, 16]),
  weekdays: [0, 0.9, 0.9, 1, 1.1, 1.2, 1.5],
  holidays: 0,
}

/** In an office: nobody is there at night and at weekends. */
export const OFFICE_HOURS: Opening = {
  hours: open(7, 18, [8, 9, 12, 14]),
  weekdays: [0, 1.1, 1, 1, 1, 0.9, 0],
  holidays: 0,
}

/** In a station or a street: there at any hour, though mostly by day. */
export const AROUND_THE_CLOCK: Opening = {
  hours: open(0, 24, [7, 8, 9, 10, 12, 13, 15, 16, 17]),
  weekdays: [0.6, 1.1, 1.1, 1.1, 1.1, 1.1, 0.7],
  holidays: 0.5,
}

/** Lunch and dinner, closed on Mondays. */
export const RESTAURANT: Opening = {
  hours: open(11, 23, [12, 13, 19, 20, 21]),
  weekdays: [1.3, 0, 0.7, 0.8, 1, 1.4, 1.6],
  holidays: 0,
}

/** Business customers work by day; what is automatic goes on. */
export const BUSINESS_SOFTWARE: Opening = {
  hours: [5, 4, 3, 3, 3, 4, 6, 10, 16, 22, 24, 24, 20, 22, 24, 24, 22, 18, 14, 12, 12, 11, 9, 7],
  weekdays: [0.5, 1.15, 1.2, 1.2, 1.15, 1.1, 0.6],
  holidays: 0.6,
}

/** Entertainment: evenings and weekends, holidays more than other days. */
export const EVENINGS: Opening = {
  hours: [14, 9, 5, 3, 2, 2, 3, 5, 7, 8, 9, 10, 12, 12, 13, 14, 16, 19, 24, 28, 30, 30, 26, 20],
  weekdays: [1.3, 0.9, 0.9, 0.9, 0.95, 1.1, 1.35],
  holidays: 1.2,
}
