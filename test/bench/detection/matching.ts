import type { Label } from '../../../src/simulator/incidents/incident.ts'
import type { Learning } from '../../../src/simulator/trade/business.ts'
import { DAY, HOUR, type Seconds } from '../../../src/time.ts'
import type { Anomaly } from './anomaly.ts'

/** How long after the true end an anomaly may still be the one that is meant. */
const TOLERANCE: Readonly<Record<string, Seconds>> = {
  CHARGE_FAILURE_SPIKE: 3 * HOUR,
  WEBHOOK_LAG: 3 * HOUR,
  CARD_TESTING: 2 * HOUR,
  REVENUE_DROP: 12 * HOUR,
  REFUND_SPIKE: 12 * HOUR,
  FRAUD_SPIKE: 24 * HOUR,
  DUPLICATE_CHARGE: 2 * HOUR,
  CURRENCY_MISMATCH: 2 * HOUR,
  NEGATIVE_INVOICE: 6 * HOUR,
  TIMEZONE_BILLING_ERROR: 6 * HOUR,
  PLAN_DOWNGRADE: 6 * HOUR,
  SILENT_LAPSE: 6 * HOUR,
}

/** More than a customer and one object of theirs: parts of it may be told one by one. */
const MANY = 4

/** One judge's anomalies of one stream against the truth. */
export interface Matching {
  found: { label: Label; anomaly: Anomaly }[]
  missed: Label[]
  /** A label told a second time. */
  repeats: Anomaly[]
  falseAlarms: Anomaly[]
  /** Neither found nor false: parts of a large incident, what a label allows beside itself, a habit's first times. */
  allowed: Anomaly[]
}

const objectsMatch = ({ objects }: Label, { customerId, subjects }: Anomaly): boolean =>
  objects === undefined ||
  (customerId !== null && objects.includes(customerId)) ||
  subjects.some(({ stripeId }) => objects.includes(stripeId))

const inTime = (label: Label, { detectedAt }: Anomaly, tolerance: Seconds): boolean =>
  detectedAt >= label.from - HOUR && detectedAt <= label.to + tolerance

const isAbout = (label: Label, anomaly: Anomaly): boolean =>
  label.detector === anomaly.detector &&
  inTime(label, anomaly, TOLERANCE[label.detector] ?? 0) &&
  objectsMatch(label, anomaly)

const isAllowed = (label: Label, anomaly: Anomaly): boolean =>
  label.alsoAllowed?.includes(anomaly.detector) === true && inTime(label, anomaly, DAY)

/**
 * Assigns each anomaly, oldest first, to the label of its detector, time and objects that is still open. Another for a
 * label that has one is a repeat, except of a part of a large incident; what no label means or allows is a false alarm.
 */
export function matchAnomalies(
  labels: readonly Label[],
  anomalies: readonly Anomaly[],
  learning: readonly Learning[] = [],
): Matching {
  const open = new Set(labels)
  const unknown = learning.map((habit) => ({ ...habit, left: habit.most }))
  const isLearned = ({ detector, detectedAt }: Anomaly): boolean => {
    const habit = unknown.find(
      ({ left, from, to, ...habit }) =>
        left > 0 && habit.detector === detector && detectedAt >= from && detectedAt < to,
    )
    if (habit) habit.left--
    return habit !== undefined
  }
  const matching: Matching = { found: [], missed: [], repeats: [], falseAlarms: [], allowed: [] }
  for (const anomaly of [...anomalies].sort((a, b) => a.detectedAt - b.detectedAt)) {
    const meant = labels.filter((label) => isAbout(label, anomaly))
    const first = meant.find((label) => open.has(label))
    if (first) {
      open.delete(first)
      matching.found.push({ label: first, anomaly })
    } else if (meant.some(({ objects }) => (objects?.length ?? 0) >= MANY)) {
      matching.allowed.push(anomaly)
    } else if (meant.length > 0) {
      matching.repeats.push(anomaly)
    } else if (labels.some((label) => isAllowed(label, anomaly)) || isLearned(anomaly)) {
      matching.allowed.push(anomaly)
    } else {
      matching.falseAlarms.push(anomaly)
    }
  }
  matching.missed = [...open]
  return matching
}
