import type { ChargeFailed, ChargeSucceeded, PaymentRefused } from '../../../stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../../time.ts'
import { type Context, defineDetector, type Finding, type Step } from '../../detector.ts'
import { addTo, type Sums } from '../../kit/amounts.ts'
import { looksGuessed } from '../../kit/guessing.ts'
import { type Lanes, laneOf } from '../../kit/lanes.ts'
import { type Mark, mostLikelyOnset, noteMark } from '../../kit/onset.ts'
import { ending, LASTING, LASTING_NOTE } from '../../kit/open.ts'
import { seasonSeries } from '../../kit/series.ts'
import { falseAlarmsPerYear } from '../../kit/settings.ts'
import { noteSign, type Signs, shownBy } from '../../kit/signs.ts'
import { isOddlySmall, isSmall, learnSize, type Sizes } from '../../kit/sizes.ts'
import { ofStream } from '../../kit/stream-state.ts'
import { upgradeTesting } from '../../kit/upgrade-runs.ts'
import {
  type Cusum,
  type Followed,
  followPoisson,
  newCusum,
  stepPoisson,
  strongest,
} from '../../statistics/cusum.ts'
import { excessOver } from '../../statistics/deviance.ts'
import { hourOf, nextHour } from '../../statistics/hours.ts'
import { Ring } from '../../statistics/ring.ts'
import { threshold } from '../../statistics/threshold.ts'
import { testingFinding } from './finding.ts'
import { Suspects } from './suspects.ts'

type Try = ChargeSucceeded | ChargeFailed | PaymentRefused

const RATIOS = [4, 16] as const
const RING = 1_024
const FEWEST_A_YEAR = 500
/** All that is expected counts three times: attacks are gross, and checkouts have bad days. */
const MARGIN = 3

/** One alternative with what was counted since its onset. */
interface Run {
  ratio: number
  sum: Cusum
  /** The suspects. */
  marks: Mark[]
  /** Payments that went through with a tested card. */
  taken: Sums
  takings: number
}

interface Lane {
  newest: Seconds
  runs: Run[]
  signs: Signs
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
  lanes: Lanes<Lane>
  open: Open | null
}

const settings = {
  minCards: {
    description: 'At least this many different cards must have been tried.',
    unit: 'COUNT',
    default: 12,
    min: 5,
    max: 500,
  },
  falseAlarmsPerYear,
} as const
type Asked = Context<typeof settings>

/** Reports when many different cards fail at the checkout in the way that guessed or stolen cards do. */
export const cardTesting = defineDetector({
  name: 'CARD_TESTING',
  title: 'Card testing',
  description:
    'Somebody is trying guessed or stolen cards on your checkout: many more different cards than usual fail as such cards do (wrong numbers, blocked, tiny amounts, cards that cannot be saved). Renewals and trouble at the banks do not count.',
  facts: ['chargeSucceeded', 'chargeFailed', 'paymentRefused'],
  settings,
  selfResolving: true,
  perObject: false,
  cooldown: 6 * HOUR,
  stateVersion: 6,
  upgrade: { 4: upgradeTesting, 5: (old) => old }, // Named days are noted from now on.
  idleAfter: 120 * DAY,
  ...ofStream(stateOf),
  observe,
  onTimer,
})

const newRun = (ratio: number): Run => ({ ratio, sum: newCusum(), marks: [], taken: {}, takings: 0 })
const newLane = (): Lane => ({ newest: 0, runs: RATIOS.map(newRun), signs: [] })

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
  if (!guessed && !isOddAmount(suspects.sizes, fact)) return undefined
  return cards.admit(cardOf(fact)) ? suspect(state, lane, { fact, guessed }, context) : undefined
}

/** Stolen cards are tried at the lowest price there is. */
const isOddAmount = (sizes: Sizes, { amount, currency }: ChargeFailed | PaymentRefused): boolean =>
  amount !== undefined && currency !== undefined && isOddlySmall(sizes, amount, currency)

const idOf = (fact: ChargeFailed | PaymentRefused): string =>
  fact.kind === 'chargeFailed' ? fact.charge : fact.id

/** A card that Stripe did not name is taken for its customer's one card. */
const cardOf = (fact: ChargeFailed | PaymentRefused): string => fact.card ?? fact.customer ?? idOf(fact)

interface Suspicion {
  fact: ChargeFailed | PaymentRefused
  guessed: boolean
}

function suspect(state: State, lane: Lane, { fact, guessed }: Suspicion, context: Asked): Step | undefined {
  const expected = MARGIN * state.suspects.countSuspect(fact.at, lane.newest, guessed)
  noteSign(lane.signs, fact.at, idOf(fact), fact.eventId)
  const code = fact.blocked ? 'blocked by Radar' : (fact.reason ?? fact.code ?? 'unknown')
  const { open } = state
  if (open === null) return watch(state, lane, { expected, code, at: fact.at }, context)
  followPoisson(open, expected, Math.max(open.peakAt, fact.at))
  addTo(open.codes, code, 1)
  return { findings: [findingOf(state, lane, open, false, context)] }
}

const needed = ({ suspects }: State, { settings }: Asked): number =>
  threshold(
    RATIOS.length * Math.max(FEWEST_A_YEAR, suspects.season.perDay * 365),
    settings.falseAlarmsPerYear,
  )

function watch(
  state: State,
  lane: Lane,
  { expected, code, at }: { expected: number; code: string; at: Seconds },
  context: Asked,
): Step | undefined {
  let anew = 0
  for (const run of lane.runs) {
    if (stepPoisson(run.sum, expected, run.ratio, at)) {
      run.taken = {}
      run.takings = 0
      run.marks = []
      anew += 1
    }
    noteMark(run.marks, { at, before: run.sum.expected, signs: 1, amounts: {}, reasons: { [code]: 1 } })
  }
  if (anew === lane.runs.length) lane.signs = lane.signs.slice(-1)
  const nats = needed(state, context)
  const { minCards } = context.settings
  const best = strongest(lane.runs, ({ score, units }) => score >= nats && units >= minCards)
  const since =
    best && mostLikelyOnset(best.marks, best.sum.expected, excessOver, (cards) => cards >= minCards)
  if (best === undefined || since === undefined) return undefined
  const open: Open = {
    // The smaller ratio follows the attack to its last card.
    ratio: RATIOS[0],
    sum: { ...best.sum, onset: since.at, units: since.signs, expected: since.exposure },
    score: best.sum.score,
    peakAt: lane.newest,
    startedAt: since.at,
    detectedAt: state.lanes.now.newest,
    codes: since.reasons,
    taken: best.taken,
    takings: best.takings,
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
function noteTaking({ open, cards, suspects }: State, { runs }: Lane, fact: ChargeSucceeded): void {
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

function findingOf(state: State, lane: Lane, open: Open, isFirst: boolean, context: Asked): Finding {
  return testingFinding({
    calendar: context.calendar,
    cards: open.sum.units,
    usual: open.sum.expected / MARGIN,
    minCards: context.settings.minCards,
    nats: open.sum.score,
    needed: needed(state, context),
    startedAt: open.startedAt,
    until: lane.newest,
    codes: open.codes,
    taken: open.taken,
    takings: open.takings,
    signs: isFirst ? open.sum.units : 1,
    ...shownBy(lane.signs, open.startedAt, isFirst),
    series: isFirst ? seasonSeries(state.suspects.season, lane.newest) : undefined,
  })
}
