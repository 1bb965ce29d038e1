import { z } from 'zod'
import { ACTOR_KINDS, type Actor } from '../actor.ts'
import { type Measurement, type SeriesPoint, type Subject, UNITS } from '../detection/detector.ts'

/** What an anomaly's columns of JSON hold, for whoever reads the rows. Written with `JSON.stringify`. */

const subjects = z.array(z.object({ type: z.string(), id: z.string() }))

const evidence = z.array(
  z.object({
    name: z.string(),
    observed: z.number(),
    expected: z.number().exactOptional(),
    threshold: z.number().exactOptional(),
    unit: z.enum(UNITS),
    currency: z.string().exactOptional(),
  }),
)

const series = z.array(
  z.object({
    at: z.number(),
    observed: z.number(),
    expected: z.number().exactOptional(),
    lower: z.number().exactOptional(),
    upper: z.number().exactOptional(),
  }),
)

const actor = z.object({ kind: z.enum(ACTOR_KINDS), name: z.string() })

export const readSubjects = (json: string): Subject[] => subjects.parse(JSON.parse(json))

export const readEvidence = (json: string): Measurement[] => evidence.parse(JSON.parse(json))

export const readSeries = (json: string): SeriesPoint[] => series.parse(JSON.parse(json))

/** Of the columns `acknowledgedBy` and `resolvedBy`; null where nobody has. */
export const readActor = (json: string | null): Actor | null =>
  json === null ? null : actor.parse(JSON.parse(json))

const size = z.object({
  severity: z.int(),
  occurrences: z.int(),
  /** Money at risk; null where none was known. */
  amount: z.int().nullable(),
  currency: z.string().nullable(),
})

/** How large an anomaly was when somebody snoozed it until it grows. */
export type SnoozedSize = z.infer<typeof size>

/** Of the column `snoozedSize`; null where it is not snoozed until it grows. */
export const readSnoozedSize = (json: string | null): SnoozedSize | null =>
  json === null ? null : size.parse(JSON.parse(json))

/** Whether it is worse by what wakes people again: a higher severity, or twice the signs or the money. */
export const hasGrown = (before: SnoozedSize, now: SnoozedSize): boolean =>
  now.severity > before.severity ||
  now.occurrences >= 2 * before.occurrences ||
  (now.currency === before.currency &&
    before.amount !== null &&
    now.amount !== null &&
    now.amount > before.amount &&
    now.amount >= 2 * before.amount)
