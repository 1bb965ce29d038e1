import type {
  ChargePending,
  InvoiceCreated,
  InvoiceDetails,
  InvoiceDropped,
  InvoicePaid,
  SubscriptionChanged,
  SubscriptionEnded,
} from '../../../stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../../time.ts'
import { fadePromptness, learnPromptness, newPromptness, type Promptness, shareBy } from './promptness.ts'

/** How many renewals fall due on each day, and how many of them have been settled, as subscriptions and invoices say. */

/** The draft stands for an hour, and whatever delays it a little is no incident: a day is looked at this long after it. */
const SLACK: Seconds = 6 * HOUR
const DRAFT: Seconds = HOUR
/** A day's share is learned this long after it, that no incident is measured by itself; drafts stand for three days at most. */
const DELAY: Seconds = 4 * DAY
/** Days whose renewals are looked at together. */
export const DAYS_TOGETHER = 3
/** Renewals of a year are the furthest ahead. */
const DAYS_AHEAD = 400
const DAYS_KEPT = 16
const HALF_LIFE_DAYS = 60
/** Share of what falls due that is settled at once, before it is known, and how many renewals that belief weighs. */
const PRIOR = { share: 0.9, weight: 20 }
const CURRENCIES = 10
/** One day has more than this part of the renewals of weeks. */
const CONCENTRATED = 1 / 3

/**
 * Renewals that fell due on a UTC day by what is known of subscriptions, those that were settled, and of these the ones
 * that were settled only after the first look at the day, after the look of the next day, and so on.
 */
type DueDay = [due: number, settled: number, ...late: number[]]
const [DUE, SETTLED, LATE] = [0, 1, 2] as const

/** Plain data. */
export interface Renewals {
  /** The first sight of a subscription: of periods that began before it nothing is known. */
  since: Seconds
  /** By the number of the UTC day. */
  days: Record<string, DueDay>
  /** The newest day that is learned, and the faded sums of all learned days. */
  through: number
  due: number
  settled: number
  promptness: Promptness
  /** Faded numbers and sums of what renewals bring, by currency. */
  paid: Record<string, { number: number; money: number }>
  /** No earlier day is looked at: the end of the last incident. */
  calmSince: Seconds
}

export type RenewalFact =
  | ChargePending
  | InvoiceCreated
  | InvoicePaid
  | InvoiceDropped
  | SubscriptionChanged
  | SubscriptionEnded

export const newRenewals = (since: Seconds): Renewals => ({
  since,
  days: {},
  through: 0,
  due: 0,
  settled: 0,
  promptness: newPromptness(),
  paid: {},
  calmSince: 0,
})

const dayOf = (at: Seconds): number => Math.floor(at / DAY)

/**
 * A renewal that is collected by itself, with its period: due as the period begins, and due again as it ends. Invoices
 * that leave time to pay come whenever people pay; what is billed in arrears says nothing of the next time.
 */
export function isRenewal(
  fact: InvoiceDetails & { at: Seconds },
): fact is InvoiceDetails & { at: Seconds; start: Seconds; end: Seconds } {
  const { reason, sendInvoice, start, end, created = fact.at } = fact
  return (
    reason === 'subscription_cycle' &&
    !sendInvoice &&
    start !== undefined &&
    end !== undefined &&
    end > created + HOUR
  )
}

/** Takes in what a fact says of payments that fall due. All of it adds up: the order of facts changes nothing. */
export function note(renewals: Renewals, fact: RenewalFact): void {
  if (fact.kind === 'subscriptionEnded') noteEnd(renewals, fact)
  else if (fact.kind === 'subscriptionChanged') noteChange(renewals, fact)
  else if (fact.kind === 'chargePending') noteDebit(renewals, fact)
  else if (!isRenewal(fact)) return
  else if (fact.kind === 'invoiceCreated') count(renewals, fact.at, fact.end, DUE)
  else {
    count(renewals, fact.at, fact.start, SETTLED)
    if (fact.kind === 'invoicePaid') notePaid(renewals, fact)
  }
}

/** A subscription that begins is due for the first time as its period ends; one whose period moves, then instead. */
function noteChange(renewals: Renewals, fact: SubscriptionChanged): void {
  const { at, end, status, sendInvoice, isNew, previousStatus, previousEnd } = fact
  if (end === undefined || sendInvoice || status === 'incomplete') return
  if (isNew || previousStatus === 'incomplete') {
    if (status === 'active' || status === 'trialing') count(renewals, at, end, DUE)
  } else if (previousEnd !== undefined && previousEnd !== end && previousEnd > at + HOUR) {
    count(renewals, at, previousEnd, DUE, -1)
    count(renewals, at, end, DUE)
  }
}

/** A bank debit is collected on the day it is sent off, though the money shows days later; whether it comes back is others' affair. */
function noteDebit(renewals: Renewals, { at, recurring }: ChargePending): void {
  if (recurring) count(renewals, at, at - DRAFT, SETTLED)
}

/** Nothing is due any more as its period ends; where that was known before. */
function noteEnd(renewals: Renewals, { at, start, end, sendInvoice, status }: SubscriptionEnded): void {
  if (start === undefined || end === undefined || sendInvoice || status === 'incomplete_expired') return
  if (start >= renewals.since) count(renewals, at, end, DUE, -1)
}

function count(
  { days }: Renewals,
  at: Seconds,
  on: Seconds,
  place: typeof DUE | typeof SETTLED,
  by = 1,
): void {
  const day = dayOf(on)
  if (day > dayOf(at) + DAYS_AHEAD || day < dayOf(at) - DAYS_KEPT) return
  const known = days[day] ?? [0, 0]
  known[place] += by
  if (place === SETTLED)
    for (let look = 0; look < DAYS_TOGETHER && at > firstLook(day) + look * DAY; look++)
      known[LATE + look] = (known[LATE + look] ?? 0) + by
  days[day] = known
}

function notePaid({ paid }: Renewals, { amountPaid, total, currency }: InvoicePaid): void {
  const amount = amountPaid ?? total
  if (amount <= 0 || (paid[currency] === undefined && Object.keys(paid).length >= CURRENCIES)) return
  const { number, money } = paid[currency] ?? { number: 0, money: 0 }
  paid[currency] = { number: number + 1, money: money + amount }
}

/** Whether what is known of a day is of no use: deliveries were lost, or it belongs to an incident. */
export type Unusable = (from: Seconds, to: Seconds) => boolean

/** Learns which share of what falls due is settled, and how soon, of each day that is old enough, and forgets old days. */
export function learn(renewals: Renewals, now: Seconds, unusable: Unusable): void {
  const last = dayOf(now - DELAY) - 1
  for (const [key, [due, settled, ...late]] of Object.entries(renewals.days)) {
    const day = Number(key)
    if (day > last) break
    if (day > renewals.through) {
      fade(renewals, day)
      if (!unusable(day * DAY, firstLook(day))) {
        learnPromptness(renewals.promptness, due, settled, late)
        if (due > 0) {
          renewals.due += due
          renewals.settled += Math.min(due, settled)
        }
      }
    }
    if (day < last - DAYS_KEPT) delete renewals.days[key]
  }
}

function fade(renewals: Renewals, day: number): void {
  const kept = 0.5 ** ((day - (renewals.through || day)) / HALF_LIFE_DAYS)
  renewals.due *= kept
  renewals.settled *= kept
  fadePromptness(renewals.promptness, kept)
  for (const sum of Object.values(renewals.paid)) {
    sum.number *= kept
    sum.money *= kept
  }
  renewals.through = day
}

/** The usual share of what falls due that is settled within days. */
export const usualShare = ({ due, settled }: Renewals): number =>
  (PRIOR.share * PRIOR.weight + settled) / (PRIOR.weight + due)

/** Whether most renewals come on a few days, as where all are billed on the 1st. */
export function areConcentrated({ days }: Renewals): boolean {
  const settled = Object.values(days).map(([, number]) => number)
  return Math.max(...settled) > CONCENTRATED * settled.reduce((sum, number) => sum + number, 0)
}

/** Takes the share of the last days, and how soon they were settled, for the usual. False where nothing fell due in them. */
export function adoptLastDays(renewals: Renewals, now: Seconds, unusable: Unusable): boolean {
  renewals.calmSince = now
  // What fell due since may still be settled as late as has become usual.
  const settledBy = now - (DAYS_TOGETHER - 1) * DAY
  const run = lastDays({ ...renewals, calmSince: 0 }, settledBy, DAYS_TOGETHER, unusable).at(-1)
  if (run === undefined) return false
  renewals.due = run.due
  renewals.settled = Math.min(run.due, run.settled)
  renewals.promptness = newPromptness()
  for (let day = dayOf(run.from); day < dayOf(run.from) + run.days; day++) {
    const [due, settled, ...late] = renewals.days[day] ?? [0, 0]
    learnPromptness(renewals.promptness, due, settled, late)
  }
  return true
}

/** What fell due in a run of whole days, and was settled. */
export interface Due {
  from: Seconds
  /** From the first to the last day on which anything fell due, and the number of such days among them. */
  days: number
  dueDays: number
  due: number
  settled: number
  /** Of what fell due, as much as is settled by now where all of it is settled as soon as is usual. */
  expected: number
}

/** What fell due in the last days that are over, newest first: one run for each day on which something did, from it on. */
export function lastDays(renewals: Renewals, now: Seconds, most: number, unusable: Unusable): Due[] {
  const newest = newestDay(now)
  const found: Due[] = []
  let newestDue: number | undefined
  let [due, settled, expected, dueDays] = [0, 0, 0, 0]
  for (let day = newest; day > newest - most && day * DAY >= renewals.calmSince; day--) {
    const [more, answered] = renewals.days[day] ?? [0, 0]
    if (more <= 0 || unusable(day * DAY, firstLook(day))) continue
    newestDue ??= day
    due += more
    settled += answered
    expected += more * shareBy(renewals.promptness, newest - day)
    dueDays += 1
    found.push({ from: day * DAY, days: newestDue - day + 1, dueDays, due, settled, expected })
  }
  return found
}

const firstLook = (day: number): Seconds => (day + 1) * DAY + SLACK
const newestDay = (now: Seconds): number => dayOf(now - SLACK) - 1

/** When the next day with renewals is looked at; undefined where none is known of. */
export function nextLook({ days }: Renewals, now: Seconds): Seconds | undefined {
  const newest = newestDay(now)
  const next = Object.entries(days).find(([day, [due]]) => due > 0 && Number(day) > newest)
  return next && firstLook(Number(next[0]))
}
