import { MINUTE, type Seconds } from '../time.ts'

/** Of the newest events deliveries are still under way, and Stripe's own list may lag. */
export const SETTLED: Seconds = 15 * MINUTE
