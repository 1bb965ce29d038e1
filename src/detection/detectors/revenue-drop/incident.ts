import { DAY, HOUR, type Seconds } from '../../../time.ts'
import type { Context, Ending, Finding, Step } from '../../detector.ts'
import { LASTING, LASTING_NOTE } from '../../kit/incident.ts'
import { seasonSeries } from '../../kit/series.ts'
import { hourOf, OPEN_HOURS } from '../../statistics/hours.ts'
import { testsOfWindows, threshold } from '../../statistics/threshold.ts'
import { type Drop, dropOf, FEWEST, FEWEST_RECOVERED, RECOVERED, SIZE_WINDOWS, WINDOWS } from './drops.ts'
import { dropFinding } from './finding.ts'
import { missedOf, recoveredAt } from './missed-renewals.ts'
import { adoptLastDays, type Unusable } from './renewals.ts'
import { renewalsFinding } from './renewals-finding.ts'
import { ALL } from './revenue.ts'
import { isOpen, RENEWALS, type Settings, type State } from './state.ts'
import { darkHours, lostIn, type Seen, stretches, type Takings } from './takings.ts'
import { isHiddenByRuns } from './without-renewals.ts'

/** The life of the one incident: what goes down, comes up again, or stays down for good. */

const RECOVERY = [12, 24, 48, 72] as const
/** After a disturbance of delivery the missing may still be on its way. */
const PATIENCE: Seconds = 2 * HOUR
const NONE_DUE_NOTE = 'Nothing else has fallen due since, so this incident is closed.'

type Asked = Context<Settings>

/** Days are of no use while deliveries were lost on them, and are not learned as long as renewals do not come. */
export function unusableOf({ down }: State, context: Asked): Unusable {
  const isLost = lostOf(context)
  return (from, to) => to > (down[RENEWALS] ?? Number.POSITIVE_INFINITY) || isLost(from, to)
}

/** Whether deliveries were lost on a day. */
const lostOf =
  ({ delivery }: Asked): Unusable =>
  (from, to) =>
    delivery.dark(from, to).length > 0

export function judge(state: State, size: number, context: Asked): Pick<Step, 'findings' | 'ended'> {
  const { now, delivery } = context
  if (isOpen(state) && now - state.startedAt >= LASTING) return settle(state, context)
  const dark = darkHours(delivery.dark, now)
  const { disturbedAt } = delivery
  const isDisturbed = disturbedAt !== undefined && now - disturbedAt < PATIENCE
  if (delivery.quiet || isDisturbed || dark.has(hourOf(now) - 1)) return {}
  const seen = { size, dark, open: delivery.open(now - OPEN_HOURS * HOUR, now) }
  const ended = recover(state, seen, context)
  const findings = look(state, seen, context)
  return { findings, ended: ended && [ended] }
}

/** Series that are as usual again are no longer down; the incident ends with the last of them. */
function recover(state: State, seen: Seen, context: Asked): Ending | undefined {
  if (!isOpen(state)) return undefined
  const { now } = context
  let at = 0
  for (const [name, takings] of state.revenue.series(state.down)) {
    const since = state.down[name]
    if (since === undefined) continue
    const windows = stretches(takings, now, RECOVERY, seen).filter(({ from }) => from >= since)
    const isLast = (hours: number) => hours === RECOVERY.at(-1)
    const well = windows.find(
      ({ units, usual, hours }) =>
        units >= RECOVERED * usual && usual >= (isLast(hours) ? FEWEST / 2 : FEWEST_RECOVERED) * seen.size,
    )
    if (well === undefined) continue
    delete state.down[name]
    for (const each of alike(state, name)) {
      each.calmSince = well.from
      each.season.calm(well.from)
    }
    at = Math.max(at, well.from)
  }
  const { renewals, down } = state
  const since = down[RENEWALS]
  const paidAt = renewals && since && recoveredAt(renewals, since, now, lostOf(context))
  if (renewals !== undefined && paidAt !== undefined) {
    delete down[RENEWALS]
    renewals.calmSince = paidAt
    at = Math.max(at, paidAt)
  }
  return isOpen(state) ? undefined : { fingerprint: '', at }
}

/** After seven days the new level is the usual one. */
function settle(state: State, context: Asked): Pick<Step, 'ended'> {
  const { now, delivery } = context
  let isAdopted = false
  for (const [name] of state.revenue.series(state.down)) {
    if (state.down[name] === undefined) continue
    for (const each of alike(state, name)) {
      each.season.adopt(now, delivery.dark)
      each.calmSince = now
    }
    isAdopted = true
  }
  if (state.renewals !== undefined && state.down[RENEWALS] !== undefined)
    isAdopted = adoptLastDays(state.renewals, now, lostOf(context)) || isAdopted
  state.down = {}
  return { ended: [{ fingerprint: '', at: now, note: isAdopted ? LASTING_NOTE : NONE_DUE_NOTE }] }
}

function look(state: State, seen: Seen, context: Asked): Finding[] {
  const { now, settings } = context
  if (now - knownSince(state) < settings.minHistory * DAY) return []
  const wasOpen = isOpen(state)
  const series = isHiddenByRuns(state, now) ? [] : state.revenue.series(state.down)
  const nats = needed(Math.max(1, series.length), context)
  let worst: Drop | undefined
  for (const [name, takings] of series) {
    const drop = dropOf(takings, name, { ...seen, nats, now, minDrop: settings.minDrop })
    if (drop === undefined) continue
    if (state.down[name] === undefined) fall(state, name, drop.from, wasOpen)
    // The pooled series speaks for all when it is down.
    if (worst === undefined || (worst.name !== ALL && drop.nats > worst.nats)) worst = drop
  }
  const missed =
    state.renewals &&
    missedOf(state.renewals, { now, nats, minDrop: settings.minDrop, unusable: lostOf(context) })
  if (missed !== undefined && state.down[RENEWALS] === undefined) fall(state, RENEWALS, missed.from, wasOpen)
  const evidence = Math.max(worst?.nats ?? 0, missed?.nats ?? 0)
  if (evidence === 0) return []
  state.nats = Math.max(state.nats, evidence)
  if (missed !== undefined && missed.nats === evidence) {
    const known = { calendar: context.calendar, startedAt: state.startedAt, nats: state.nats, needed: nats }
    return [renewalsFinding({ ...settings, ...missed, ...known, paid: state.renewals?.paid ?? {} })]
  }
  return worst === undefined ? [] : [findingOf(state, worst, { ...seen, nats, isFirst: !wasOpen }, context)]
}

/** Before anybody has paid, since the first subscription. */
const knownSince = ({ since, renewals }: State): Seconds => since || (renewals?.since ?? 0)

function fall(state: State, name: string, from: Seconds, wasOpen: boolean): void {
  const isFirst = !wasOpen && !isOpen(state)
  state.down[name] = from
  state.startedAt = isFirst ? from : Math.min(state.startedAt, from)
  if (isFirst) state.nats = 0
  for (const { season } of alike(state, name)) season.trouble(from)
}

/** The series of that name, and the one that is going to replace it. */
const alike = ({ revenue, next }: State, name: string): Takings[] =>
  [revenue.named(name), next?.revenue.named(name)].filter((each) => each !== undefined)

/** With several series each is looked at: the more there are, the more evidence each needs. */
const needed = (series: number, { settings }: Asked): number =>
  threshold(series * testsOfWindows([...WINDOWS, ...SIZE_WINDOWS]), settings.falseAlarmsPerYear)

function findingOf(
  state: State,
  drop: Drop,
  seen: Seen & { nats: number; isFirst: boolean },
  { now, settings, calendar }: Asked,
): Finding {
  const affected = Object.entries(state.revenue.currencies).filter(
    ([currency]) => drop.name === ALL || drop.name === currency,
  )
  return dropFinding({
    calendar,
    ...drop,
    currency: drop.name === ALL ? undefined : drop.name,
    lost: lostIn(affected, now, drop.hours, seen),
    minDrop: settings.minDrop,
    nats: state.nats,
    needed: seen.nats,
    startedAt: state.startedAt,
    series: seen.isFirst ? seasonSeries(drop.takings.season, now - 1, seen.size) : undefined,
  })
}
