import type { Point } from '../../ui/chart/series.ts'
import type { Figure } from './documents.ts'

/** One quantity over time. */
export interface Line {
  name: string
  unit: 'COUNT' | 'RATIO' | 'MONEY'
  points: readonly Point[]
}

/** What is charted, each currency by itself: amounts of several are never added. */
export function linesOf(figures: readonly Figure[]): Line[] {
  const line = (name: string, unit: Line['unit'], value: (figure: Figure) => number): Line => ({
    name,
    unit,
    points: figures.map((figure) => ({
      at: figure.at,
      observed: value(figure),
      expected: null,
      lower: null,
      upper: null,
    })),
  })
  const inCurrency = (kind: 'revenue' | 'refunds', currency: string) => (figure: Figure) =>
    Number(figure[kind].find((amount) => amount.currency === currency)?.decimal ?? 0)
  return [
    line('Successful charges', 'COUNT', ({ chargesSucceeded }) => chargesSucceeded),
    line('Share of charges that fail', 'RATIO', ({ failureRate }) => failureRate ?? 0),
    ...currenciesOf(figures, 'revenue').map((currency) =>
      line(`Revenue, ${currency}`, 'MONEY', inCurrency('revenue', currency)),
    ),
    ...currenciesOf(figures, 'refunds').map((currency) =>
      line(`Refunds, ${currency}`, 'MONEY', inCurrency('refunds', currency)),
    ),
    line('Disputes', 'COUNT', ({ disputes }) => disputes),
  ]
}

/** A tenant may charge in dozens: those with the most to show. */
const MOST = 4

function currenciesOf(figures: readonly Figure[], kind: 'revenue' | 'refunds'): string[] {
  const seen = new Map<string, number>()
  for (const figure of figures)
    for (const { currency } of figure[kind]) seen.set(currency, (seen.get(currency) ?? 0) + 1)
  return [...seen]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST)
    .map(([currency]) => currency)
}
