import type { ChargeCaptured } from '../../../stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../../time.ts'
import { type Context, defineDetector, type Ending, type Finding, type Step } from '../../detector.ts'
import { withHolidays } from '../../kit/holidays.ts'
import { LASTING, LASTING_NOTE } from '../../kit/open.ts'
import { seasonSeries } from '../../kit/series.ts'
import { falseAlarmsPerYear } from '../../kit/settings.ts'
import { hourOf, nextHour, OPEN_HOURS } from '../../statistics/hours.ts'
import { PRIORS, type SeasonSpec } from '../../statistics/season.ts'
import { testsOfWindows, threshold } from '../../statistics/threshold.ts'
import { type Drop, dropOf, FEWEST, SIZE_WINDOWS, WINDOWS } from './drops.ts'
import { dropFinding } from './finding.ts'
import { CurrencyTakings, darkHours, lostIn, type Seen, stretches, Takings } from './takings.ts'
import { learnUnit, newUnitSize, type UnitSize, unitSize } from './unit-size.ts'

/** All currencies pooled, in units. */
const ALL = '*'
const CURRENCIES = 10
const RECOVERY = [12, 24, 48, 72] as const
/** A recovery is told by no window with less than this many units' worth usual. */
const FEWEST_RECOVERED = 8
const RECOVERED = 0.85
/** After a disturbance of delivery the missing may still be on its way. */
const PATIENCE: Seconds = 2 * HOUR
/** With nothing taken for so long the hourly look stops until the next payment. */
const IDLE: Seconds = 8 * DAY
const SEASON: SeasonSpec = {
  delay: 72,
  priors: PRIORS,
  // Days are learned three days late, so the 21st day of a tenant is the 18th learned. The floor keeps a holiday of
  // a very regular giant quiet, and a dull one, too.
  dispersion: { prior: 0.03, young: 0.03, youngDays: 18, floor: 0.02 },
}
interface State {
  since: Seconds
  newest: Seconds
  awake: boolean
  size: UnitSize
  all: Takings
  currencies: Record<string, CurrencyTakings>
  /** Since when each series is down; the incident ends when all are up again. */
  down: Record<string, Seconds>
  startedAt: Seconds
  nats: number
}

const settings = {
  minDrop: {
    description: 'Revenue must be below the usual by at least this share.',
    unit: 'RATIO',
    default: 0.3,
    min: 0.1,
    max: 0.9,
  },
  minHistory: {
    description: 'Days of history that are needed before anything is reported: the usual week must be known.',
    unit: 'COUNT',
    default: 14,
    min: 7,
    max: 60,
  },
  falseAlarmsPerYear,
} as const
type Told = Context<typeof settings>

/** Reports when less money comes in than is usual at this time of the week. */
export const revenueDrop = defineDetector({
  name: 'REVENUE_DROP',
  title: 'Revenue drop',
  description:
    'Less money comes in than is usual for you at this time of the week, in one currency or in all together. It needs two weeks of history, and waits while events themselves fail to arrive.',
  facts: ['chargeCaptured'],
  settings,
  selfResolving: true,
  perObject: false,
  anyOrder: true,
  cooldown: 24 * HOUR,
  stateVersion: 2,
  upgrade: { 1: (old) => old }, // Levels of former weeks are noted from now on.
  idleAfter: 120 * DAY,
  initial: (): State => stateOf(),
  revive: (stored): State => stateOf(stored as State),
  key: () => '',
  observe,
  onTimer,
})

function stateOf(stored?: State): State {
  const all = new Takings(SEASON, stored?.all)
  const currencies = Object.entries(stored?.currencies ?? {}).map(
    ([currency, kept]) => [currency, new CurrencyTakings(SEASON, kept, all)] as const,
  )
  return {
    since: 0,
    newest: 0,
    awake: false,
    size: newUnitSize(),
    down: {},
    startedAt: 0,
    nats: 0,
    ...stored,
    all,
    currencies: Object.fromEntries(currencies),
  }
}

function observe(state: State, fact: ChargeCaptured): Step | undefined {
  if (fact.amount <= 0) return undefined
  if (state.since === 0) state.since = fact.at
  state.newest = Math.max(state.newest, fact.at)
  const takings = takingsOf(state, fact.currency)
  const units = takings?.weigh(fact.at, state.newest, fact.amount) ?? 1
  learnUnit(state.size, units)
  takings?.add(fact.at, units)
  state.all.add(fact.at, units)
  if (state.awake) return undefined
  state.awake = true
  return { wakeAt: nextHour(state.newest) }
}

/** A currency's own series; beyond so many currencies the rest count in the pooled one only. */
function takingsOf({ currencies, all }: State, currency: string): CurrencyTakings | undefined {
  const known = currencies[currency]
  if (known !== undefined || Object.keys(currencies).length >= CURRENCIES) return known
  const made = new CurrencyTakings(SEASON, undefined, all)
  currencies[currency] = made
  return made
}

/** The pooled series, and each currency's where there are several in which enough is paid to miss it. */
function seriesOf({ all, currencies, down }: State): [name: string, takings: Takings][] {
  const each = Object.entries(currencies).filter(
    ([name, { season }]) => season.perDay >= FEWEST / 3 || name in down,
  )
  return each.length > 1 ? [[ALL, all], ...each] : [[ALL, all]]
}

function onTimer(state: State, context: Told): Step {
  const { now, delivery, calendar } = context
  const size = unitSize(state.size)
  for (const takings of [state.all, ...Object.values(state.currencies)]) {
    takings.season.advance(now, withHolidays(delivery.dark, calendar), size, delivery.undecided)
    takings.noteLevel(now)
  }
  const step = { ...judge(state, size, context) }
  state.awake = isOpen(state) || now - state.newest < IDLE
  return { ...step, wakeAt: state.awake ? nextHour(now) : null }
}

const isOpen = ({ down }: State): boolean => Object.keys(down).length > 0

function judge(state: State, size: number, context: Told): Pick<Step, 'findings' | 'ended'> {
  const { now, delivery } = context
  if (isOpen(state) && now - state.startedAt >= LASTING) return settle(state, context)
  const dark = darkHours(delivery.dark, now)
  const { disturbedAt } = delivery
  const isDisturbed = disturbedAt !== undefined && now - disturbedAt < PATIENCE
  if (delivery.quiet || isDisturbed || dark.has(hourOf(now) - 1)) return {}
  const seen = { size, dark, open: delivery.open(now - OPEN_HOURS * HOUR, now) }
  const ended = recover(state, now, seen)
  const findings = look(state, seen, context)
  return { findings, ...(ended === undefined ? {} : { ended: [ended] }) }
}

/** Series that are as usual again are no longer down; the incident ends with the last of them. */
function recover(state: State, now: Seconds, { size, dark, open }: Seen): Ending | undefined {
  if (!isOpen(state)) return undefined
  let at = 0
  for (const [name, takings] of seriesOf(state)) {
    const since = state.down[name]
    if (since === undefined) continue
    const windows = stretches(takings, now, RECOVERY, dark, open).filter(({ from }) => from >= since)
    const isLast = (hours: number) => hours === RECOVERY.at(-1)
    const well = windows.find(
      ({ units, usual, hours }) =>
        units >= RECOVERED * usual && usual >= (isLast(hours) ? FEWEST / 2 : FEWEST_RECOVERED) * size,
    )
    if (well === undefined) continue
    delete state.down[name]
    takings.calmSince = well.from
    takings.season.calm(well.from)
    at = Math.max(at, well.from)
  }
  return isOpen(state) ? undefined : { fingerprint: '', at }
}

/** After seven days the new level is the usual one. */
function settle(state: State, { now, delivery }: Told): Pick<Step, 'ended'> {
  for (const [name, takings] of seriesOf(state)) {
    if (state.down[name] === undefined) continue
    takings.season.adopt(now, delivery.dark)
    takings.calmSince = now
  }
  state.down = {}
  return { ended: [{ fingerprint: '', at: now, note: LASTING_NOTE }] }
}

function look(state: State, seen: Seen, context: Told): Finding[] {
  const { now } = context
  if (now - state.since < context.settings.minHistory * DAY) return []
  const wasOpen = isOpen(state)
  const series = seriesOf(state)
  const nats = needed(series.length, context)
  let worst: Drop | undefined
  for (const [name, takings] of series) {
    const drop = dropOf(takings, name, { ...seen, nats, now, minDrop: context.settings.minDrop })
    if (drop === undefined) continue
    if (state.down[name] === undefined) fall(state, drop, wasOpen)
    // The pooled series speaks for all when it is down.
    if (worst === undefined || (worst.name !== ALL && drop.nats > worst.nats)) worst = drop
  }
  if (worst === undefined) return []
  state.nats = Math.max(state.nats, worst.nats)
  return [findingOf(state, worst, { ...seen, nats, isFirst: !wasOpen }, context)]
}

function fall(state: State, { name, takings, from }: Drop, wasOpen: boolean): void {
  const isFirst = !wasOpen && !isOpen(state)
  state.down[name] = from
  state.startedAt = isFirst ? from : Math.min(state.startedAt, from)
  if (isFirst) state.nats = 0
  takings.season.trouble(from)
}

/** With several series each is looked at: the more there are, the more evidence each needs. */
const needed = (series: number, { settings }: Told): number =>
  threshold(series * testsOfWindows([...WINDOWS, ...SIZE_WINDOWS]), settings.falseAlarmsPerYear)

function findingOf(
  state: State,
  drop: Drop,
  { size, nats, dark, open, isFirst }: Seen & { nats: number; isFirst: boolean },
  { now, settings, calendar }: Told,
): Finding {
  return dropFinding({
    calendar,
    ...drop,
    currency: drop.name === ALL ? undefined : drop.name,
    lost: lostIn(affected(state, drop), now, drop.hours, dark, open),
    minDrop: settings.minDrop,
    nats: state.nats,
    needed: nats,
    startedAt: state.startedAt,
    series: isFirst ? seasonSeries(drop.takings.season, now - 1, size) : undefined,
  })
}

/** The currencies that the drop is of. */
const affected = ({ currencies }: State, { name }: Drop): [currency: string, takings: CurrencyTakings][] =>
  Object.entries(currencies).filter(([currency]) => name === ALL || name === currency)
