import type { ChargeFailed, ChargeSucceeded, PaymentRefused } from '../../stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../time.ts'
import { type Context, defineDetector, type Finding, type Step } from '../detector.ts'
import { addTo, type Sums } from '../rates/amounts.ts'
import { testingFinding } from '../rates/card-testing-finding.ts'
import { looksGuessed } from '../rates/guessing.ts'
import { ending, FRESH, LASTING, LASTING_NOTE, momentOf, timeOf } from '../rates/open.ts'
import { seasonSeries } from '../rates/series.ts'
import { falseAlarmsPerYear } from '../rates/settings.ts'
import { noteSign, type Signs, shownBy } from '../rates/signs.ts'
import { isOddlySmall, isSmall, type Sizes } from '../rates/sizes.ts'
import { Suspects } from '../rates/suspects.ts'
import {
  type Cusum,
  type Followed,
  followPoisson,
  newCusum,
  stepPoisson,
  strongest,
} from '../statistics/cusum.ts'
import { hourOf, nextHour } from '../statistics/hours.ts'
import { Ring } from '../statistics/ring.ts'
import { threshold } from '../statistics/threshold.ts'

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
  /** Payments that went through with a tested card. */
  taken: Sums
  takings: number
  codes: Sums
}

interface Open extends Run, Followed {
  startedAt: Seconds
  detectedAt: Seconds
}

interface State {
  newest: Seconds
  cards: Ring
  suspects: Suspects
  runs: Run[]
  signs: Signs
  open: Open | null
}

const settings = {
  minCards: {
    description: 'At least so many different cards must have been tried.',
    unit: 'COUNT',
    default: 12,
    min: 5,
    max: 500,
  },
  falseAlarmsPerYear,
} as const
type Told = Context<typeof settings>

/** Tells when many different cards fail at the checkout in the way that guessed or stolen cards do. */
export const cardTesting = defineDetector({
  name: 'CARD_TESTING',
  title: 'Card testing',
  description:
    'Somebody is trying stolen cards on your checkout: many different cards fail in the way that guessed cards do (wrong numbers, blocked, tiny amounts, failing set-ups), far more than is usual for you. Renewals and failures of a gateway do not count.',
  facts: ['chargeSucceeded', 'chargeFailed', 'paymentRefused'],
  settings,
  selfResolving: true,
  perObject: false,
  cooldown: 6 * HOUR,
  stateVersion: 4,
  idleAfter: 120 * DAY,
  initial: (): State => stateOf(),
  revive: (stored): State => stateOf(stored as State),
  key: () => '',
  observe,
  onTimer,
})

const newRun = (ratio: number): Run => ({ ratio, sum: newCusum(), taken: {}, takings: 0, codes: {} })

function stateOf(stored?: State): State {
  return {
    newest: 0,
    runs: RATIOS.map(newRun),
    signs: [],
    open: null,
    ...stored,
    cards: new Ring(RING, stored?.cards),
    suspects: new Suspects(stored?.suspects),
  }
}

function observe(state: State, fact: Try, context: Told): Step | undefined {
  if (fact.recurring) return undefined
  const { suspects, cards } = state
  state.newest = Math.max(state.newest, fact.at)
  suspects.countTry(fact.at, state.newest, context.delivery.dark)
  if (fact.kind === 'chargeSucceeded') {
    suspects.countSuccess(fact.amount, fact.currency)
    noteTaking(state, fact)
    return undefined
  }
  if (fact.invalid) return undefined
  const guessed = looksGuessed(fact)
  if (!guessed) suspects.countRefusal()
  if (!guessed && !isOddAmount(suspects.sizes, fact)) return undefined
  return cards.admit(cardOf(fact)) ? suspect(state, fact, guessed, context) : undefined
}

/** Stolen cards are tried at the lowest price there is. */
const isOddAmount = (sizes: Sizes, { amount, currency }: ChargeFailed | PaymentRefused): boolean =>
  amount !== undefined && currency !== undefined && isOddlySmall(sizes, amount, currency)

const idOf = (fact: ChargeFailed | PaymentRefused): string =>
  fact.kind === 'chargeFailed' ? fact.charge : fact.id

/** A card that Stripe did not name is taken for its customer's one card. */
const cardOf = (fact: ChargeFailed | PaymentRefused): string => fact.card ?? fact.customer ?? idOf(fact)

function suspect(
  state: State,
  fact: ChargeFailed | PaymentRefused,
  guessed: boolean,
  context: Told,
): Step | undefined {
  const now = momentOf(fact.at, state.newest, context)
  const expected = MARGIN * state.suspects.countSuspect(fact.at, now, guessed)
  noteSign(state.signs, timeOf(fact.at, now), idOf(fact), fact.eventId)
  const code = fact.blocked ? 'blocked by Radar' : (fact.reason ?? fact.code ?? 'unknown')
  const { open } = state
  if (open === null) return watch(state, { expected, code, now, at: fact.at }, context)
  followPoisson(open, expected, now)
  addTo(open.codes, code, 1)
  return { findings: [findingOf(state, open, false, context)] }
}

const needed = ({ suspects }: State, { settings }: Told): number =>
  threshold(
    RATIOS.length * Math.max(FEWEST_A_YEAR, suspects.season.perDay * 365),
    settings.falseAlarmsPerYear,
  )

interface Suspicion {
  expected: number
  code: string
  now: Seconds
  at: Seconds
}

function watch(state: State, { expected, code, now, at }: Suspicion, context: Told): Step | undefined {
  let anew = 0
  for (const run of state.runs) {
    if (stepPoisson(run.sum, expected, run.ratio, timeOf(at, now))) {
      run.taken = {}
      run.takings = 0
      run.codes = {}
      anew += 1
    }
    addTo(run.codes, code, 1)
  }
  if (anew === state.runs.length) state.signs = state.signs.slice(-1)
  const nats = needed(state, context)
  const { minCards } = context.settings
  const best = strongest(state.runs, ({ score, units }) => score >= nats && units >= minCards)
  if (at < now - FRESH || best === undefined) return undefined
  const startedAt = best.sum.onset
  // The smaller ratio follows the attack to its last card.
  const ratio = RATIOS[0]
  state.open = { ...best, startedAt, detectedAt: now, ratio, score: best.sum.score, peakAt: now }
  state.runs = RATIOS.map(newRun)
  state.suspects.season.trouble(startedAt)
  return { findings: [findingOf(state, state.open, true, context)], wakeAt: nextHour(now) }
}

/** Small payments that go through in a burst, and those of its cards, come back as disputes. */
function noteTaking({ runs, open, cards, suspects }: State, fact: ChargeSucceeded): void {
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

function onTimer(state: State, { now, delivery }: Told): Step | undefined {
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
  state.signs = []
  return ending(at, note)
}

function findingOf(state: State, open: Open, isFirst: boolean, context: Told): Finding {
  const { newest } = state
  return testingFinding({
    cards: open.sum.units,
    usual: open.sum.expected / MARGIN,
    minCards: context.settings.minCards,
    nats: open.sum.score,
    needed: needed(state, context),
    startedAt: open.startedAt,
    until: newest,
    codes: open.codes,
    taken: open.taken,
    takings: open.takings,
    signs: isFirst ? open.sum.units : 1,
    ...shownBy(state.signs, open.startedAt, isFirst),
    series: isFirst ? seasonSeries(state.suspects.season, newest) : undefined,
  })
}
