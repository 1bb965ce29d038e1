import { styleText } from 'node:util'
import { z } from 'zod'
import { SEVERITIES } from '../detection/detector.ts'
import type { Output } from './shell.ts'

/** What people are shown of GraphQL's `Anomaly`. */
export const shownAnomaly = z.object({
  id: z.string(),
  detector: z.string(),
  severity: z.enum(SEVERITIES),
  status: z.string(),
  title: z.string(),
  message: z.string(),
  advice: z.string(),
  livemode: z.boolean(),
  startedAt: z.coerce.date(),
  lastSeenAt: z.coerce.date(),
  endedAt: z.coerce.date().nullable(),
  updatedAt: z.coerce.date(),
  occurrences: z.number(),
  customerId: z.string().nullable(),
  impact: z.object({ formatted: z.string() }).nullable(),
  subjects: z.array(z.object({ type: z.string(), stripeId: z.string(), url: z.string().nullable() })),
  evidence: z.array(
    z.object({
      name: z.string(),
      observed: z.number(),
      expected: z.number().nullable(),
      unit: z.string(),
      currency: z.string().nullable(),
    }),
  ),
  falsePositiveReason: z.string().nullable(),
  note: z.string().nullable(),
})
export type ShownAnomaly = z.infer<typeof shownAnomaly>

type Style = Parameters<typeof styleText>[0]

const STYLES: Readonly<Record<ShownAnomaly['severity'], Style>> = {
  CRITICAL: ['bold', 'red'],
  HIGH: 'red',
  MEDIUM: 'yellow',
  LOW: 'cyan',
}

/** Colours only on a terminal, and not with NO_COLOR. */
export const paint = (out: Output, style: Style, text: string): string =>
  out.isTTY && out.hasColors?.() ? styleText(style, text, { validateStream: false }) : text

export const severityOf = (out: Output, { severity }: Pick<ShownAnomaly, 'severity'>): string =>
  paint(out, STYLES[severity], severity.padEnd(8))

/** Names and titles come from Stripe's objects and must not control the terminal. */
export const plain = (text: string): string => text.replaceAll(/\p{C}/gu, ' ')

const UNITS = [
  [86_400, 'day', 'days'],
  [3_600, 'hour', 'hours'],
  [60, 'minute', 'minutes'],
] as const

/** `5 minutes ago`, `in 2 hours`. */
export function relative(at: Date, now: Date): string {
  const seconds = Math.round((now.getTime() - at.getTime()) / 1_000)
  const [size, one, many] = UNITS.find(([unit]) => Math.abs(seconds) >= unit) ?? [1, 'second', 'seconds']
  const count = Math.floor(Math.abs(seconds) / size)
  if (count === 0) return 'just now'
  const words = `${count} ${count === 1 ? one : many}`
  return seconds > 0 ? `${words} ago` : `in ${words}`
}

/** One anomaly in full. */
export function detailsOf(out: Output, anomaly: ShownAnomaly, now: Date): string[] {
  const when = (at: Date): string =>
    `${relative(at, now)} (${at.toISOString().slice(0, 16).replace('T', ' ')}Z)`
  const state = anomaly.endedAt ? `ended ${when(anomaly.endedAt)}` : `last seen ${when(anomaly.lastSeenAt)}`
  const signs = `${anomaly.occurrences} ${anomaly.occurrences === 1 ? 'sign' : 'signs'}`
  return [
    `${severityOf(out, anomaly).trimEnd()}  ${paint(out, 'bold', plain(anomaly.title))}`,
    `${anomaly.detector}, ${anomaly.status.toLowerCase().replace('_', ' ')}${anomaly.livemode ? '' : ', test mode'}  ${anomaly.id}`,
    `began ${when(anomaly.startedAt)}, ${state}, ${signs}`,
    '',
    plain(anomaly.message),
    ...(anomaly.impact ? [`At risk: ${anomaly.impact.formatted}`] : []),
    '',
    `What to do: ${plain(anomaly.advice)}`,
    ...section(
      'Evidence',
      anomaly.evidence.map(
        ({ name, observed, expected, unit, currency }) =>
          `${plain(name)}: ${observed}${expected === null ? '' : `, expected ${expected}`} (${currency ?? unit.toLowerCase()})`,
      ),
    ),
    ...section(
      'Involved',
      anomaly.subjects.map(
        ({ type, stripeId, url }) => `${plain(type)} ${plain(stripeId)}${url ? `  ${plain(url)}` : ''}`,
      ),
    ),
    ...section(
      'False alarm',
      anomaly.falsePositiveReason === null ? [] : [plain(anomaly.falsePositiveReason)],
    ),
    ...section('Note', anomaly.note === null ? [] : [plain(anomaly.note)]),
  ]
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)]
