/** What several rounds gave. */
export interface Figure {
  median: number
  min: number
  max: number
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

export const figureOf = (values: readonly number[]): Figure => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
})

/** The value that this share of them does not exceed. */
export function quantile(values: readonly number[] | Float64Array, share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Share of the machine that others may take before a round is left out. */
export const DISTURBED = 0.08

/** Of each round: the largest share of the machine that others had in it. */
interface Shared {
  others: number
}

/** The figures of the rounds that nobody disturbed, or of all of them where every one was. */
export function figuresOf<Round extends Shared>(rounds: readonly Round[]) {
  const calm = rounds.filter(({ others }) => others <= DISTURBED)
  const used = calm.length > 0 ? calm : rounds
  const figure = (of: (round: Round) => number): Figure => figureOf(used.map(of))
  return { figure, used, disturbed: calm.length === 0 }
}

export const times = (value: number): string => value.toFixed(2)
export const whole = (value: number): string => Math.round(value).toLocaleString('en')
export const percent = (value: number): string => `${Math.round(value * 100)} %`
/** Median [least..most]. */
export const range = ({ median: middle, min, max }: Figure, write = times): string =>
  `${write(middle)} [${write(min)}..${write(max)}]`
