import type { SubscriptionChanged } from '../../stripe/facts.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../time.ts'
import { type Context, defineDetector, type Finding, type Step } from '../detector.ts'
import { addTo, type Sums } from '../rates/amounts.ts'
import { bigFinding, surgeFinding } from '../rates/downgrade-finding.ts'
import { DowngradeRate } from '../rates/downgrade-rate.ts'
import { MonthlyValues } from '../rates/monthly-values.ts'
import { FRESH, LASTING, LASTING_NOTE } from '../rates/open.ts'
import { falseAlarmsPerYear } from '../rates/settings.ts'
import {
  type Cusum,
  type Followed,
  followPoisson,
  newCusum,
  stepPoisson,
  strongest,
} from '../statistics/cusum.ts'
import { Ring } from '../statistics/ring.ts'
import { closeSpan, openSpan, type Spans, touches } from '../statistics/spans.ts'
import { threshold, YEAR } from '../statistics/threshold.ts'

const RATIOS = [4, 12] as const
const COUNTED = 512
/** Downgrades since the onset are kept up to this many until they are told. */
const UNITS = 100
const FEWEST_A_YEAR = 100
const DISORDER = 15 * MINUTE
/** A surge is over when no downgrade brought more evidence for so long. */
const OVER_AFTER = DAY
const LEAST_FALL = 0.1
const BIG_CUT = 0.5
const ENOUGH_VALUES = 20
const BIG_SEATS = 20
const HUGE_TIMES = 30
/** A chance variation of the usual is no surge: twice as many are expected. */
const MARGIN = 2
/** Nothing comes of these; a lower price for them is no loss. */
const NOT_RUNNING = new Set(['incomplete', 'incomplete_expired', 'canceled'])

/** One subscription's move to a cheaper plan. */
export interface Downgrade {
  at: Seconds
  subscription: string
  event: string
  /** Minor units a month; not an integer. */
  loss: number
  currency?: string
}

interface Open extends Followed {
  startedAt: Seconds
  openedAt: Seconds
  lastSign: Seconds
  losses: Sums
}

interface State {
  newest: Seconds
  values: MonthlyValues
  counted: Ring
  rate: DowngradeRate
  /** Since the onset, in order of time. */
  units: Downgrade[]
  surges: Spans
  open: Open | null
}

const settings = {
  minCustomers: {
    description: 'At least so many subscriptions must have moved to a cheaper plan before a surge is told.',
    unit: 'COUNT',
    default: 5,
    min: 3,
    max: 100,
  },
  bigTimes: {
    description:
      'A single downgrade is told when at least half is gone and the loss is so many times what a subscription is usually worth.',
    unit: 'RATIO',
    default: 10,
    min: 2,
    max: 1_000,
  },
  falseAlarmsPerYear,
} as const
type Asked = Context<typeof settings>

/** Tells when unusually many subscriptions move to cheaper plans, or a big one shrinks by half and more. */
export const planDowngrade = defineDetector({
  name: 'PLAN_DOWNGRADE',
  title: 'Downgrades',
  description:
    'More customers than usual move to cheaper plans, or a big one gives up half of what it paid or more. A single ordinary downgrade, one that was scheduled long ago, and a move to a longer billing period are left alone.',
  facts: ['subscriptionChanged'],
  settings,
  selfResolving: false,
  perObject: false,
  cooldown: 6 * HOUR,
  stateVersion: 2,
  idleAfter: 400 * DAY,
  initial: (): State => stateOf(),
  revive: (stored): State => stateOf(stored as State),
  key: () => '',
  observe(state, fact, context) {
    state.newest = Math.max(state.newest, fact.at)
    state.values.note(fact, state.newest)
    const loss = lossOf(fact)
    if (loss === 0) {
      state.rate.countChange(fact.at, state.newest)
      return undefined
    }
    const big = judgeBig(state, fact, loss, context)
    const surge = state.counted.admit(fact.subscription)
      ? judgeSurge(state, unitOf(fact, loss), context)
      : undefined
    return big === undefined ? surge : { ...surge, findings: [...(surge?.findings ?? []), big] }
  },
})

function stateOf(stored?: State): State {
  return {
    newest: 0,
    units: [],
    surges: [],
    open: null,
    ...stored,
    values: new MonthlyValues(stored?.values),
    counted: new Ring(COUNTED, stored?.counted),
    rate: new DowngradeRate(stored?.rate),
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
  return { at, subscription, event, loss, ...(currency === undefined ? {} : { currency }) }
}

function judgeBig(
  { values }: State,
  fact: SubscriptionChanged,
  loss: number,
  { settings }: Asked,
): Finding | undefined {
  const before = fact.before?.monthly ?? 0
  if (loss < before * BIG_CUT) return undefined
  const { n, mean } = fact.currency === undefined ? { n: 0, mean: 0 } : values.usual(fact.currency, fact.at)
  if (n < ENOUGH_VALUES) {
    const seats = (fact.before?.seats ?? 0) - (fact.seats ?? 0)
    return seats >= BIG_SEATS ? bigFinding(fact, loss, { seats, threshold: BIG_SEATS }, 'HIGH') : undefined
  }
  if (loss < settings.bigTimes * mean) return undefined
  const severity = loss >= HUGE_TIMES * mean ? 'CRITICAL' : 'HIGH'
  return bigFinding(fact, loss, { mean, times: settings.bigTimes }, severity)
}

function judgeSurge(state: State, unit: Downgrade, context: Asked): Step | undefined {
  const { rate } = state
  if (state.open !== null && unit.at > state.open.peakAt + OVER_AFTER) closeSurge(state, state.open)
  rate.settle(state.newest - DISORDER, (from, to) => touches(state.surges, from, to))
  rate.countDowngrade(unit.at)
  const { open } = state
  if (open === null) return watch(state, unit, context)
  if (unit.at >= open.openedAt + LASTING) return adopt(state, open, unit)
  if (unit.at >= open.lastSign) {
    followPoisson(open, expectedIn(state, unit.at - open.lastSign), unit.at)
    open.lastSign = unit.at
  } else open.sum.units += 1
  if (unit.currency !== undefined) addTo(open.losses, unit.currency, unit.loss)
  return { findings: [surgeFindingOf(state, open, [unit], context)] }
}

/** Downgrades expected in so many seconds, with the margin. */
const expectedIn = ({ rate, newest }: State, seconds: Seconds): number =>
  (MARGIN * rate.perDay(newest) * seconds) / DAY

/** Where many move every day, a handful within an hour is worth no alarm: it takes as many as a day may bring. */
const fewest = (state: State, { settings }: Asked): number =>
  Math.max(settings.minCustomers, Math.ceil(expectedIn(state, DAY)))

interface Fired {
  sum: Cusum
  ratio: number
}

/** Runs both alternatives over the downgrades since the onset, in order of time whatever the order of arrival. */
function watch(state: State, unit: Downgrade, context: Asked): Step | undefined {
  const { units, newest } = state
  units.push(unit)
  units.sort((a, b) => a.at - b.at || (a.event < b.event ? -1 : 1))
  if (units.length > UNITS) units.shift()
  const runs = RATIOS.map((ratio) => run(state, ratio, unit, context))
  const onset = Math.min(newest - DISORDER, ...runs.map(({ onset }) => onset))
  state.units = units.filter(({ at }) => at >= onset)
  if (unit.at < newest - FRESH) return undefined
  const best = strongest(
    runs.flatMap(({ fired }) => fired),
    () => true,
  )
  return best === undefined ? undefined : openSurge(state, best, units, context)
}

/** One alternative's sum: when it last left 0, and how it stood wherever from this unit on it is enough to tell. */
function run(
  state: State,
  ratio: number,
  { at: since }: Downgrade,
  context: Asked,
): { onset: Seconds; fired: Fired[] } {
  const needed = neededFor(state, context)
  const sum = newCusum()
  const fired: Fired[] = []
  let last = state.units[0]?.at ?? since
  for (const { at } of state.units) {
    stepPoisson(sum, expectedIn(state, at - last), ratio, at)
    last = at
    const isEnough = sum.score >= needed && sum.units >= fewest(state, context)
    if (isEnough && at >= since - DISORDER) fired.push({ sum: { ...sum }, ratio })
  }
  return { onset: sum.onset, fired }
}

function openSurge(state: State, { sum, ratio }: Fired, seen: readonly Downgrade[], context: Asked): Step {
  const units = seen.filter(({ at }) => at >= sum.onset)
  const lastSign = units.at(-1)?.at ?? context.now
  const losses: Sums = {}
  for (const { currency, loss } of units) if (currency !== undefined) addTo(losses, currency, loss)
  const { onset: startedAt, score } = sum
  const open: Open = {
    startedAt,
    openedAt: context.now,
    lastSign,
    sum,
    ratio,
    score,
    peakAt: lastSign,
    losses,
  }
  sum.units = units.length
  state.open = open
  state.units = []
  openSpan(state.surges, sum.onset)
  return { findings: [surgeFindingOf(state, open, units, context)] }
}

function closeSurge(state: State, open: Open): void {
  closeSpan(state.surges, open.lastSign)
  state.open = null
}

/** What has lasted for a week is the new course: the level of its last days becomes the usual one. */
function adopt(state: State, open: Open, unit: Downgrade): Step {
  state.rate.adopt(unit.at)
  closeSurge(state, open)
  state.surges = []
  return { ended: [{ fingerprint: '', at: unit.at, note: LASTING_NOTE }] }
}

const neededFor = (state: State, { settings }: Asked): number =>
  threshold(RATIOS.length * Math.max(FEWEST_A_YEAR, expectedIn(state, YEAR)), settings.falseAlarmsPerYear)

function surgeFindingOf(state: State, open: Open, fresh: readonly Downgrade[], context: Asked): Finding {
  return surgeFinding({
    downgrades: open.sum.units,
    usual: expectedIn(state, open.lastSign - open.startedAt) / MARGIN,
    fewest: fewest(state, context),
    nats: open.sum.score,
    needed: neededFor(state, context),
    startedAt: Math.min(
      open.startedAt,
      ...fresh.map(({ at }) => (at >= open.startedAt - DISORDER ? at : open.startedAt)),
    ),
    until: open.lastSign,
    losses: open.losses,
    fresh,
    perDay: state.rate.perDay(state.newest),
    endsAfter: OVER_AFTER,
  })
}
