import type { Figures, Kind } from './figures.ts'

/** What a figure must reach. */
export interface Target {
  bar: number
  /** Which side of it is good. */
  good: 'above' | 'below'
}

const least = (bar: number): Target => ({ bar, good: 'above' })
const most = (bar: number): Target => ({ bar, good: 'below' })

export interface KindTargets {
  recall: Target
  precision: Target
  delayHours: Target
}

/** The targets of one run: of a world, over several seeds or in a quick run of one. */
export interface Bars {
  overall: readonly { name: string; target: Target; value: (figures: Figures) => number | undefined }[]
  /** Kinds with fewer incidents than this are not judged by themselves. */
  fewest: number
  kind(detector: string): KindTargets
}

interface Numbers {
  precision: number
  gross: number
  clear: number
  subtle: number
  aWeek: number
  aQuietWeek: number
  endings: number
  high: number
  kindRecall: number
  kindPrecision: number
  dropRecall: number
  dropPrecision: number
  delayTimes: number
  fewest: number
}

const POOLED: Numbers = {
  precision: 0.97,
  gross: 0.98,
  clear: 0.97,
  subtle: 0.95,
  aWeek: 0.03,
  aQuietWeek: 0.02,
  endings: 0.95,
  high: 0.97,
  kindRecall: 0.92,
  kindPrecision: 0.93,
  dropRecall: 0.7,
  dropPrecision: 0.8,
  delayTimes: 1,
  fewest: 0,
}

const QUICK: Numbers = {
  precision: 0.94,
  gross: 0.92,
  clear: 0.92,
  subtle: 0.86,
  aWeek: 0.12,
  aQuietWeek: 0.08,
  endings: 0.85,
  high: 0.92,
  kindRecall: 0.74,
  kindPrecision: 0.74,
  dropRecall: 0.3,
  dropPrecision: 0.3,
  delayTimes: 1.5,
  fewest: 3,
}

/** Trade with habits is harder to judge; kinds are judged by themselves only where there are enough. */
const SECOND: Numbers = {
  ...POOLED,
  precision: 0.95,
  gross: 0.97,
  clear: 0.93,
  subtle: 0.85,
  endings: 0.9,
  kindRecall: 0.8,
  kindPrecision: 0.8,
  dropPrecision: 0.7,
  delayTimes: 1.5,
  fewest: 3,
}

/** Hours until an incident should have been reported. */
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

const barsFrom = (numbers: Numbers): Bars => ({
  fewest: numbers.fewest,
  overall: [
    { name: 'precision', target: least(numbers.precision), value: ({ precision }) => precision },
    { name: 'recall, gross', target: least(numbers.gross), value: ({ recall }) => recall.gross },
    { name: 'recall, clear', target: least(numbers.clear), value: ({ recall }) => recall.clear },
    { name: 'recall, subtle', target: least(numbers.subtle), value: ({ recall }) => recall.subtle },
    {
      name: 'false alarms a tenant-week',
      target: most(numbers.aWeek),
      value: ({ falseAlarmsAWeek }) => falseAlarmsAWeek,
    },
    {
      name: 'false alarms a quiet tenant-week',
      target: most(numbers.aQuietWeek),
      value: ({ falseAlarmsAWeekQuiet }) => falseAlarmsAWeekQuiet,
    },
    { name: 'endings told in time', target: least(numbers.endings), value: ({ endings }) => endings },
    { name: 'anomalies that explain themselves', target: least(1), value: ({ explained }) => explained },
    {
      name: 'gross incidents rated HIGH or above',
      target: least(numbers.high),
      value: ({ grossRatedHigh }) => grossRatedHigh,
    },
  ],
  kind(detector) {
    const drop = detector === 'REVENUE_DROP'
    return {
      recall: least(drop ? numbers.dropRecall : numbers.kindRecall),
      precision: least(drop ? numbers.dropPrecision : numbers.kindPrecision),
      delayHours: most(numbers.delayTimes * (DELAYS[detector] ?? Number.POSITIVE_INFINITY)),
    }
  },
})

export const barsOf = (world: 'first' | 'second', quick: boolean): Bars =>
  barsFrom(quick ? QUICK : world === 'second' ? SECOND : POOLED)

/** A figure that could not be taken misses nothing. */
export const meets = (value: number | undefined, { bar, good }: Target): boolean =>
  value === undefined || (good === 'above' ? value >= bar : value <= bar)

export const isJudged = ({ labels }: Kind, { fewest }: Bars): boolean => labels >= fewest
