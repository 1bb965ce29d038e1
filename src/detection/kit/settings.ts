import type { Setting } from '../detector.ts'

type Range = Pick<Setting, 'default' | 'min' | 'max'>

/** Settings, which the tenant may move within their range: a number of things, a share or a multiple, a time. */
export const countOf = (description: string, range: Range): Setting => ({
  description,
  unit: 'COUNT',
  ...range,
})
export const ratioOf = (description: string, range: Range): Setting => ({
  description,
  unit: 'RATIO',
  ...range,
})
export const secondsOf = (description: string, range: Range): Setting => ({
  description,
  unit: 'SECONDS',
  ...range,
})

/** The one setting that every rate detector has: its thresholds follow from it. */
export const falseAlarmsPerYear = countOf(
  'How many false alarms of this kind you accept in a year; the fewer, the surer an alarm must be.',
  { default: 0.5, min: 0.05, max: 12 },
)
