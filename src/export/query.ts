import { z } from 'zod'
import type { AnomalyFilter } from '../anomalies/filter.ts'
import { DETECTOR_NAMES, SEVERITIES } from '../detection/detector.ts'
import { STATUSES } from '../detection/engine/incident.ts'
import { momentOrDay, parseInput } from '../tenancy/input.ts'

const text = z
  .string()
  .max(500, 'must have at most 500 characters')
  .refine((given) => !given.includes('\0'), 'must not contain NUL')
  .optional()

const oneOf = <const Name extends string>(names: readonly Name[]) =>
  z.enum(names, `must be one of ${names.join(', ')}`)

const yesOrNo = oneOf(['true', 'false'])
  .transform((given) => given === 'true')
  .optional()

const filter = z
  .strictObject({
    detectors: z.array(oneOf(DETECTOR_NAMES)).optional(),
    severities: z.array(oneOf(SEVERITIES)).optional(),
    statuses: z.array(oneOf(STATUSES)).optional(),
    origins: z.array(oneOf(['LIVE', 'HISTORY'])).optional(),
    'detected.from': momentOrDay.optional(),
    'detected.to': momentOrDay.optional(),
    customerId: text,
    livemode: yesOrNo,
    account: text,
    search: text,
    snoozed: yesOrNo,
    acknowledgedBy: text,
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
  return parseInput(filter, given, ({ path: [parameter], message }) =>
    parameter === undefined ? message : `${parameter} ${message}`,
  )
}
