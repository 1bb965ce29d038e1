import type { InvoiceFinalized } from '../../stripe/facts.ts'
import { format } from '../../stripe/money.ts'
import { DAY, HOUR, type Seconds } from '../../time.ts'
import { type Context, defineDetector, type Finding, type Step } from '../detector.ts'
import { DISORDER } from '../kit/disorder.ts'
import { type Course, isUsual, newCourse, noteOccasion, noteTime, TEN_TIMES } from '../statistics/course.ts'

const YEAR = 365 * DAY
/** So many amounts, currencies and invoices of a customer are remembered. */
const AMOUNTS = 4
const CURRENCIES = 4
const INVOICES = 8
/** A credit of more than so many times the largest payment is no slip. */
const GROSS = 2

/** An amount in minor units, and when it was seen. */
type Seen = [amount: number, at: Seconds]

/** The largest first. */
interface Known {
  /** Payments of the last year. */
  paid: Seen[]
  /** Different prices of a subscription's period, with their first sight. */
  prices: Seen[]
}

interface Credit {
  invoice: string
  event: string
  at: Seconds
  total: number
  currency: string
  prorated: boolean
  /** What changes of plan took off it or added. */
  prorations?: number
  reason?: string
  subscription?: string
}

interface State {
  known: Record<string, Known>
  /** Newest invoices below zero that were told, for what the incident adds up to. */
  told: Credit[]
  /** Prorations that nothing was known to compare with; a fact of before them may still be on its way. */
  unsure: Credit[]
}

const settings = {
  tolerance: {
    description:
      'A change of plan may credit what was paid or the highest price of a period, and this share of it more, before it is reported.',
    unit: 'RATIO',
    default: 0.02,
    min: 0,
    max: 1,
  },
} as const
type Asked = Context<typeof settings, Course>

/** Reports when an invoice comes out below zero, unless it is the ordinary credit of a downgrade. */
export const negativeInvoice = defineDetector({
  name: 'NEGATIVE_INVOICE',
  title: 'Negative invoice',
  description:
    'An invoice came out below zero, so you owe the customer money. The ordinary credit of a change to a cheaper plan is not reported, unless it is larger than anything the customer has paid or had to pay for a period.',
  facts: ['invoiceFinalized', 'invoicePaid', 'subscriptionChanged', 'chargeCaptured'],
  settings,
  selfResolving: false,
  perObject: true,
  cooldown: 6 * HOUR,
  stateVersion: 1,
  idleAfter: 400 * DAY,
  initial: (): State => ({ known: {}, told: [], unsure: [] }),
  key: ({ customer }) => customer,
  shared: { initial: () => newCourse(YEAR / 2) },
  observe(state, fact, context) {
    switch (fact.kind) {
      case 'invoiceFinalized':
        noteOccasion(context.shared, fact.at)
        return fact.total < 0 && !isTold(state, fact) ? judge(state, creditOf(fact), context) : undefined
      case 'chargeCaptured':
        if (fact.amount > 0) addPayment(knownOf(state, fact.currency), fact.amount, fact.at)
        break
      case 'invoicePaid':
        if ((fact.amountPaid ?? 0) > 0)
          addPayment(knownOf(state, fact.currency), fact.amountPaid ?? 0, fact.at)
        break
      case 'subscriptionChanged':
        if (fact.currency === undefined) return undefined
        addPrice(state, fact.currency, fact.price, fact.at)
        addPrice(state, fact.currency, fact.before?.price, fact.at)
    }
    return state.unsure.length === 0 ? undefined : reconsider(state, fact.at, context)
  },
})

const isTold = ({ told, unsure }: State, { invoice }: InvoiceFinalized): boolean =>
  [...told, ...unsure].some((known) => known.invoice === invoice)

function creditOf(fact: InvoiceFinalized): Credit {
  const { invoice, eventId: event, at, total, currency, prorated } = fact
  const credit: Credit = { invoice, event, at, total, currency, prorated }
  if (fact.prorations !== undefined) credit.prorations = fact.prorations
  if (fact.reason !== undefined) credit.reason = fact.reason
  if (fact.subscription !== undefined) credit.subscription = fact.subscription
  return credit
}

function knownOf({ known }: State, currency: string): Known {
  const own = known[currency]
  if (own !== undefined) return own
  const [oldest] = Object.keys(known)
  if (oldest !== undefined && Object.keys(known).length >= CURRENCIES) delete known[oldest]
  const begun: Known = { paid: [], prices: [] }
  known[currency] = begun
  return begun
}

function addPayment({ paid }: Known, amount: number, at: Seconds): void {
  keepLargest(paid, [amount, at])
  const newest = paid.reduce((latest, seen) => Math.max(latest, seen[1]), at)
  const old = paid.findIndex((seen) => seen[1] < newest - YEAR)
  if (old >= 0) paid.splice(old, 1)
}

function addPrice(state: State, currency: string, price: number | undefined, at: Seconds): void {
  if (price === undefined || price <= 0) return
  const { prices } = knownOf(state, currency)
  const known = prices.find(([amount]) => amount === price)
  if (known === undefined) keepLargest(prices, [price, at])
  else known[1] = Math.min(known[1], at)
}

/** Equal amounts: the newer first. */
function keepLargest(amounts: Seen[], seen: Seen): void {
  const after = amounts.findIndex(([amount, at]) => amount < seen[0] || (amount === seen[0] && at <= seen[1]))
  amounts.splice(after < 0 ? amounts.length : after, 0, seen)
  if (amounts.length > AMOUNTS) amounts.length = AMOUNTS
}

/** What had been seen of the customer's money when the invoice was made. */
function usualAt(
  { known }: State,
  { currency, at }: Credit,
): { paid: number; payments: number; price: number } {
  const own = known[currency]
  const paid = own?.paid.filter((seen) => seen[1] <= at && seen[1] > at - YEAR) ?? []
  const largest = paid[0]?.[0] ?? 0
  return {
    paid: largest,
    // A period is often paid in two parts, the plan and an upgrade; the sum of a year would hide a tripled credit.
    payments: largest + (paid[1]?.[0] ?? 0),
    price: own?.prices.find((seen) => seen[1] <= at)?.[0] ?? 0,
  }
}

function judge(state: State, credit: Credit, context: Asked): Step | undefined {
  const known = usualAt(state, credit)
  const limit = Math.max(known.payments, known.price)
  if (isPlanChange(credit)) {
    if (limit === 0) {
      state.unsure.push(credit)
      if (state.unsure.length > INVOICES) state.unsure.shift()
      return undefined
    }
    if (creditOfChange(credit) <= limit * (1 + context.settings.tolerance)) return undefined
  }
  const kind = credit.reason ?? 'unknown'
  const usual = isUsual(context.shared, kind, credit.at, [TEN_TIMES], context.feedback.length)
  noteTime(context.shared, kind, credit.at)
  if (usual && !isGross(credit, known)) return undefined
  state.told.push(credit)
  if (state.told.length > INVOICES) state.told.shift()
  return { findings: [findingOf(state, credit, context)] }
}

/**
 * It is below zero because of a change of plan alone: such a credit stands on an invoice of its own, or by Stripe's
 * default on the next renewal.
 */
const isPlanChange = ({ reason, prorated, prorations, total }: Credit): boolean =>
  (reason === 'subscription_update' && prorated) ||
  (prorations !== undefined && prorations < 0 && total - prorations >= 0)

/** What the change of plan gives back. */
const creditOfChange = ({ prorations, total }: Credit): number => -(prorations ?? total)

/** No slip: far more than the customer ever paid. */
const isGross = ({ total }: Credit, { paid, price }: { paid: number; price: number }): boolean =>
  -total > GROSS * (paid || price)

/** Judges again what could not be compared, when a fact of before it came only now. */
function reconsider(state: State, at: Seconds, context: Asked): Step | undefined {
  const waiting = state.unsure.filter((credit) => credit.at >= at - DISORDER)
  state.unsure = waiting.filter((credit) => credit.at < at)
  const findings: Finding[] = []
  for (const credit of waiting)
    if (credit.at >= at) findings.push(...(judge(state, credit, context)?.findings ?? []))
  return findings.length === 0 ? undefined : { findings }
}

function findingOf(state: State, credit: Credit, { key, calendar, settings: { tolerance } }: Asked): Finding {
  const { invoice, currency, total, at, subscription } = credit
  const { paid, payments, price } = usualAt(state, credit)
  const limit = Math.max(payments, price)
  const renewal = credit.reason === 'subscription_cycle'
  const amount = format(total, currency)
  const plan = isPlanChange(credit)
  const owed = state.told
    .filter((other) => other.currency === currency && Math.abs(other.at - at) <= DAY)
    .reduce((sum, other) => sum - other.total, 0)
  const expected = plan
    ? `a change of plan should credit at most ${format(limit, currency)}`
    : `${renewal ? 'a renewal' : 'an invoice'} should ask for money or nothing`
  return {
    fingerprint: key,
    severity: renewal || isGross(credit, { paid, price }) ? 'HIGH' : 'MEDIUM',
    confidence: 1,
    title: `Invoice below zero: ${amount}`,
    message: `Invoice ${invoice} of customer ${key} came out at ${amount} on ${calendar.momentInWords(at)}, where ${expected}. You owe the customer ${format(owed, currency)}${paid > 0 ? `; their largest payment of the last year was ${format(paid, currency)}` : ''}.`,
    advice: adviceFor(credit),
    startedAt: at,
    signs: 1,
    customer: key,
    impact: { amount: owed, currency },
    subjects: [
      { type: 'invoice', id: invoice },
      ...(subscription === undefined ? [] : [{ type: 'subscription', id: subscription }]),
      { type: 'customer', id: key },
    ],
    events: [credit.event],
    evidence: [
      plan
        ? {
            name: 'credit',
            observed: creditOfChange(credit),
            expected: limit,
            threshold: Math.floor(limit * (1 + tolerance)),
            unit: 'MONEY',
            currency,
          }
        : {
            name: 'invoice total',
            observed: total,
            expected: 0,
            threshold: 0,
            unit: 'MONEY',
            currency,
          },
      ...(paid > 0 ? [{ name: 'largest payment', observed: paid, unit: 'MONEY' as const, currency }] : []),
      ...(price > 0 ? [{ name: 'highest price', observed: price, unit: 'MONEY' as const, currency }] : []),
    ],
    endsAfter: DAY,
  }
}

function adviceFor({ invoice, reason, subscription }: Credit): string {
  const where = subscription === undefined ? invoice : `${invoice} and ${subscription}`
  const deadline = 'before Stripe takes it off the customer’s next invoices'
  if (reason === 'subscription_cycle')
    return `Check the discounts and pending items on ${where}: one of them is larger than the price. Correct it ${deadline}, and before the next renewal repeats it.`
  if (reason === 'subscription_update')
    return `Check the prices, quantities and dates of the lines for the change of plan on ${where}. If the credit is wrong, add an invoice item for the difference ${deadline}.`
  return `Check the lines of ${where} for a negative item or a wrong sign. If it was not meant, add an invoice item for the same amount ${deadline}.`
}
