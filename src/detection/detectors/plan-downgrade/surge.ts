import { DAY, type Seconds } from '../../../time.ts'
import type { Context, Finding, Setting, Step } from '../../detector.ts'
import { addTo, type Sums } from '../../kit/amounts.ts'
import { DISORDER } from '../../kit/disorder.ts'
import { type Explained, FRESH, LASTING, LASTING_NOTE, reportOf } from '../../kit/incident.ts'
import { type Followed, followPoisson, newCusum, stepPoisson, strongest } from '../../statistics/cusum.ts'
import { mostUnseen } from '../../statistics/dates.ts'
import { explains, Habits } from '../../statistics/habits.ts'
import { closeSpan, openSpan, type Spans } from '../../statistics/spans.ts'
import { threshold, YEAR } from '../../statistics/threshold.ts'
import { type Downgrade, surgeFinding } from './finding.ts'
import { DowngradeRate } from './rate.ts'

const RATIOS = [4, 12] as const
/** Downgrades since the onset are kept up to this many until they are reported. */
const UNITS = 100
const FEWEST_A_YEAR = 100
/** A surge is over when no downgrade brought more evidence for this long. */
const OVER_AFTER = DAY

interface Open extends Followed, Explained {
  startedAt: Seconds
  openedAt: Seconds
  lastSign: Seconds
  losses: Sums
}

/** What is known of downgrades: how many are usual, and those of a surge that begins or goes on. Plain data but for the rate. */
export interface Surge {
  newest: Seconds
  rate: DowngradeRate
  /** Since the onset, in order of time. */
  units: Downgrade[]
  surges: Spans
  habits: Habits
  open: Open | null
}

type Asked = Context<{ minCustomers: Setting; falseAlarmsPerYear: Setting }>

export const surgeOf = (stored?: Surge): Surge => ({
  newest: 0,
  units: [],
  surges: [],
  open: null,
  ...stored,
  rate: new DowngradeRate(stored?.rate),
  habits: new Habits(stored?.habits),
})

/** Counts a change that is no downgrade. Days are taken in here, too: there may be no downgrade for years. */
export function countChange(state: Surge, at: Seconds, newest: Seconds): void {
  endIfOver(state, newest - DISORDER)
  state.rate.settle(newest - DISORDER, state.surges)
  state.rate.countChange(at, newest)
}

/** Judges one more downgrade; `newest`: of all the stream's facts. */
export function judgeDowngrade(
  state: Surge,
  unit: Downgrade,
  newest: Seconds,
  context: Asked,
): Step | undefined {
  state.newest = newest
  const { rate } = state
  endIfOver(state, unit.at)
  rate.settle(state.newest - DISORDER, state.surges)
  rate.countDowngrade(unit.at)
  const { open } = state
  if (open === null) return watch(state, unit, context)
  if (unit.at >= open.openedAt + LASTING) return adopt(state, open, unit)
  if (unit.at >= open.lastSign) {
    followPoisson(open, expectedIn(state, unit.at - open.lastSign), unit.at)
    open.lastSign = unit.at
  } else open.sum.units += 1
  if (unit.currency !== undefined) addTo(open.losses, unit.currency, unit.loss)
  return report(state, open, [unit], context)
}

/** Nothing is said of no more than come at this time of the month whenever it comes. */
const report = (state: Surge, open: Open, fresh: readonly Downgrade[], context: Asked): Step => ({
  findings: reportOf(
    open,
    (habit) => explains(habit, open.sum.units, neededFor(state, context)),
    () => surgeFindingOf(state, open, fresh, context),
  ),
})

/** Downgrades expected in this many seconds, with the margin. */
const expectedIn = ({ rate, newest }: Surge, seconds: Seconds): number =>
  (mostUnseen(newest) * rate.edgePerDay(newest) * seconds) / DAY

/** Where many move every day, a handful within an hour is worth no alarm: it takes as many as a day may bring. */
const fewest = (state: Surge, { settings }: Asked): number =>
  Math.max(settings.minCustomers, Math.ceil(expectedIn(state, DAY)))

type Fired = Pick<Followed, 'sum' | 'ratio'>

/** Runs both alternatives over the downgrades since the onset, in order of time whatever the order of arrival. */
function watch(state: Surge, unit: Downgrade, context: Asked): Step | undefined {
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
  state: Surge,
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

function openSurge(state: Surge, { sum, ratio }: Fired, seen: readonly Downgrade[], context: Asked): Step {
  const units = seen.filter(({ at }) => at >= sum.onset)
  const startedAt = sum.onset
  const lastSign = units.at(-1)?.at ?? context.now
  const losses: Sums = {}
  for (const { currency, loss } of units) if (currency !== undefined) addTo(losses, currency, loss)
  const open: Open = {
    startedAt,
    openedAt: context.now,
    lastSign,
    sum: { ...sum, units: units.length },
    ratio,
    score: sum.score,
    peakAt: lastSign,
    losses,
    habit: state.habits.at(startedAt, context.feedback) ?? null,
    isReported: false,
  }
  state.open = open
  state.units = []
  openSpan(state.surges, startedAt)
  return report(state, open, units, context)
}

/** A surge ends by itself: should it come back at its time, it is a habit. */
function endIfOver(state: Surge, at: Seconds): void {
  const { open } = state
  if (open === null || at <= open.peakAt + OVER_AFTER) return
  const { startedAt: from, lastSign: to, sum } = open
  state.habits.note({ from, to, signs: sum.units, exposure: 1 }, open.habit)
  closeSurge(state, open)
}

function closeSurge(state: Surge, open: Open): void {
  closeSpan(state.surges, open.lastSign)
  state.open = null
}

/** What has lasted for a week is the new course: the level of its last days becomes the usual one. */
function adopt(state: Surge, open: Open, unit: Downgrade): Step {
  state.rate.adopt(unit.at)
  closeSurge(state, open)
  state.surges = []
  return { ended: [{ fingerprint: '', at: unit.at, note: LASTING_NOTE }] }
}

const neededFor = (state: Surge, { settings }: Asked): number =>
  threshold(RATIOS.length * Math.max(FEWEST_A_YEAR, expectedIn(state, YEAR)), settings.falseAlarmsPerYear)

function surgeFindingOf(state: Surge, open: Open, fresh: readonly Downgrade[], context: Asked): Finding {
  return surgeFinding({
    calendar: context.calendar,
    downgrades: open.sum.units,
    usual: (state.rate.perDay(state.newest) * (open.lastSign - open.startedAt)) / DAY,
    fewest: fewest(state, context),
    nats: open.sum.score,
    needed: neededFor(state, context),
    startedAt: Math.min(
      open.startedAt,
      ...fresh.map(({ at }) => (at >= open.startedAt - DISORDER ? at : open.startedAt)),
    ),
    losses: open.losses,
    fresh,
    perDay: state.rate.perDay(state.newest),
    endsAfter: OVER_AFTER,
  })
}
