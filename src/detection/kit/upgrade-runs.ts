import type { Seconds } from '../../time.ts'
import { type Cusum, type Followed, newCusum } from '../statistics/cusum.ts'
import type { Sums } from './amounts.ts'
import type { Mark } from './onset.ts'
import type { Signs } from './signs.ts'

/** Runs of the versions that did not keep where in the run its signs lay. */
interface OldRun {
  ratio: number
  sum: Cusum
}

/** What CARD_TESTING stored as its version 4. */
interface Testing4 {
  newest: Seconds
  cards: unknown
  suspects: unknown
  runs: (OldRun & { taken: Sums; takings: number; codes: Sums })[]
  signs: Signs
  open:
    | (Followed & { startedAt: Seconds; detectedAt: Seconds; codes: Sums; taken: Sums; takings: number })
    | null
}

export function upgradeTesting(stored: unknown): unknown {
  const { newest, cards, suspects, runs, signs, open } = stored as Testing4
  const upgraded = runs.map(({ taken, takings, codes, ...run }) => ({
    ...withMarks(run, {}, codes),
    taken,
    takings,
  }))
  return { cards, suspects, lanes: { now: { newest, runs: upgraded, signs }, backlog: null }, open }
}

/** What FRAUD_SPIKE stored as its version 2. */
interface Fraud2 {
  newest: Seconds
  lastFlag: Seconds
  runs: (OldRun & { amounts: Sums; reasons: Sums })[]
  signs: Signs
  open: object | null
}

export function upgradeFraud(stored: unknown): unknown {
  const { newest, lastFlag, runs, signs, open, ...rest } = stored as Fraud2
  const upgraded = runs.map(({ amounts, reasons, ...run }) => withMarks(run, amounts, reasons))
  return {
    ...rest,
    habits: [],
    lanes: { now: { newest, lastFlag, runs: upgraded, signs }, backlog: null },
    open: reported(open),
  }
}

/** What REFUND_SPIKE stored as its version 1, as far as it is changed. */
interface Refunds1 {
  open: object | null
}

export function upgradeRefunds(stored: unknown): unknown {
  const { open, ...rest } = stored as Refunds1
  return { ...rest, habits: [], open: reported(open) }
}

/** What PLAN_DOWNGRADE stored as its version 2, as far as it is changed. */
interface Downgrades2 {
  surge: Refunds1
}

export function upgradeDowngrades(stored: unknown): unknown {
  const { surge, ...rest } = stored as Downgrades2
  return { ...rest, surge: { ...surge, habits: [], open: reported(surge.open) } }
}

/** Whatever was open had been reported, and no habits were known. */
const reported = (open: object | null): object | null => open && { ...open, habit: null, isReported: true }

/** A run begins where it began, or anew where it had no evidence. */
function withMarks(run: OldRun, amounts: Sums, reasons: Sums): OldRun & { marks: Mark[] } {
  const { ratio, sum } = run
  if (sum.score === 0) return { ratio, sum: newCusum(), marks: [] }
  return { ratio, sum, marks: [{ at: sum.onset, before: 0, signs: sum.units, amounts, reasons }] }
}
