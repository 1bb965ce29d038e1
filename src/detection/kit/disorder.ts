import { HOUR, MINUTE, type Seconds } from '../../time.ts'

/**
 * Within this long of the newest delivery the order of arrival changes nothing: timers stay behind by it, so that what
 * is noticed by absence or by the hour always sees everything of its time (README.md, "Delivery and disorder").
 */
export const DISORDER: Seconds = 15 * MINUTE

/** Facts later than this are kept from rate detectors: their hours have been learned. Detectors per object still see them. */
export const TOO_LATE: Seconds = 72 * HOUR
