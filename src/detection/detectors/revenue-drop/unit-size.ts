/** Mean size of a unit (Σu²/Σu) before it is known, what that belief weighs, and over how many units it is learned. */
const PRIOR = 1.8
const WEIGHT = 20
const MEMORY = 4_000

/** How unequal payments are: large ones make sums less certain than their number says. Plain data. */
export interface UnitSize {
  units: number
  squares: number
}

export const newUnitSize = (): UnitSize => ({ units: 0, squares: 0 })

export function learnUnit(size: UnitSize, units: number): void {
  size.units += units
  size.squares += units * units
  if (size.units <= MEMORY) return
  size.units /= 2
  size.squares /= 2
}

/** φ: the mean size of a unit, weighted by size; 1 if all are alike. */
export const unitSize = ({ units, squares }: UnitSize): number =>
  (PRIOR * WEIGHT + squares) / (WEIGHT + units)
