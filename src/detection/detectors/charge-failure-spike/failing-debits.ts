import type { ChargePending } from '../../../stripe/facts.ts'
import { DAY, type Seconds } from '../../../time.ts'
import type { Step } from '../../detector.ts'
import { addMoney, addTo, sumsOf } from '../../kit/amounts.ts'
import { type Failure, idOf } from '../../kit/failures.ts'
import { ending, LASTING, LASTING_NOTE } from '../../kit/incident.ts'
import { noteSign, type Signs, shownBy } from '../../kit/signs.ts'
import { shareAt } from '../../statistics/cusum.ts'
import { threshold } from '../../statistics/threshold.ts'
import { type DebitRun, DebitRuns, sizeOf } from './debit-runs.ts'
import { type Asked, barOf, FEWEST_A_YEAR, ODDS } from './failing-payments.ts'
import { debitFinding } from './finding.ts'
import { failureIn, isTrouble, type Payment, reasonOf } from './first-outcome.ts'

/**
 * Stripe's methods whose outcome comes days after the try: bank debits, transfers and vouchers. Each is judged for
 * itself, since what comes back of one says nothing of another.
 */
const DELAYED: ReadonlySet<string> = new Set([
  'ach_credit_transfer',
  'ach_debit',
  'acss_debit',
  'au_becs_debit',
  'bacs_debit',
  'boleto',
  'customer_balance',
  'konbini',
  'multibanco',
  'nz_bank_account',
  'oxxo',
  'sepa_credit_transfer',
  'sepa_debit',
  'sofort',
  'us_bank_account',
])

export const isDelayed = (method: string | undefined): boolean => method !== undefined && DELAYED.has(method)

/** Weekends and bank holidays lie between the answers of one run. */
const SILENT: Seconds = 4 * DAY

interface Open {
  startedAt: Seconds
  lastSign: Seconds
  nats: number
}

/** Debits of one method. */
export interface FailingDebits {
  newest: Seconds
  runs: DebitRuns
  signs: Signs
  open: Open | null
}

export const failingDebits = (stored?: FailingDebits): FailingDebits => ({
  newest: 0,
  signs: [],
  open: null,
  ...stored,
  runs: new DebitRuns(stored?.runs),
})

export function observeDebit(
  state: FailingDebits,
  fact: ChargePending | Payment,
  context: Asked,
): Step | undefined {
  const failure = failureIn(fact)
  if (failure !== undefined && !isTrouble(failure)) return undefined
  state.newest = Math.max(state.newest, fact.at)
  state.runs.settle(state.newest)
  const what = failure !== undefined ? 'failed' : fact.kind === 'chargePending' ? 'sent' : 'paid'
  const run = state.runs.count(what, fact.begun ?? fact.at)
  if (failure === undefined || run === undefined) return undefined
  noteFailure(run, failure)
  noteSign(state.signs, fact.at, idOf(failure), failure.eventId)
  const stretch = worstStretch(state, context)
  if (stretch === undefined || !stretch.runs.includes(run)) return undefined
  return report(state, stretch, context)
}

function noteFailure(run: DebitRun, failure: Failure): void {
  run.since = run.since === 0 ? failure.at : Math.min(run.since, failure.at)
  addMoney(run.amounts, failure)
  addTo(run.reasons, reasonOf(failure) ?? 'unknown', 1)
}

/** Runs one after the other of which too many debits came back. */
interface Stretch {
  runs: DebitRun[]
  nats: number
}

const needed = ({ settings }: Asked): number =>
  threshold(ODDS.length * FEWEST_A_YEAR, settings.falseAlarmsPerYear)

/** A CUSUM over the runs in the order they were sent, whatever the order of their answers. */
function worstStretch({ runs, newest }: FailingDebits, context: Asked): Stretch | undefined {
  const { edge, usual } = runs
  const bar = barOf(usual, context)
  let worst: Stretch | undefined
  for (const odds of ODDS) {
    const worse = shareAt(edge, odds)
    let stretch: Stretch = { runs: [], nats: 0 }
    for (const run of runs.judgeable(newest)) {
      const paid = sizeOf(run) - run.failed
      const nats =
        stretch.nats + run.failed * Math.log(worse / edge) + paid * Math.log((1 - worse) / (1 - edge))
      stretch = nats > 0 ? { runs: [...stretch.runs, run], nats } : { runs: [], nats: 0 }
    }
    const failed = sum(stretch.runs, ({ failed }) => failed)
    const isEnough =
      stretch.nats >= needed(context) &&
      failed >= context.settings.minFailures &&
      failed >= bar * sum(stretch.runs, sizeOf)
    if (isEnough && stretch.nats > (worst?.nats ?? 0)) worst = stretch
  }
  return worst
}

const sum = (runs: readonly DebitRun[], of: (run: DebitRun) => number): number =>
  runs.reduce((total, run) => total + of(run), 0)

function report(state: FailingDebits, { runs, nats }: Stretch, context: Asked): Step {
  const { usual, isBelief } = state.runs
  const failed = sum(runs, ({ failed }) => failed)
  const first = state.open === null && { signs: failed, series: state.runs.series() }
  const begins = runs.map(({ since }) => since).filter((since) => since > 0)
  const open = state.open ?? { startedAt: Math.min(...begins), lastSign: state.newest, nats }
  open.lastSign = state.newest
  open.nats = Math.max(open.nats, nats)
  state.open = open
  for (const run of runs) run.odd = true
  const finding = debitFinding({
    ...context.settings,
    ...open,
    ...shownBy(state.signs, open.startedAt, first),
    method: context.key,
    calendar: context.calendar,
    sentFrom: runs[0]?.day ?? 0,
    failed,
    payments: sum(runs, sizeOf),
    usual,
    isBelief,
    bar: barOf(usual, context),
    needed: needed(context),
    amounts: sumsOf(runs.map(({ amounts }) => amounts)),
    codes: sumsOf(runs.map(({ reasons }) => reasons)),
  })
  return { findings: [finding], wakeAt: wakeAt(open) }
}

const wakeAt = ({ lastSign, startedAt }: Open): Seconds => Math.min(lastSign + SILENT, startedAt + LASTING)

export function onDebitTimer(state: FailingDebits, { now, key }: Asked): Step | undefined {
  const { open } = state
  if (open === null) return undefined
  const isSilent = now - open.lastSign >= SILENT
  if (!isSilent && now - open.startedAt < LASTING) return { wakeAt: wakeAt(open) }
  state.open = null
  state.signs = []
  if (isSilent) return ending(open.lastSign, undefined, key)
  state.runs.adopt()
  return ending(now, LASTING_NOTE, key)
}
