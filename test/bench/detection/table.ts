import { renderReport } from '../part.ts'
import type { Figures } from './figures.ts'
import { isJudged, meets, OVERALL, type Target, targetsOf } from './targets.ts'

const shown = (value: number | undefined): string =>
  value === undefined ? '–' : Number.isInteger(value) ? String(value) : value.toFixed(value < 0.1 ? 3 : 2)

const bar = (target: Target, quick: boolean): string =>
  `${target.good === 'above' ? '≥' : '≤'} ${shown(quick ? target.quick : target.pooled)}`

const verdict = (value: number | undefined, target: Target, quick: boolean): string =>
  value === undefined ? '' : meets(value, target, quick) ? 'ok' : 'MISSED'

/** The figures beside their targets and the baseline's, as text. */
export function renderFigures(ours: Figures, original: Figures, quick: boolean): string {
  const overall = renderReport({
    title: `${ours.tenants} tenants, ${shown(ours.tenantWeeks)} tenant-weeks, ${ours.labels} labelled incidents`,
    columns: ['figure', 'reached', 'target', '', 'fixed thresholds'],
    rows: OVERALL.map(({ name, target, value }) => [
      name,
      shown(value(ours)),
      bar(target, quick),
      verdict(value(ours), target, quick),
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
      const { recall, precision, delayHours } = targetsOf(kind.detector)
      const fixed = original.kinds.find(({ detector }) => detector === kind.detector)
      const good =
        meets(kind.recall, recall, quick) &&
        meets(kind.precision, precision, quick) &&
        meets(kind.delayHours, delayHours, quick)
      return [
        kind.detector,
        String(kind.labels),
        shown(kind.recall),
        bar(recall, quick),
        shown(kind.precision),
        bar(precision, quick),
        String(kind.falseAlarms),
        shown(kind.delayHours),
        bar(delayHours, quick),
        !isJudged(kind, quick) ? 'few' : good ? 'ok' : 'MISSED',
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
export const allMet = (figures: Figures, quick: boolean): boolean =>
  OVERALL.every(({ target, value }) => meets(value(figures), target, quick)) &&
  figures.kinds.every((kind) => {
    const targets = targetsOf(kind.detector)
    return (
      !isJudged(kind, quick) ||
      (meets(kind.recall, targets.recall, quick) &&
        meets(kind.precision, targets.precision, quick) &&
        meets(kind.delayHours, targets.delayHours, quick))
    )
  })
