import { toDate } from '../time.ts'
import type { Zone } from './zone.ts'

/** A day of some zone's calendar, before it is known of which. */
export class LocalDay {
  /** @param day since 1970-01-01 */
  constructor(readonly day: number) {}
}

/** A moment, or the first one of a day. */
export const momentIn = (zone: Zone, given: Date | LocalDay): Date =>
  given instanceof Date ? given : toDate(zone.startOf(given.day))
