import type { Setting } from './documents.ts'

/** Positions of a slider. */
export const POSITIONS = 100

/** A range over which each step should multiply rather than add. */
const WIDE = 20

type Bounds = Pick<Setting, 'min' | 'max' | 'default' | 'unit'>

const isWide = ({ min, max }: Bounds): boolean => min > 0 && max / min > WIDE

/** Where a value is on its slider, from 0 to POSITIONS. */
export function positionOf(value: number, bounds: Bounds): number {
  const { min, max } = bounds
  const share = isWide(bounds)
    ? Math.log(value / min) / Math.log(max / min)
    : (value - min) / (max - min || 1)
  return Math.round(Math.min(1, Math.max(0, share)) * POSITIONS)
}

/** The value at a position, as round as a person would type it. */
export function valueAt(position: number, bounds: Bounds): number {
  const { min, max } = bounds
  const share = position / POSITIONS
  const exact = isWide(bounds) ? min * (max / min) ** share : min + (max - min) * share
  return Math.min(max, Math.max(min, rounded(exact, bounds)))
}

function rounded(value: number, { min, max, default: usual, unit }: Bounds): number {
  if (unit === 'SECONDS') {
    const step = value < 600 ? 30 : value < 7_200 ? 300 : value < 172_800 ? 1_800 : 43_200
    return Math.round(value / step) * step
  }
  if ([min, max, usual].every(Number.isInteger)) return Math.round(value)
  return Number(value.toPrecision(2))
}
