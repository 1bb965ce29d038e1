/**
 * How unlikely a count is, in nats, when the expected count is itself uncertain: a Poisson count whose mean varies
 * with relative variance `c2` (a negative binomial with r = 1/c2). Chernoff: the chance of a count at least so
 * far out is at most e^-nats.
 */
export function deviance(observed: number, expected: number, c2: number): number {
  if (expected <= 0) return observed > 0 ? Number.POSITIVE_INFINITY : 0
  const own = observed > 0 ? observed * Math.log(observed / expected) : 0
  if (c2 < 1e-9) return own - (observed - expected)
  const r = 1 / c2
  return own - (observed + r) * Math.log((observed + r) / (expected + r))
}

/** Evidence that there are more than expected; 0 when there are not. */
export const excess = (observed: number, expected: number, c2: number): number =>
  observed > expected ? deviance(observed, expected, c2) : 0

/** Evidence that there are fewer than expected; 0 when there are not. */
export const shortfall = (observed: number, expected: number, c2: number): number =>
  observed < expected ? deviance(observed, expected, c2) : 0

/** The standard deviation of a count of `unit`-sized pieces around `expected`, for bands in charts. */
export const spread = (expected: number, c2: number, unit = 1): number =>
  Math.sqrt(unit * expected + c2 * expected * expected)

/** Evidence that more than `share` of the units are bad (Chernoff for a binomial count); 0 when there are not. */
export function excessShare(bad: number, units: number, share: number): number {
  const seen = bad / units
  if (seen <= share) return 0
  const good = seen < 1 ? (1 - seen) * Math.log((1 - seen) / (1 - share)) : 0
  return units * (seen * Math.log(seen / share) + good)
}

/** The upper edge of what may be usual, where the usual share is known of this many units, those that were only believed with them. */
export const edgeOf = (usual: number, units: number): number =>
  (usual + Math.sqrt((usual * (1 - usual)) / units)) * 1.1 + 0.005

/** So few are expected of the moments between two signs that any sign would be odd. */
const LEAST_EXPECTED = 0.02

/** Evidence of more signs than were usual since the first of them, when it is looked for: plain chance, and no expectation below a few hundredths. */
export const excessOver = (signs: number, expected: number): number =>
  excess(signs, Math.max(LEAST_EXPECTED, expected), 0)
