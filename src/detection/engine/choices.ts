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
export function settingsOf(
  detector: AnyDetector,
  choice: DetectorChoice | undefined,
): Readonly<Record<string, number>> {
  const usual = defaultsOf(detector)
  return choice === undefined ? usual : { ...usual, ...known(choice.values, usual) }
}

const known = (values: DetectorChoice['values'], usual: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(usual, name)))

/** Made once for each detector: most tenants have chosen nothing, and every batch asks. */
const defaults = new WeakMap<AnyDetector, Readonly<Record<string, number>>>()

function defaultsOf(detector: AnyDetector): Readonly<Record<string, number>> {
  const made = defaults.get(detector)
  if (made !== undefined) return made
  const usual = Object.fromEntries(
    Object.entries(detector.settings).map(([name, setting]) => [name, setting.default]),
  )
  defaults.set(detector, usual)
  return usual
}
