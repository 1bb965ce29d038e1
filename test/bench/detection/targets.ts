import type { Figures, Kind } from './figures.ts'

/** What must hold over several seeds, and in a quick run of one. */
export interface Target {
  pooled: number
  quick: number
  /** Which side of it is good. */
  good: 'above' | 'below'
}

const least = (pooled: number, quick: number): Target => ({ pooled, quick, good: 'above' })
const most = (pooled: number, quick: number): Target => ({ pooled, quick, good: 'below' })

/** Of DETECTION.md, section 6. */
export const OVERALL: readonly {
  name: string
  target: Target
  value: (figures: Figures) => number | undefined
}[] = [
  { name: 'precision', target: least(0.97, 0.94), value: ({ precision }) => precision },
  { name: 'recall, gross', target: least(0.98, 0.92), value: ({ recall }) => recall.gross },
  { name: 'recall, clear', target: least(0.97, 0.92), value: ({ recall }) => recall.clear },
  { name: 'recall, subtle', target: least(0.95, 0.86), value: ({ recall }) => recall.subtle },
  {
    name: 'false alarms a tenant-week',
    target: most(0.03, 0.12),
    value: (figures) => figures.falseAlarmsAWeek,
  },
  {
    name: 'false alarms a quiet tenant-week',
    target: most(0.02, 0.08),
    value: (figures) => figures.falseAlarmsAWeekQuiet,
  },
  { name: 'endings told in time', target: least(0.95, 0.85), value: ({ endings }) => endings },
  { name: 'anomalies that explain themselves', target: least(1, 1), value: ({ explained }) => explained },
  {
    name: 'gross incidents rated HIGH or above',
    target: least(0.97, 0.92),
    value: ({ grossRatedHigh }) => grossRatedHigh,
  },
]

/** Hours; a quick run may take half as long again. */
const DELAYS: Readonly<Record<string, number>> = {
  CHARGE_FAILURE_SPIKE: 12,
  DUPLICATE_CHARGE: 0.25,
  FRAUD_SPIKE: 36,
  NEGATIVE_INVOICE: 1.5,
  REVENUE_DROP: 30,
  SILENT_LAPSE: 80,
  WEBHOOK_LAG: 8,
  CURRENCY_MISMATCH: 0.5,
  TIMEZONE_BILLING_ERROR: 1,
  PLAN_DOWNGRADE: 2,
  CARD_TESTING: 1,
  REFUND_SPIKE: 16,
}

export interface KindTargets {
  recall: Target
  precision: Target
  delayHours: Target
}

export function targetsOf(detector: string): KindTargets {
  const delay = DELAYS[detector] ?? Number.POSITIVE_INFINITY
  const drop = detector === 'REVENUE_DROP'
  return {
    recall: drop ? least(0.7, 0.3) : least(0.92, 0.74),
    precision: drop ? least(0.8, 0.3) : least(0.93, 0.74),
    delayHours: most(delay, 1.5 * delay),
  }
}

/** A figure that could not be taken misses nothing. */
export function meets(value: number | undefined, target: Target, quick: boolean): boolean {
  if (value === undefined) return true
  const bar = quick ? target.quick : target.pooled
  return target.good === 'above' ? value >= bar : value <= bar
}

/** In a quick run kinds with fewer than three incidents are not judged by themselves. */
export const isJudged = ({ labels }: Kind, quick: boolean): boolean => !quick || labels >= 3
