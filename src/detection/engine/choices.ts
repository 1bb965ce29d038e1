import type { AnyDetector, DetectorName } from '../detector.ts'

/** What a tenant has chosen for a detector; a setting that is not in `values` stands at its default. */
export interface DetectorChoice {
  enabled: boolean
  values: Readonly<Record<string, number>>
}

/** Of a detector that nothing was chosen for. */
export const UNTOUCHED: DetectorChoice = { enabled: true, values: {} }

/** A detector that nothing was chosen for is not in it. */
export type Choices = ReadonlyMap<DetectorName, DetectorChoice>

/** Every setting of the detector as it stands for the tenant. */
export const settingsOf = (
  detector: AnyDetector,
  choice: DetectorChoice | undefined,
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(detector.settings).map(([name, setting]) => [
      name,
      choice?.values[name] ?? setting.default,
    ]),
  )
