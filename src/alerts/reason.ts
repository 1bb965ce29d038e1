import { z } from 'zod'
import { SEVERITIES } from '../detection/detector.ts'
import type { Anomaly } from '../generated/sqlite/client.ts'
import type { ActivityKind } from '../storage/activity.ts'
import { isOver } from './conversation.ts'
import type { AnomalyReason } from './message.ts'
import type { Act, Standing } from './standing.ts'

/** Acts on anomalies that people may hear of. */
export const ALERTING_KINDS = [
  'ANOMALY_RAISED',
  'ANOMALY_UPDATED',
  'ANOMALY_ENDED',
  'ANOMALY_REOPENED',
  'ANOMALY_ACKNOWLEDGED',
  'ANOMALY_RESOLVED',
  'ANOMALY_MARKED_FALSE_POSITIVE',
  'ANOMALY_SNOOZED',
  'ANOMALY_UNSNOOZED',
  'ANOMALY_ACT_UNDONE',
] as const satisfies readonly ActivityKind[]

/** What an act means for those who hear of the anomaly; undefined: nothing. */
export function reasonOf(act: Act, anomaly: Anomaly, standing: Standing): AnomalyReason | undefined {
  const { severity, isKnown, wentOn } = standing
  switch (act.kind) {
    case 'ANOMALY_RAISED':
      return 'RAISED'
    case 'ANOMALY_UPDATED':
      // What is over gets nobody up, however bad it turns out to have been.
      if (!wentOn) return severity === undefined ? undefined : 'UPDATED'
      if (severity !== undefined) return anomaly.severity > severity ? 'ESCALATED' : 'UPDATED'
      // An anomaly below the least severity is reported once it grows over it; one from before the channel once it grows.
      return isKnown || isGrowth(act) ? 'ESCALATED' : undefined
    case 'ANOMALY_ENDED':
      return 'ENDED'
    case 'ANOMALY_REOPENED':
      return 'REOPENED'
    case 'ANOMALY_ACKNOWLEDGED':
      return 'ACKNOWLEDGED'
    case 'ANOMALY_RESOLVED':
    case 'ANOMALY_MARKED_FALSE_POSITIVE':
      return 'RESOLVED'
    case 'ANOMALY_UNSNOOZED':
      return wakingReason(anomaly, standing, isGrowth(act))
    case 'ANOMALY_ACT_UNDONE':
      return undoingReason(anomaly, standing)
    default:
      return undefined
  }
}

const growth = z.union([
  z.object({ reason: z.literal('GROWTH') }),
  z.object({ former: z.object({ severity: z.enum(SEVERITIES) }) }),
])

/** Whether an act says that the anomaly became worse: more severe, or what its snooze was to wait for. */
const isGrowth = ({ data }: Act): boolean => growth.safeParse(JSON.parse(data ?? 'null')).success

/**
 * Growth is always news; otherwise what was never reported is, and what is worse than was reported. Of what is over
 * nothing is: its end was shown while it slept.
 */
function wakingReason(
  anomaly: Anomaly,
  { severity, isKnown, wentOn, untried }: Standing,
  hasGrown: boolean,
): AnomalyReason | undefined {
  if (!wentOn) return undefined
  if (severity === undefined) {
    if (isOver(anomaly)) return undefined
    if (hasGrown) return 'ESCALATED'
    return isKnown ? 'RAISED' : undefined
  }
  const isWorse = hasGrown || anomaly.severity > severity
  // The act of the growth itself may have said so.
  if (isWorse && untried.some(({ reason }) => reason === 'ESCALATED')) return undefined
  return isWorse ? 'ESCALATED' : 'UPDATED'
}

/** What was undone once it was reported is reported by what it leads to. */
function undoingReason(anomaly: Anomaly, standing: Standing): AnomalyReason | undefined {
  const { undone, severity, isKnown } = standing
  switch (undone?.kind) {
    case 'ANOMALY_SNOOZED':
      return wakingReason(anomaly, standing, false)
    case 'ANOMALY_ACKNOWLEDGED':
    case 'ANOMALY_RESOLVED':
    case 'ANOMALY_MARKED_FALSE_POSITIVE':
      if (severity === undefined) return isKnown && !isOver(anomaly) ? 'RAISED' : undefined
      return undone.isReported ? 'REOPENED' : undefined
    case 'ANOMALY_REOPENED':
      if (severity === undefined || !undone.isReported) return undefined
      return undone.status === 'ACKNOWLEDGED' ? 'ACKNOWLEDGED' : 'RESOLVED'
    default:
      return undefined
  }
}
