/** How far back one looks, by its name in the URL. */
export const SPANS = {
  day: { words: 'Last 24 hours', days: 1, interval: 'HOUR' },
  week: { words: 'Last 7 days', days: 7, interval: 'HOUR' },
  month: { words: 'Last 28 days', days: 28, interval: 'DAY' },
  quarter: { words: 'Last 90 days', days: 90, interval: 'DAY' },
} as const

export type SpanName = keyof typeof SPANS

const NAMES = ['day', 'week', 'month', 'quarter'] as const satisfies readonly SpanName[]

/** @param search the part of a URL after `?` */
export const parseSpan = (search: string): SpanName => {
  const said = new URLSearchParams(search).get('span')
  return NAMES.find((name) => name === said) ?? 'week'
}

export const SPAN_CHOICES = NAMES.map((name) => [name, SPANS[name].words] as const)
