import type { ChargeCaptured } from '../../stripe/facts.ts'
import { isLocalCurrency } from '../../stripe/local-currency.ts'
import { decimal, format } from '../../stripe/money.ts'
import { DAY, type Seconds } from '../../time.ts'
import { type Context, defineDetector, type Finding } from '../detector.ts'
import { DISORDER } from '../kit/disorder.ts'
import { certainFinding } from '../kit/finding.ts'
import { ofObjects } from '../kit/heads.ts'
import { countOf } from '../kit/settings.ts'
import { count } from '../kit/words.ts'
import { type Course, newCourse, noteException, noteOccasion } from '../statistics/course.ts'

/** This many payments in a row in another currency, and it is the customer's own. */
const LEARNED_AFTER = 3
const CARDS = 4
/** Customers who have not paid three times are most of all, and hardly ever come back later than this. */
const NEW_CUSTOMER_IDLE: Seconds = 100 * DAY
/** Payments of the last 15 minutes, kept to be put in order; more of them are taken as they came. */
const RECENT = 16
/** What is counted of the whole tenant: a customer paid in another currency than before. */
const CHOSEN = 'chosen'

interface Payment {
  id: string
  event: string
  at: Seconds
  amount: number
  currency: string
  card: string | undefined
  country: string | undefined
  told?: boolean
}

/** The customer as of all payments that nothing can come before any more. */
interface Habit {
  home?: string
  /** Payments in the home currency. */
  times: number
  /** Amount of the last of them. */
  last: number
  cards: string[]
  /** Pays in several currencies: nothing can be said. */
  mixed: boolean
  /** Payments in a row in one other currency. */
  other?: { currency: string; times: number }
  /** Time of the newest payment in it. */
  until: Seconds
}

/** The customer's own currency, how many payments were in it, and the amount of the last. */
interface Before {
  home: string
  times: number
  last: number
}

interface State {
  habit: Habit
  /** Oldest first. */
  recent: Payment[]
}

const settings = {
  history: countOf(
    'A customer must have paid at least this many times in one currency before another one is reported.',
    { default: 3, min: 1, max: 50 },
  ),
}
type Asked = Context<typeof settings, Course>

/** Reports when a customer with a settled currency is charged in another one. */
export const currencyMismatch = defineDetector({
  name: 'CURRENCY_MISMATCH',
  title: 'Currency mismatch',
  description:
    'A customer who has always paid in one currency was charged in another. Customers who mix currencies, and those who moved and pay with a new card of the new country, are not reported; three payments in a row in the new currency make it theirs.',
  facts: ['chargeCaptured'],
  settings,
  ...ofObjects,
  stateVersion: 1,
  idleAfter: 400 * DAY,
  idleAfterOf: ({ habit, recent }) =>
    habit.times + recent.length < LEARNED_AFTER ? NEW_CUSTOMER_IDLE : 400 * DAY,
  initial: (): State => ({ habit: { times: 0, last: 0, cards: [], mixed: false, until: 0 }, recent: [] }),
  shared: { initial: () => newCourse(180 * DAY) },
  key: ({ customer }) => customer,
  observe(state, fact, context) {
    const { habit, recent } = state
    if (habit.mixed || fact.amount <= 0) return undefined
    insert(recent, paymentOf(fact))
    noteOccasion(context.shared, fact.at)
    const findings = judge(state, context)
    takeSettled(state, context.settings.history)
    return { findings }
  },
})

function paymentOf(fact: ChargeCaptured): Payment {
  const { charge: id, eventId: event, at, amount, currency, card, cardCountry: country } = fact
  return { id, event, at, amount, currency, card, country }
}

function insert(payments: Payment[], payment: Payment): void {
  const isBefore = ({ at, id }: Payment) => at < payment.at || (at === payment.at && id <= payment.id)
  payments.splice(payments.findLastIndex(isBefore) + 1, 0, payment)
}

/** Goes through the recent payments in order of time, on a copy of the habit, and reports what was not reported yet. */
function judge({ habit, recent }: State, context: Asked): Finding[] {
  const findings: Finding[] = []
  const course: Habit = {
    ...habit,
    cards: [...habit.cards],
    ...(habit.other && { other: { ...habit.other } }),
  }
  for (const payment of recent) {
    const { home, times, last } = course
    if (!take(course, payment, context.settings.history) || payment.told || home === undefined) continue
    payment.told = true
    const before = { home, times, last }
    if (!isCourse(payment, before, context)) findings.push(findingOf(payment, before, context))
  }
  return findings
}

/** Where customers often choose another currency, only the same number in it is a mistake. */
function isCourse(payment: Payment, before: Before, { shared, feedback }: Asked): boolean {
  return noteException(shared, CHOSEN, payment.at, feedback.length) && !isSameNumber(payment, before)
}

const isSameNumber = ({ amount, currency }: Payment, { home, last }: Before): boolean =>
  amount === last || Number(decimal(amount, currency)) === Number(decimal(last, home))

/** Lets payments that no late one can come before any more into the habit. */
function takeSettled({ habit, recent }: State, history: number): void {
  const newest = recent.at(-1)?.at ?? 0
  const settled = recent.findIndex(({ at }, i) => at >= newest - DISORDER && i >= recent.length - RECENT)
  for (const payment of recent.splice(0, settled)) {
    // A straggler is judged, but what came after it has already made the habit.
    if (payment.at < habit.until) continue
    take(habit, payment, history)
    habit.until = payment.at
  }
}

/** Adds a payment to the habit; true when it is in a currency that is not the customer's. */
function take(habit: Habit, payment: Payment, history: number): boolean {
  const { currency, amount, card } = payment
  const isNewCard = card !== undefined && !habit.cards.includes(card)
  if (card !== undefined) habit.cards = [...habit.cards.filter((known) => known !== card), card].slice(-CARDS)
  if (habit.mixed) return false
  if (habit.home === undefined || habit.home === currency) {
    settleIn(habit, currency, habit.times + 1, amount)
    return false
  }
  if (habit.times < history) {
    habit.mixed = true
    return false
  }
  const hasMoved = isNewCard && payment.country !== undefined && isLocalCurrency(currency, payment.country)
  const times = habit.other?.currency === currency ? habit.other.times + 1 : 1
  if (hasMoved || times >= LEARNED_AFTER) {
    settleIn(habit, currency, times, amount)
    return false
  }
  habit.other = { currency, times }
  return true
}

function settleIn(habit: Habit, home: string, times: number, last: number): void {
  habit.home = home
  habit.times = times
  habit.last = last
  delete habit.other
}

function findingOf(payment: Payment, before: Before, { key, calendar, settings }: Asked): Finding {
  const { id, event, at, amount, currency } = payment
  const { home, times, last } = before
  const charged = format(amount, currency)
  const [own, foreign] = [home.toUpperCase(), currency.toUpperCase()]
  const isSame = isSameNumber(payment, before)
  return certainFinding(key, {
    severity: isSame ? 'HIGH' : 'MEDIUM',
    title: `Charged in ${foreign} instead of ${own}: ${charged}`,
    message: `Customer ${key} was charged ${charged} (${id}) on ${calendar.momentInWords(at)} after ${count(times, 'payment')} in ${own}, the last of ${format(last, home)}. A charge in ${own} was expected${isSame ? ', and the number is the same as before, so the currency is almost certainly wrong' : ', so the currency is very likely wrong'}.`,
    advice: `Find out which price or checkout made ${id}; if the currency is wrong, refund ${id} and charge the customer in ${own}. If the customer has moved, do nothing: after ${LEARNED_AFTER} payments in a row ${foreign} counts as theirs.`,
    startedAt: at,
    customer: key,
    impact: { amount, currency },
    subjects: [
      { type: 'charge', id },
      { type: 'customer', id: key },
    ],
    events: [event],
    evidence: [
      { name: `payments in ${own} before`, observed: times, threshold: settings.history, unit: 'COUNT' },
      { name: `charge in ${foreign}`, observed: amount, unit: 'MONEY', currency },
      { name: `last charge in ${own}`, observed: last, unit: 'MONEY', currency: home },
    ],
    endsAfter: DAY,
  })
}
