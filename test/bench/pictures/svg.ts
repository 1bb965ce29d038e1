import type { Incident } from '../../../src/detection/engine/incident.ts'
import { type Seconds, toDate } from '../../../src/time.ts'

const WIDTH = 720
const HEIGHT = 220
const LEFT = 48
const TOP = 44
const BOTTOM = 28

interface Scale {
  x(at: Seconds): string
  y(value: number): string
}

/** An incident's series with its expected band; the shaded stretch is the incident. Readable on light and dark pages. */
export function draw({ title, series, startedAt, endedAt, lastSeenAt }: Incident): string {
  const from = series[0]?.at ?? 0
  const to = series.at(-1)?.at ?? from + 1
  const top = Math.max(
    1,
    ...series.flatMap(({ observed, upper, expected }) => [observed, upper ?? 0, expected ?? 0]),
  )
  const scale: Scale = {
    x: (at) => (LEFT + ((at - from) / (to - from)) * (WIDTH - LEFT - 12)).toFixed(1),
    y: (value) => (HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM)).toFixed(1),
  }
  const path = (points: readonly string[]): string =>
    points.map((point, index) => `${index === 0 ? 'M' : 'L'}${point}`).join('')
  const line = (pick: (point: (typeof series)[number]) => number): string =>
    path(series.map((point) => `${scale.x(point.at)} ${scale.y(pick(point))}`))
  const upper = series.map(
    ({ at, upper: high, expected }) => `${scale.x(at)} ${scale.y(high ?? expected ?? 0)}`,
  )
  const lower = [...series]
    .reverse()
    .map(({ at, lower: low, expected }) => `${scale.x(at)} ${scale.y(low ?? expected ?? 0)}`)
  const begin = Math.max(from, startedAt)
  const end = Math.min(to, Math.max(endedAt ?? lastSeenAt, begin + 3_600))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${LEFT}" y="24" font-size="15" font-weight="600" fill="#111">${escaped(title)}</text>`,
    `<rect x="${scale.x(begin)}" y="${TOP}" width="${Math.max(2, Number(scale.x(end)) - Number(scale.x(begin))).toFixed(1)}" height="${HEIGHT - TOP - BOTTOM}" fill="#fde2e1"/>`,
    `<path d="${path([...upper, ...lower])}Z" fill="#cfe3f7"/>`,
    `<path d="${line(({ expected }) => expected ?? 0)}" fill="none" stroke="#5b8fc4" stroke-dasharray="4 3"/>`,
    `<path d="${line(({ observed }) => observed)}" fill="none" stroke="#b3261e" stroke-width="1.6"/>`,
    ...[0, top / 2, top].map(
      (value) =>
        `<text x="${LEFT - 6}" y="${Number(scale.y(value)) + 4}" text-anchor="end" fill="#555">${rounded(value)}</text>`,
    ),
    ...[from, (from + to) / 2, to].map(
      (at, index) =>
        `<text x="${scale.x(at)}" y="${HEIGHT - 8}" text-anchor="${['start', 'middle', 'end'][index] ?? 'middle'}" fill="#555">${hourOf(at)}</text>`,
    ),
    '</svg>',
    '',
  ].join('\n')
}

const rounded = (value: number): string => (value >= 10 ? value.toFixed(0) : value.toFixed(1))

const hourOf = (at: Seconds): string => toDate(at).toISOString().slice(0, 16).replace('T', ' ')

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
