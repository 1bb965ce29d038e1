import type { Seconds } from '../../time.ts'

/**
 * Running sums of log-likelihood ratios that never fall below 0: they rise when what is seen fits a changed rate
 * better than the usual one, and their last 0 tells when the change began. On average they run at least e^g units
 * before they pass g nats by chance (Lorden). Plain data, so JSON keeps them as they are.
 */
export interface Cusum {
  /** Nats. */
  score: number
  /** When the score last left 0; the time of the newest unit while it is 0. */
  onset: Seconds
  /** Units since the onset, and how many of them were bad (Bernoulli) or how many were expected (Poisson). */
  units: number
  bad: number
  expected: number
}

export const newCusum = (): Cusum => ({ score: 0, onset: 0, units: 0, bad: 0, expected: 0 })

/** The share of bad units at `odds` times the usual odds. */
export const shareAt = (usual: number, odds: number): number => (odds * usual) / (1 - usual + odds * usual)

/**
 * One unit, good or bad, at its own time, against the usual share of bad ones and the alternative of `odds` times its odds.
 * @returns whether the sum began anew with this unit: what was kept since the onset counts no more
 */
export function stepBernoulli(sum: Cusum, isBad: boolean, usual: number, odds: number, at: Seconds): boolean {
  const anew = sum.score === 0
  if (anew) restart(sum, at)
  else if (isBad) sum.onset = Math.min(sum.onset, at)
  const other = shareAt(usual, odds)
  sum.units += 1
  if (isBad) sum.bad += 1
  sum.score = Math.max(0, sum.score + (isBad ? Math.log(other / usual) : Math.log((1 - other) / (1 - usual))))
  return anew
}

/**
 * One more unit, where `expected` are usual since the last one, against the alternative of `ratio` times as many.
 * @returns whether the sum began anew with this unit
 */
export function stepPoisson(sum: Cusum, expected: number, ratio: number, at: Seconds): boolean {
  sum.score = Math.max(0, sum.score - (ratio - 1) * expected)
  const anew = sum.score === 0
  if (anew) restart(sum, at)
  else {
    sum.expected += expected
    sum.onset = Math.min(sum.onset, at)
  }
  sum.score += Math.log(ratio)
  sum.units += 1
  return anew
}

/** Of several alternatives the one with most evidence of those that pass. */
export const strongest = <Run extends { sum: Cusum }>(
  runs: readonly Run[],
  passes: (sum: Cusum) => boolean,
): Run | undefined =>
  runs.reduce<Run | undefined>(
    (best, run) => (passes(run.sum) && run.sum.score > (best?.sum.score ?? 0) ? run : best),
    undefined,
  )

/** Since when any of several alternatives has had evidence; undefined while none has. */
export function earliest(runs: readonly { sum: Cusum }[]): Seconds | undefined {
  let since: Seconds | undefined
  for (const { sum } of runs)
    if (sum.score > 0 && (since === undefined || sum.onset < since)) since = sum.onset
  return since
}

/** A sum that has fired and is followed on: its own score keeps the most evidence there was. */
export interface Followed {
  sum: Cusum
  ratio: number
  /** Evidence at this moment. */
  score: number
  /** When it last stood at its most: what comes after brings less evidence than the time between takes. */
  peakAt: Seconds
}

/** One more unit of what has fired; unlike the sum before, it never begins anew. */
export function followPoisson(followed: Followed, expected: number, at: Seconds): void {
  const { sum, ratio } = followed
  sum.units += 1
  sum.expected += expected
  followed.score = Math.max(0, followed.score - (ratio - 1) * expected) + Math.log(ratio)
  if (followed.score < sum.score) return
  sum.score = followed.score
  followed.peakAt = at
}

function restart(sum: Cusum, at: Seconds): void {
  sum.onset = at
  sum.units = 0
  sum.bad = 0
  sum.expected = 0
}
