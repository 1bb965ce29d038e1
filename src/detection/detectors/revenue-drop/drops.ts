import type { Seconds } from '../../../time.ts'
import { shortfall, spread } from '../../statistics/deviance.ts'
import { type Seen, type Stretch, stretches, type Takings } from './takings.ts'

/** Hours that are looked at together. */
export const WINDOWS = [6, 12, 24, 48, 72] as const
/** Windows in which the size of payments is judged by itself: it varies less from day to day than their number does. */
export const SIZE_WINDOWS: readonly number[] = [12, 24]
const SIZE_DISPERSION = 0.02
/** The window, and the days before it that say whether trade has been going down. */
const DECLINE_HOURS = 96
/** A window with less than this many units' worth usual says nothing. */
export const FEWEST = 5
/** A recovery is shown by no window with less than this many units' worth usual, and by this part of the usual. */
export const FEWEST_RECOVERED = 8
export const RECOVERED = 0.85
/** A little less than usual is not odd yet. */
export const MARGIN = 0.88

/** A window in which less came than is usual, and the evidence for it in nats. */
export interface Drop extends Stretch {
  name: string
  takings: Takings
  nats: number
}

interface Look extends Seen {
  nats: number
  now: Seconds
  minDrop: number
}

/** The window with most evidence of those that pass every bar. */
export function dropOf(takings: Takings, name: string, look: Look): Drop | undefined {
  const { size, nats, now, minDrop } = look
  const { dispersion } = takings.season
  let best: Drop | undefined
  const seen = stretches(takings, now, [...WINDOWS, DECLINE_HOURS], look)
  const fourDays = seen.find(({ hours }) => hours === DECLINE_HOURS)
  for (const window of seen) {
    const { units, hours } = window
    if (hours === DECLINE_HOURS) continue
    const usual = Math.min(takings.lasting, declined(window, fourDays, size, dispersion)) * window.usual
    if (usual < FEWEST * size || units > (1 - minDrop) * usual) continue
    const whole = shortfall(units / size, (MARGIN * usual) / size, dispersion * Math.min(1, 24 / hours))
    const evidence = SIZE_WINDOWS.includes(hours) ? Math.max(whole, smaller(window, size)) : whole
    if (evidence >= nats && evidence > (best?.nats ?? 0))
      best = { ...window, name, takings, usual, nats: evidence }
  }
  return best
}

/**
 * How much of the usual came in the days before the window, at most 1, and as far as it is below what chance explains.
 * The usual is learned days late: where trade goes down little by little, as a season ends, those days are what the
 * next one is measured by.
 */
function declined(window: Stretch, all: Stretch | undefined, size: number, dispersion: number): number {
  if (all === undefined) return 1
  const usual = all.usual - window.usual
  const units = all.units - window.units
  return usual < FEWEST * size ? 1 : Math.min(1, (units + spread(usual, dispersion / 2, size)) / usual)
}

/** Evidence that the payments that came are smaller than usual. */
const smaller = ({ units, payments }: Stretch, size: number): number =>
  shortfall(units / size, (MARGIN * payments) / size, SIZE_DISPERSION)
