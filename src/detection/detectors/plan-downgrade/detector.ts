import type { SubscriptionChanged } from '../../../stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../../time.ts'
import { type Context, defineDetector, type Finding } from '../../detector.ts'
import { ofStream } from '../../kit/heads.ts'
import { momentOf } from '../../kit/incident.ts'
import { countOf, falseAlarmsPerYear, ratioOf } from '../../kit/settings.ts'
import { upgradeDowngrades } from '../../kit/upgrade-runs.ts'
import { Ring } from '../../statistics/ring.ts'
import { BigDowngrades } from './big.ts'
import { bigFinding, type Downgrade } from './finding.ts'
import { MonthlyValues } from './monthly-values.ts'
import { countChange, judgeDowngrade, type Surge, surgeOf } from './surge.ts'

const COUNTED = 512
const LEAST_FALL = 0.1
const BIG_CUT = 0.5
const ENOUGH_VALUES = 20
const BIG_SEATS = 20
const HUGE_TIMES = 30
/** Nothing comes of these; a lower price for them is no loss. */
const NOT_RUNNING = new Set(['incomplete', 'incomplete_expired', 'canceled'])

interface State {
  newest: Seconds
  values: MonthlyValues
  counted: Ring
  bigs: BigDowngrades
  surge: Surge
}

const settings = {
  minCustomers: countOf(
    'At least this many subscriptions must have moved to a cheaper plan before a surge is reported.',
    { default: 5, min: 3, max: 100 },
  ),
  bigTimes: ratioOf(
    'A single downgrade is reported when at least half is gone and the loss is this many times what a subscription is usually worth.',
    { default: 10, min: 2, max: 1_000 },
  ),
  falseAlarmsPerYear,
}
type Asked = Context<typeof settings>

/** Reports when unusually many subscriptions move to cheaper plans, or a big one shrinks by half and more. */
export const planDowngrade = defineDetector({
  name: 'PLAN_DOWNGRADE',
  title: 'Downgrades',
  description:
    'More customers than usual move to cheaper plans, or a big one gives up at least half of what it paid. A single ordinary downgrade, one that was scheduled before, and a move to a longer billing period are not reported.',
  facts: ['subscriptionChanged'],
  settings,
  cooldown: 6 * HOUR,
  stateVersion: 3,
  upgrade: { 2: upgradeDowngrades },
  idleAfter: 400 * DAY,
  ...ofStream(stateOf),
  selfResolving: false,
  observe(state, fact, context) {
    state.newest = Math.max(state.newest, fact.at)
    state.values.note(fact, state.newest)
    const loss = lossOf(fact)
    if (loss === 0) {
      countChange(state.surge, fact.at, state.newest)
      return undefined
    }
    const big = judgeBig(state, fact, loss, context)
    const surge = state.counted.admit(fact.subscription)
      ? judgeDowngrade(state.surge, unitOf(fact, loss), momentOf(fact.at, state.newest, context), context)
      : undefined
    return big === undefined ? surge : { ...surge, findings: [...(surge?.findings ?? []), big] }
  },
})

function stateOf(stored?: State): State {
  return {
    newest: 0,
    ...stored,
    values: new MonthlyValues(stored?.values),
    counted: new Ring(COUNTED, stored?.counted),
    bigs: new BigDowngrades(stored?.bigs),
    surge: surgeOf(stored?.surge),
  }
}

/** What a month is worth less now; 0 where this is no downgrade that somebody chose. */
function lossOf({ status, scheduled, monthly, price, before }: SubscriptionChanged): number {
  if (scheduled || monthly === undefined || before?.monthly === undefined || NOT_RUNNING.has(status)) return 0
  if (monthly > before.monthly * (1 - LEAST_FALL)) return 0
  // A year costs less than twelve months: paying more at once is no downgrade.
  if (price !== undefined && before.price !== undefined && price >= before.price) return 0
  return before.monthly - monthly
}

function unitOf(fact: SubscriptionChanged, loss: number): Downgrade {
  const { at, subscription, eventId: event, currency } = fact
  return { at, subscription, event, loss, currency }
}

function judgeBig(
  { newest, values, bigs }: State,
  fact: SubscriptionChanged,
  loss: number,
  { settings, calendar }: Asked,
): Finding | undefined {
  const before = fact.before?.monthly ?? 0
  if (loss < before * BIG_CUT) return undefined
  const { n, mean } = fact.currency === undefined ? { n: 0, mean: 0 } : values.usual(fact.currency, fact.at)
  if (n < ENOUGH_VALUES) {
    const seats = (fact.before?.seats ?? 0) - (fact.seats ?? 0)
    return seats >= BIG_SEATS
      ? bigFinding(fact, loss, { seats, threshold: BIG_SEATS }, 'HIGH', calendar)
      : undefined
  }
  if (loss < settings.bigTimes * mean || bigs.note(loss / mean, fact.at, newest)) return undefined
  const severity = loss >= HUGE_TIMES * mean ? 'CRITICAL' : 'HIGH'
  return bigFinding(fact, loss, { mean, times: settings.bigTimes }, severity, calendar)
}
