import type { ChargeFailed, ChargeSucceeded, PaymentRefused } from '../../stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../time.ts'
import { type Context, defineDetector, type Finding, type Step } from '../detector.ts'
import { addTo, type Sums } from '../rates/amounts.ts'
import { testingFinding } from '../rates/card-testing-finding.ts'
import { looksGuessed } from '../rates/guessing.ts'
import { ending, FRESH, LASTING, LASTING_NOTE, timeOf } from '../rates/open.ts'
import { seasonSeries } from '../rates/series.ts'
import { falseAlarmsPerYear } from '../rates/settings.ts'
import { noteSign, type Signs, shownBy } from '../rates/signs.ts'
import { isOddlySmall, isSmall, learnSize, type Sizes, smallShare } from '../rates/sizes.ts'
import {
  type Cusum,
  type Followed,
  followPoisson,
  newCusum,
  stepPoisson,
  strongest,
} from '../statistics/cusum.ts'
import { count, newRate, perHour, type Rate } from '../statistics/decayed.ts'
import { hourOf, nextHour } from '../statistics/hours.ts'
import { LateSums } from '../statistics/late-sums.ts'
import { Ring } from '../statistics/ring.ts'
import { RARE_PRIORS, Season, type SeasonSpec } from '../statistics/season.ts'
import { threshold } from '../statistics/threshold.ts'

type Try = ChargeSucceeded | ChargeFailed | PaymentRefused

const RATIOS = [4, 16] as const
const RING = 1_024
const FEWEST_A_YEAR = 500
/** All that is expected counts three times: attacks are gross, and checkouts have bad days. */
const MARGIN = 3
const SEASON: SeasonSpec = {
  delay: 24,
  priors: RARE_PRIORS,
  dispersion: { prior: 0.25, young: 0, youngDays: 0, floor: 0.003 },
}
const TRIES = 0
const SUSPECTS = 1
const SUMS = { width: HOUR, delay: DAY, halfLife: 14 * DAY, keep: 30 * HOUR, channels: 2 }
/** Suspects per try, until a share of one's own is known. */
const SHARE_PRIOR = { suspects: 1, tries: 50 }
const SHARE_AFTER: Seconds = 5 * DAY
/** So many fail for each small payment that goes through, where nobody tries stolen cards. */
const SMALL_FAILING = 0.2
const SETTLED: Seconds = 7 * DAY

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

/** The last suspect's time, and the tries after it: all, those that a bank plainly refused, and small ones that went through. */
interface Last {
  at: Seconds
  tries: number
  failures: number
  small: number
}

const lastAt = (at: Seconds): Last => ({ at, tries: 0, failures: 0, small: 0 })

interface State {
  since: Seconds
  newest: Seconds
  cards: Ring
  season: Season
  sums: LateSums
  pace: Rate
  sizes: Sizes
  last: Last
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
  stateVersion: 3,
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
    since: 0,
    newest: 0,
    pace: newRate(),
    sizes: {},
    last: lastAt(0),
    runs: RATIOS.map(newRun),
    signs: [],
    open: null,
    ...stored,
    cards: new Ring(RING, stored?.cards),
    season: new Season(SEASON, stored?.season),
    sums: new LateSums(SUMS, stored?.sums),
  }
}

function observe(state: State, fact: Try, context: Told): Step | undefined {
  if (fact.recurring) return undefined
  const now = begin(state, fact.at)
  state.season.advance(now, context.delivery.dark)
  state.sums.settle(now, (from) => state.season.isTroubled(hourOf(from)))
  state.sums.add(fact.at, TRIES)
  count(state.pace, now, SUMS.halfLife)
  state.last.tries += 1
  if (fact.kind === 'chargeSucceeded') {
    if (isSmall(state.sizes, fact.amount, fact.currency)) state.last.small += 1
    learnSize(state.sizes, fact.amount, fact.currency)
    noteTaking(state, fact)
    return undefined
  }
  if (fact.invalid) return undefined
  const guessed = looksGuessed(fact)
  if (!guessed) state.last.failures += 1
  if (!guessed && !isOddAmount(state.sizes, fact)) return undefined
  if (!state.cards.admit(cardOf(fact))) return undefined
  return suspect(state, fact, expectedSince(state, guessed, now), context)
}

function begin(state: State, at: Seconds): Seconds {
  if (state.since === 0) {
    state.since = at
    state.last.at = at
  }
  state.newest = Math.max(state.newest, at)
  return state.newest
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
  expected: number,
  context: Told,
): Step | undefined {
  const now = state.newest
  state.last = lastAt(now)
  state.season.add(fact.at)
  state.sums.add(fact.at, SUSPECTS)
  noteSign(state.signs, timeOf(fact.at, now), idOf(fact), fact.eventId)
  const code = fact.blocked ? 'blocked by Radar' : (fact.reason ?? fact.code ?? 'unknown')
  const { open } = state
  if (open === null) return watch(state, { expected, code, now, at: fact.at }, context)
  followPoisson(open, expected, now)
  addTo(open.codes, code, 1)
  return { findings: [findingOf(state, open, false, context)] }
}

/**
 * Suspects expected since the last one, with the margin: by the season, by the clock, and by how many tried to pay; of
 * one that was only oddly small also by how many failed, and how many small ones did not.
 */
function expectedSince(
  { season, sums, since, pace, last, sizes }: State,
  guessed: boolean,
  now: Seconds,
): number {
  const age = now - since
  const hours = (now - last.at) / HOUR
  const floor = Math.max(0.1, 0.02 * perHour(pace, now, SUMS.halfLife)) * (age > SETTLED ? 0.3 : 1)
  const share =
    age > SHARE_AFTER
      ? (SHARE_PRIOR.suspects + sums.usual(SUSPECTS)) / (SHARE_PRIOR.tries + sums.usual(TRIES))
      : SHARE_PRIOR.suspects / SHARE_PRIOR.tries
  const byClock = Math.max(season.expected(last.at, now), floor * hours)
  const ordinary = Math.max(byClock, share * last.tries)
  if (guessed) return MARGIN * ordinary
  // When everything fails, small payments fail along with the rest; when prices fall, the usual part of them does.
  return MARGIN * Math.max(ordinary, smallShare(sizes) * last.failures, SMALL_FAILING * last.small)
}

const needed = ({ season }: State, { settings }: Told): number =>
  threshold(RATIOS.length * Math.max(FEWEST_A_YEAR, season.perDay * 365), settings.falseAlarmsPerYear)

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
  state.season.trouble(startedAt)
  return { findings: [findingOf(state, state.open, true, context)], wakeAt: nextHour(now) }
}

/** Small payments that go through in a burst, and those of its cards, come back as disputes. */
function noteTaking({ runs, open, cards, sizes }: State, fact: ChargeSucceeded): void {
  const going = open === null ? runs.filter(({ sum }) => sum.score > 0) : [open]
  if (going.length === 0) return
  const isTested =
    isSmall(sizes, fact.amount, fact.currency) || (fact.card !== undefined && cards.has(fact.card))
  if (!isTested) return
  for (const run of going) {
    addTo(run.taken, fact.currency, fact.amount)
    run.takings += 1
  }
}

function onTimer(state: State, { now, delivery }: Told): Step | undefined {
  const { open, season } = state
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
  state.season.calm(at)
  state.open = null
  state.signs = []
  state.last = lastAt(Math.max(state.last.at, at))
  return ending(at, note)
}

function findingOf(state: State, open: Open, isFirst: boolean, context: Told): Finding {
  const { season, newest } = state
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
    series: isFirst ? seasonSeries(season, newest) : undefined,
  })
}
