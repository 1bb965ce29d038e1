import { expect, it } from 'vitest'
import { POSITIONS, positionOf, valueAt } from '../../src/dashboard/screens/detectors/scale.ts'
import { DETECTORS } from '../../src/detection/registry.ts'

const SETTINGS = DETECTORS.flatMap(({ name, settings }) =>
  Object.entries(settings).map(([setting, of]) => ({ label: `${name}.${setting}`, ...of })),
)

it.each(SETTINGS)('the slider of $label goes from its least to its most, and never back', (setting) => {
  expect(valueAt(0, setting)).toBe(setting.min)
  expect(valueAt(POSITIONS, setting)).toBe(setting.max)
  const values = Array.from({ length: POSITIONS + 1 }, (_, position) => valueAt(position, setting))
  expect(values).toEqual(values.toSorted((a, b) => a - b))
  const usual = positionOf(setting.default, setting)
  expect(valueAt(usual, setting) / setting.default).toBeGreaterThan(0.7)
  expect(valueAt(usual, setting) / setting.default).toBeLessThan(1.4)
})
