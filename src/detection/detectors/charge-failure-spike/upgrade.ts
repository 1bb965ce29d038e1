import type { Seconds } from '../../../time.ts'
import type { Sums } from '../../kit/amounts.ts'
import type { Signs } from '../../kit/signs.ts'
import { withMarks } from '../../kit/upgrade-runs.ts'
import type { Cusum } from '../../statistics/cusum.ts'
import type { Spans } from '../../statistics/spans.ts'

interface RunOf2 {
  odds: number
  sum: Cusum
  amounts: Sums
  codes: Sums
}

/** What CHARGE_FAILURE_SPIKE stored as its version 2: one state for all payments, with failed payers and payments in one ring. */
interface Version2 {
  newest: Seconds
  failed: unknown
  share: unknown
  runs: RunOf2[]
  signs: Signs
  incidents: Spans
  open:
    | (RunOf2 & {
        startedAt: Seconds
        lastSign: Seconds
        score: number
        share: number
        calm: number
        calmSince: Seconds
      })
    | null
}

/** Debits are kept apart from now on; what was learned of all payments goes on as what is usual for the others. */
export function upgradeFailures(stored: unknown): unknown {
  const { newest, failed, share, runs, signs, incidents, open } = stored as Version2
  return {
    payments: {
      outcomes: { payments: failed },
      sizes: {},
      share,
      lanes: {
        now: {
          newest,
          runs: runs.map(({ amounts, codes, ...run }) => withMarks(run, run.sum.bad, amounts, codes)),
          signs,
        },
        backlog: null,
      },
      incidents,
      habits: [],
      open: open && {
        odds: open.odds,
        startedAt: open.startedAt,
        lastSign: open.lastSign,
        payments: open.sum.units,
        failed: open.sum.bad,
        score: open.score,
        nats: open.sum.score,
        share: open.share,
        calm: open.calm,
        calmSince: open.calmSince,
        amounts: open.amounts,
        codes: open.codes,
        habit: null,
        isReported: true,
      },
    },
  }
}
