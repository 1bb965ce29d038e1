import { HOUR, type Seconds } from '../../time.ts'
import { PackedFloats } from './packed.ts'

/** Enough for a window of 72 hours, the day it begins in, and the half day that learning waits. */
export const OPEN_HOURS = 108

/** Number of the hour since 1970 that a time lies in. */
export const hourOf = (at: Seconds): number => Math.floor(at / HOUR)

/** The next full hour after `at`. */
export const nextHour = (at: Seconds): Seconds => (hourOf(at) + 1) * HOUR

/** Sums of the newest hours, each by the hour of its facts, so that the order they come in changes nothing. */
export class HourSlots {
  /** The newest hour that was added to; 0 before the first. */
  private newest: number
  private readonly slots: PackedFloats

  constructor(stored?: HourSlots) {
    this.newest = stored?.newest ?? 0
    this.slots = new PackedFloats(OPEN_HOURS, stored?.slots)
  }

  /** Adds to an hour; false if that hour is too old to be open. */
  add(hour: number, amount: number): boolean {
    if (hour <= this.newest - OPEN_HOURS) return false
    const slots = this.slots.change()
    if (hour > this.newest) {
      const first = Math.max(this.newest + 1, hour - OPEN_HOURS + 1)
      for (let empty = first; empty <= hour; empty++) slots[empty % OPEN_HOURS] = 0
      this.newest = hour
    }
    const slot = hour % OPEN_HOURS
    slots[slot] = (slots[slot] ?? 0) + amount
    return true
  }

  /** The sum of an hour; 0 where nothing was added, and for hours that are not open any more. */
  at(hour: number): number {
    if (hour > this.newest || hour <= this.newest - OPEN_HOURS) return 0
    return this.slots.read()[hour % OPEN_HOURS] ?? 0
  }

  /** The sum of the hours in [from, to). */
  between(from: number, to: number): number {
    let sum = 0
    const end = Math.min(to, this.newest + 1)
    for (let hour = Math.max(from, this.newest - OPEN_HOURS + 1); hour < end; hour++) sum += this.at(hour)
    return sum
  }
}
