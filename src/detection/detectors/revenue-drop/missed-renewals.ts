import type { Seconds } from '../../../time.ts'
import { shortfall } from '../../statistics/deviance.ts'
import { FEWEST, FEWEST_RECOVERED, MARGIN, RECOVERED } from './drops.ts'
import { DAYS_TOGETHER, type Due, lastDays, type Renewals, type Unusable, usualShare } from './renewals.ts'

/** How much the share that is settled varies from day to day beyond chance, and until this many renewals are known. */
const DISPERSION = 0.005
const YOUNG = { dispersion: 0.05, renewals: 30 }
/** No incident is open for longer. */
const MOST_DAYS = 10

/** Renewals that fell due and were not settled, and the evidence that this is no chance, in nats. */
export interface Missed extends Due {
  usual: number
  nats: number
}

/** The last days, of one to three together, with most evidence that renewals did not come. */
export function missedOf(
  renewals: Renewals,
  { now, nats, minDrop, unusable }: { now: Seconds; nats: number; minDrop: number; unusable: Unusable },
): Missed | undefined {
  const share = usualShare(renewals)
  const dispersion = renewals.due < YOUNG.renewals ? YOUNG.dispersion : DISPERSION
  let best: Missed | undefined
  for (const run of lastDays(renewals, now, DAYS_TOGETHER, unusable)) {
    const usual = share * run.expected
    if (usual < FEWEST || run.settled > (1 - minDrop) * usual) continue
    const evidence = shortfall(run.settled, MARGIN * usual, dispersion / run.dueDays)
    if (evidence >= nats && evidence > (best?.nats ?? 0)) best = { ...run, usual, nats: evidence }
  }
  return best
}

/** Since when renewals come as usual again, or that the missing ones have come by now; undefined while neither is so. */
export function recoveredAt(
  renewals: Renewals,
  since: Seconds,
  now: Seconds,
  unusable: Unusable,
): Seconds | undefined {
  const share = usualShare(renewals)
  for (const { from, expected, settled } of lastDays(renewals, now, MOST_DAYS, unusable)) {
    if (from < since) return undefined
    const fewest = from === since ? FEWEST : FEWEST_RECOVERED
    if (share * expected >= fewest && settled >= RECOVERED * share * expected)
      return from === since ? now : from
  }
  return undefined
}
