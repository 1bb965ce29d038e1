import { duration } from './time.ts'

type Unit = 'COUNT' | 'RATIO' | 'SECONDS' | 'MONEY' | 'SCORE'

/**
 * A number in its unit, e.g. `12`, `25 %`, `3.5 h`.
 * @param formatted what the API writes where the unit is money
 */
export function inUnit(value: number, unit: Unit, formatted?: string | null): string {
  if (formatted) return formatted
  switch (unit) {
    case 'RATIO':
      // A multiple reads better as such: 3.2×, not 320 %.
      return value > 1 ? `${digits(value, 1)}×` : `${digits(value * 100, value < 0.1 ? 1 : 0)} %`
    case 'SECONDS':
      return duration(value)
    case 'SCORE':
      return digits(value, 1)
    default:
      return digits(value, Number.isInteger(value) ? 0 : value < 1 ? 2 : 1)
  }
}

/** The same for the axis of a chart, where money has only minor units to go by. */
export const onAxis = (value: number, unit: Unit, decimals: number): string =>
  unit === 'MONEY' ? compact(value / 10 ** decimals) : inUnit(value, unit)

const digits = (value: number, most: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: most })

const compact = (value: number): string =>
  value.toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 1 })
