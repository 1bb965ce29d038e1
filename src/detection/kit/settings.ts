/** The one setting that every rate detector has: its thresholds follow from it. */
export const falseAlarmsPerYear = {
  description:
    'How many false alarms of this kind you accept in a year; the fewer, the surer an alarm must be.',
  unit: 'COUNT',
  default: 0.5,
  min: 0.05,
  max: 12,
} as const
