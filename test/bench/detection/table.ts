import { renderReport } from '../part.ts'
import type { Figures, Kind } from './figures.ts'
import { type Bars, isJudged, meets, type Target } from './targets.ts'

const shown = (value: number | undefined): string =>
  value === undefined ? '–' : Number.isInteger(value) ? String(value) : value.toFixed(value < 0.1 ? 3 : 2)

const shownBar = ({ bar, good }: Target): string => `${good === 'above' ? '≥' : '≤'} ${shown(bar)}`

const verdict = (value: number | undefined, target: Target): string =>
  value === undefined ? '' : meets(value, target) ? 'ok' : 'MISSED'

const isGood = (kind: Kind, bars: Bars): boolean => {
  const { recall, precision, delayHours } = bars.kind(kind.detector)
  return meets(kind.recall, recall) && meets(kind.precision, precision) && meets(kind.delayHours, delayHours)
}

/** The figures beside their targets and the baseline's, as text. */
export function renderFigures(ours: Figures, original: Figures, bars: Bars): string {
  const overall = renderReport({
    title: `${ours.tenants} tenants, ${shown(ours.tenantWeeks)} tenant-weeks, ${ours.labels} labelled incidents`,
    columns: ['figure', 'reached', 'target', '', 'fixed thresholds'],
    rows: bars.overall.map(({ name, target, value }) => [
      name,
      shown(value(ours)),
      shownBar(target),
      verdict(value(ours), target),
      shown(value(original)),
    ]),
    data: null,
    notes: [
      'fixed thresholds: the rules of the original, the same for every tenant, mended so that they can fire at all',
    ],
  })
  const kinds = renderReport({
    title: 'By kind',
    columns: [
      'detector',
      'labels',
      'recall',
      'target',
      'precision',
      'target',
      'wrong',
      'delay h',
      'target',
      '',
      'fixed: recall',
      'wrong',
    ],
    rows: ours.kinds.map((kind) => {
      const { recall, precision, delayHours } = bars.kind(kind.detector)
      const fixed = original.kinds.find(({ detector }) => detector === kind.detector)
      return [
        kind.detector,
        String(kind.labels),
        shown(kind.recall),
        shownBar(recall),
        shown(kind.precision),
        shownBar(precision),
        String(kind.falseAlarms),
        shown(kind.delayHours),
        shownBar(delayHours),
        !isJudged(kind, bars) ? 'few' : isGood(kind, bars) ? 'ok' : 'MISSED',
        shown(fixed?.recall),
        String(fixed?.falseAlarms ?? 0),
      ]
    }),
    data: null,
    notes: [
      'wrong: false alarms and repeats; delay: the median from the true begin to being told, in event time',
    ],
  })
  return `${overall}\n${kinds}`
}

/** Whether every target is met. */
export const allMet = (figures: Figures, bars: Bars): boolean =>
  bars.overall.every(({ target, value }) => meets(value(figures), target)) &&
  figures.kinds.every((kind) => !isJudged(kind, bars) || isGood(kind, bars))
