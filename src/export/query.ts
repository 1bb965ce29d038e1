import { z } from 'zod'
import type { AnomalyFilter } from '../anomalies/filter.ts'
import { DETECTOR_NAMES, SEVERITIES } from '../detection/detector.ts'
import { STATUSES } from '../detection/incident.ts'
import { parseInput } from '../tenancy/input.ts'

const text = z
  .string()
  .max(500)
  .refine((given) => !given.includes('\0'), 'must not contain NUL')
  .optional()
const time = z.iso
  .datetime({ offset: true, error: 'must be a time like 2026-01-31T09:30:00Z' })
  .transform((given) => new Date(given))
  .optional()

const filter = z
  .strictObject({
    detectors: z.array(z.enum(DETECTOR_NAMES)).optional(),
    severities: z.array(z.enum(SEVERITIES)).optional(),
    statuses: z.array(z.enum(STATUSES)).optional(),
    origins: z.array(z.enum(['LIVE', 'HISTORY'])).optional(),
    'detected.from': time,
    'detected.to': time,
    customerId: text,
    livemode: z
      .enum(['true', 'false'])
      .transform((given) => given === 'true')
      .optional(),
    account: text,
    search: text,
  })
  .transform(({ 'detected.from': from, 'detected.to': to, ...rest }) => ({ ...rest, detected: { from, to } }))

const LISTS = new Set(['detectors', 'severities', 'statuses', 'origins'])

/**
 * GraphQL's AnomalyFilter from a query string: lists with commas or by repetition, the range as `detected.from` and
 * `detected.to`.
 * @throws PublicError BAD_USER_INPUT, also for a parameter that is not known: a filter must not be dropped unseen
 */
export function readAnomalyFilter(query: URLSearchParams): AnomalyFilter {
  const given = Object.fromEntries(
    [...new Set(query.keys())].map((name) => {
      const values = query.getAll(name)
      return [name, LISTS.has(name) ? values.flatMap((value) => value.split(',')) : values.at(-1)]
    }),
  )
  return parseInput(filter, given)
}
