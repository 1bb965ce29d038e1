import type { ChargeSucceeded } from '../../../stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../../time.ts'
import { type Context, defineDetector, type Finding, type Step } from '../../detector.ts'
import { addTo, type Sums } from '../../kit/amounts.ts'
import { type Failure, idOf, looksGuessed } from '../../kit/failures.ts'
import { ofStream } from '../../kit/heads.ts'
import { ending, LASTING, LASTING_NOTE } from '../../kit/incident.ts'
import { type Lane, type Lanes, laneOf } from '../../kit/lanes.ts'
import { markOf } from '../../kit/onset.ts'
import { addSign, fired, followedFrom, type Run } from '../../kit/runs.ts'
import { seasonSeries } from '../../kit/series.ts'
import { countOf, falseAlarmsPerYear } from '../../kit/settings.ts'
import { noteSign, shownBy } from '../../kit/signs.ts'
import { isOddlySmall, isSmall, learnSize } from '../../kit/sizes.ts'
import { upgradeTesting } from '../../kit/upgrade-runs.ts'
import { type Followed, followPoisson, newCusum } from '../../statistics/cusum.ts'
import { hourOf, nextHour } from '../../statistics/hours.ts'
import { Ring } from '../../statistics/ring.ts'
import { threshold } from '../../statistics/threshold.ts'
import { testingFinding } from './finding.ts'
import { Suspects } from './suspects.ts'

type Try = ChargeSucceeded | Failure

const RATIOS = [4, 16] as const
const RING = 1_024
const FEWEST_A_YEAR = 500
/** All that is expected counts three times: attacks are gross, and checkouts have bad days. */
const MARGIN = 3

/** One alternative with the suspects since its onset, and payments that went through with a tested card. */
interface Testing extends Run {
  taken: Sums
  takings: number
}

interface Open extends Followed {
  startedAt: Seconds
  detectedAt: Seconds
  codes: Sums
  taken: Sums
  takings: number
}

interface State {
  cards: Ring
  suspects: Suspects
  lanes: Lanes<Lane<Testing>>
  open: Open | null
}

const settings = {
  minCards: countOf('At least this many different cards must have been tried.', {
    default: 12,
    min: 5,
    max: 500,
  }),
  falseAlarmsPerYear,
}
type Asked = Context<typeof settings>

/** Reports when many different cards fail at the checkout in the way that guessed or stolen cards do. */
export const cardTesting = defineDetector({
  name: 'CARD_TESTING',
  title: 'Card testing',
  description:
    'Somebody is trying guessed or stolen cards on your checkout: many more different cards than usual fail as such cards do (wrong numbers, blocked, tiny amounts, cards that cannot be saved). Renewals and trouble at the banks do not count.',
  facts: ['chargeSucceeded', 'chargeFailed', 'paymentRefused'],
  settings,
  cooldown: 6 * HOUR,
  stateVersion: 6,
  upgrade: { 4: upgradeTesting, 5: (old) => old }, // Named days are noted from now on.
  idleAfter: 120 * DAY,
  ...ofStream(stateOf),
  observe,
  onTimer,
})

const newRun = (ratio: number): Testing => ({ ratio, sum: newCusum(), marks: [], taken: {}, takings: 0 })
const newLane = (): Lane<Testing> => ({ newest: 0, runs: RATIOS.map(newRun), signs: [] })

function stateOf(stored?: State): State {
  return {
    lanes: { now: newLane(), backlog: null },
    open: null,
    ...stored,
    cards: new Ring(RING, stored?.cards),
    suspects: new Suspects(stored?.suspects),
  }
}

function observe(state: State, fact: Try, context: Asked): Step | undefined {
  const { suspects, cards } = state
  // A business that lives on invoices has no other payments to show what is usual.
  if (fact.kind === 'chargeSucceeded' && fact.recurring) learnSize(suspects.sizes, fact.amount, fact.currency)
  if (fact.recurring) return undefined
  const lane = laneOf(state.lanes, fact.at, newLane)
  suspects.countTry(fact.at, state.lanes.now.newest, context.delivery.dark)
  if (fact.kind === 'chargeSucceeded') {
    suspects.countSuccess(fact.amount, fact.currency)
    noteTaking(state, lane, fact)
    return undefined
  }
  if (fact.invalid) return undefined
  const guessed = looksGuessed(fact)
  if (!guessed) suspects.countRefusal()
  // Stolen cards are tried at the lowest price there is.
  if (!guessed && !isOddlySmall(suspects.sizes, fact)) return undefined
  return cards.admit(cardOf(fact)) ? suspect(state, lane, fact, guessed, context) : undefined
}

/** A card that Stripe did not name is taken for its customer's one card. */
const cardOf = (fact: Failure): string => fact.card ?? fact.customer ?? idOf(fact)

function suspect(
  state: State,
  lane: Lane<Testing>,
  fact: Failure,
  guessed: boolean,
  context: Asked,
): Step | undefined {
  const expected = MARGIN * state.suspects.countSuspect(fact.at, lane.newest, guessed)
  noteSign(lane.signs, fact.at, idOf(fact), fact.eventId)
  const { open } = state
  if (open === null) return watch(state, lane, fact, expected, context)
  followPoisson(open, expected, Math.max(open.peakAt, fact.at))
  addTo(open.codes, codeOf(fact), 1)
  return { findings: [findingOf(state, lane, open, false, context)] }
}

const codeOf = ({ blocked, reason, code }: Failure): string =>
  blocked ? 'blocked by Radar' : (reason ?? code ?? 'unknown')

const needed = ({ suspects }: State, { settings }: Asked): number =>
  threshold(
    RATIOS.length * Math.max(FEWEST_A_YEAR, suspects.season.perDay * 365),
    settings.falseAlarmsPerYear,
  )

function watch(
  state: State,
  lane: Lane<Testing>,
  fact: Failure,
  expected: number,
  context: Asked,
): Step | undefined {
  const { at } = fact
  addSign(lane, { expected, at }, newRun, (before) => markOf({ at }, codeOf(fact), before))
  const found = fired(lane.runs, needed(state, context), context.settings.minCards)
  if (found === undefined) return undefined
  const { run, since } = found
  const open: Open = {
    ...followedFrom(since, run, lane.newest),
    // The smaller ratio follows the attack to its last card.
    ratio: RATIOS[0],
    startedAt: since.at,
    detectedAt: state.lanes.now.newest,
    codes: since.reasons,
    taken: run.taken,
    takings: run.takings,
  }
  state.open = open
  lane.runs = RATIOS.map(newRun)
  state.suspects.season.trouble(open.startedAt)
  return {
    findings: [findingOf(state, lane, open, true, context)],
    wakeAt: nextHour(state.lanes.now.newest),
  }
}

/** Small payments that go through in a burst, and those of its cards, come back as disputes. */
function noteTaking({ open, cards, suspects }: State, { runs }: Lane<Testing>, fact: ChargeSucceeded): void {
  const going = open === null ? runs.filter(({ sum }) => sum.score > 0) : [open]
  if (going.length === 0) return
  const isTested =
    isSmall(suspects.sizes, fact.amount, fact.currency) || (fact.card !== undefined && cards.has(fact.card))
  if (!isTested) return
  for (const run of going) {
    addTo(run.taken, fact.currency, fact.amount)
    run.takings += 1
  }
}

function onTimer(state: State, { now, delivery }: Asked): Step | undefined {
  const { open } = state
  const { season } = state.suspects
  if (open === null) return undefined
  season.advance(now, delivery.dark)
  const hour = hourOf(now) - 1
  const isCalm = season.hours.at(hour) <= Math.max(3, MARGIN * season.usual(hour))
  if (isCalm && open.detectedAt <= now - HOUR && open.peakAt < now) return end(state, open.peakAt)
  if (now - open.startedAt < LASTING) return { wakeAt: nextHour(now) }
  const step = end(state, now, LASTING_NOTE)
  season.adopt(now, delivery.dark)
  return step
}

function end(state: State, at: Seconds, note?: string): Step {
  state.suspects.season.calm(at)
  state.suspects.restart(at)
  state.open = null
  state.lanes.now.signs = []
  return ending(at, note)
}

function findingOf(state: State, lane: Lane<Testing>, open: Open, isFirst: boolean, context: Asked): Finding {
  const { units, expected, score } = open.sum
  const first = isFirst && { signs: units, series: seasonSeries(state.suspects.season, lane.newest) }
  return testingFinding({
    ...context.settings,
    ...open,
    ...shownBy(lane.signs, open.startedAt, first),
    calendar: context.calendar,
    cards: units,
    usual: expected / MARGIN,
    nats: score,
    needed: needed(state, context),
    until: lane.newest,
  })
}
