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
  const { severity, isKnown } = standing
  switch (act.kind) {
    case 'ANOMALY_RAISED':
      return 'RAISED'
    case 'ANOMALY_UPDATED':
      if (severity !== undefined) return anomaly.severity > severity ? 'ESCALATED' : 'UPDATED'
      // An anomaly below the least severity is reported once it grows over it.
      return isKnown ? 'ESCALATED' : undefined
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
      return wakingReason(anomaly, standing, endedByGrowth(act))
    case 'ANOMALY_ACT_UNDONE':
      return undoingReason(anomaly, standing)
    default:
      return undefined
  }
}

const endedByGrowth = ({ data }: Act): boolean => {
  const parsed: unknown = JSON.parse(data ?? 'null')
  return typeof parsed === 'object' && parsed !== null && 'reason' in parsed && parsed.reason === 'GROWTH'
}

/** Growth is always news; otherwise what was never reported is, and what is worse than was reported. */
function wakingReason(
  anomaly: Anomaly,
  { severity, isKnown, untried }: Standing,
  hasGrown: boolean,
): AnomalyReason | undefined {
  if (severity === undefined) {
    if (!isKnown || isOver(anomaly)) return undefined
    return hasGrown ? 'ESCALATED' : 'RAISED'
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
