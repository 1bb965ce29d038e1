import type { Seconds } from '../../time.ts'
import { type Cusum, type Followed, stepPoisson, strongest } from '../statistics/cusum.ts'
import { excessOver } from '../statistics/deviance.ts'
import type { Lane } from './lanes.ts'
import { type Mark, mostLikelyOnset, noteMark, type Since } from './onset.ts'

/** One alternative to what is usual, that there are `ratio` times as many, with its signs since the onset. */
export interface Run {
  ratio: number
  sum: Cusum
  marks: Mark[]
}

/**
 * Weighs one more sign, where `expected` are usual since the last one. Of a run that begins anew with it all that came
 * before counts no more.
 * @param newRun a run without evidence
 * @param markOf the sign with how many were usual before it
 */
export function addSign<Alternative extends Run>(
  lane: Lane<Alternative>,
  { expected, at }: { expected: number; at: Seconds },
  newRun: (ratio: number) => Alternative,
  markOf: (before: number) => Mark,
): void {
  let anew = 0
  for (const run of lane.runs) {
    if (stepPoisson(run.sum, expected, run.ratio, at)) {
      Object.assign(run, newRun(run.ratio), { sum: run.sum })
      anew += 1
    }
    noteMark(run.marks, markOf(run.sum.expected))
  }
  if (anew === lane.runs.length) lane.signs = lane.signs.slice(-1)
}

/** The alternative with most evidence of those with enough evidence and signs, and its most likely beginning. */
export function fired<Alternative extends Run>(
  runs: readonly Alternative[],
  nats: number,
  fewest: number,
): { run: Alternative; since: Since } | undefined {
  const run = strongest(runs, ({ score, units }) => score >= nats && units >= fewest)
  const since = run && mostLikelyOnset(run.marks, run.sum.expected, excessOver, (signs) => signs >= fewest)
  return run && since && { run, since }
}

/** A run that has fired, to be followed from its most likely beginning on. */
export const followedFrom = (since: Since, { ratio, sum }: Run, peakAt: Seconds): Followed => ({
  ratio,
  sum: { ...sum, onset: since.at, units: since.signs, expected: since.exposure },
  score: sum.score,
  peakAt,
})
