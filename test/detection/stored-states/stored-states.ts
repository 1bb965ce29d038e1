import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type AnyDetector, DETECTOR_NAMES } from '../../../src/detection/detector.ts'

/** Rows as versions of the detectors stored them after 45 simulated days, a file for each detector and version. */
export const folder = join(import.meta.dirname, 'rows')

const storedStates = z.array(
  z.object({
    detector: z.enum(DETECTOR_NAMES),
    key: z.string(),
    version: z.number(),
    state: z.string(),
    wakeAt: z.number().nullable(),
    touchedAt: z.number(),
    /** Rows of before it was stored have none. */
    expiresAt: z.number().nullable().default(null),
  }),
)
export type RecordedState = z.infer<typeof storedStates>[number]

const kebab = (name: string): string => name.toLowerCase().replaceAll('_', '-')

export const fileOf = ({ name, stateVersion }: AnyDetector): string => `${kebab(name)}.v${stateVersion}.json`

/** The rows of every recorded version of a detector, or of one version. */
export function recordedStates({ name }: AnyDetector, version?: number): RecordedState[] {
  return readdirSync(folder)
    .filter((file) => file.startsWith(`${kebab(name)}.v`))
    .flatMap((file) => storedStates.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))))
    .filter((row) => version === undefined || row.version === version)
}
