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
