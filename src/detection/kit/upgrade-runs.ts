import type { Seconds } from '../../time.ts'
import { type Cusum, newCusum } from '../statistics/cusum.ts'
import type { Sums } from './amounts.ts'
import type { Mark } from './onset.ts'
import type { Signs } from './signs.ts'

/** Runs of the versions that did not keep where in the run its signs lay. */
interface OldRun {
  ratio: number
  sum: Cusum
}

/** What CARD_TESTING stored as its version 4, as far as it is changed. */
interface Testing4 {
  newest: Seconds
  runs: (OldRun & { taken: Sums; takings: number; codes: Sums })[]
  signs: Signs
}

export function upgradeTesting(stored: unknown): unknown {
  const { newest, runs, signs, ...rest } = stored as Testing4
  const upgraded = runs.map(({ taken, takings, codes, ...run }) => ({
    ...withMarks(run, run.sum.units, {}, codes),
    taken,
    takings,
  }))
  return { ...rest, lanes: { now: { newest, runs: upgraded, signs }, backlog: null } }
}

/** What FRAUD_SPIKE stored as its version 2, as far as it is changed. */
interface Fraud2 extends WithoutHabits {
  newest: Seconds
  lastFlag: Seconds
  runs: (OldRun & { amounts: Sums; reasons: Sums })[]
  signs: Signs
}

export function upgradeFraud(stored: unknown): unknown {
  const { newest, lastFlag, runs, signs, ...rest } = stored as Fraud2
  const upgraded = runs.map(({ amounts, reasons, ...run }) => withMarks(run, run.sum.units, amounts, reasons))
  return {
    ...withHabits(rest),
    lanes: { now: { newest, lastFlag, runs: upgraded, signs }, backlog: null },
  }
}

/** What PLAN_DOWNGRADE stored as its version 2, as far as it is changed. */
interface Downgrades2 {
  surge: WithoutHabits
}

export function upgradeDowngrades(stored: unknown): unknown {
  const { surge, ...rest } = stored as Downgrades2
  return { ...rest, surge: withHabits(surge) }
}

/** What REFUND_SPIKE stored as its version 1, as far as it is changed. */
export const upgradeRefunds = (stored: unknown): unknown => withHabits(stored as WithoutHabits)

interface WithoutHabits {
  open: object | null
}

/** No habits were known, and whatever was open had been reported. */
const withHabits = ({ open, ...rest }: WithoutHabits): object => ({
  ...rest,
  habits: [],
  open: open && { ...open, habit: null, isReported: true },
})

/** A run begins where it began, or anew where it had no evidence. */
export function withMarks<Run extends { sum: Cusum }>(
  run: Run,
  signs: number,
  amounts: Sums,
  reasons: Sums,
): Run & { marks: Mark[] } {
  const { sum } = run
  if (sum.score === 0) return { ...run, sum: newCusum(), marks: [] }
  return { ...run, marks: [{ at: sum.onset, before: 0, signs, amounts, reasons }] }
}
