import type { InvoiceFinalized } from '../../../stripe/facts.ts'
import { DAY, type Seconds } from '../../../time.ts'
import { type Context, defineDetector, type Finding, type Step } from '../../detector.ts'
import { DISORDER } from '../../kit/disorder.ts'
import { ofObjects } from '../../kit/heads.ts'
import { ratioOf } from '../../kit/settings.ts'
import { type Course, newCourse, noteException, noteOccasion } from '../../statistics/course.ts'
import { type Credit, creditOf, creditOfChange, isGross, isPlanChange } from './credit.ts'
import { creditFinding } from './finding.ts'
import { addPayment, addPrice, hasPrice, type KnownMoney, type Usual, usualAt, YEAR } from './known.ts'

/** A customer of whom only payments are known is rarely sent an invoice, and there are very many of them. */
const GUEST_IDLE: Seconds = 100 * DAY
/** How many invoices of a customer are remembered. */
const INVOICES = 8

interface State {
  known: KnownMoney
  /** Newest invoices below zero that were reported, for what the incident adds up to. */
  told: Credit[]
  /** Prorations that nothing was known to compare with; a fact of before them may still be on its way. */
  unsure: Credit[]
}

const settings = {
  tolerance: ratioOf(
    'A change of plan may credit what was paid or the highest price of a period, and this share of it more, before it is reported.',
    { default: 0.02, min: 0, max: 1 },
  ),
}
type Asked = Context<typeof settings, Course>

/** Reports when an invoice comes out below zero, unless it is the ordinary credit of a downgrade. */
export const negativeInvoice = defineDetector({
  name: 'NEGATIVE_INVOICE',
  title: 'Negative invoice',
  description:
    'An invoice came out below zero, so you owe the customer money. The ordinary credit of a change to a cheaper plan is not reported, unless it is larger than anything the customer has paid or had to pay for a period.',
  facts: ['invoiceFinalized', 'invoicePaid', 'subscriptionChanged', 'chargeCaptured'],
  settings,
  ...ofObjects,
  stateVersion: 1,
  idleAfter: 400 * DAY,
  idleAfterOf: ({ known, told, unsure }) =>
    told.length + unsure.length === 0 && !hasPrice(known) ? GUEST_IDLE : 400 * DAY,
  initial: (): State => ({ known: {}, told: [], unsure: [] }),
  key: ({ customer }) => customer,
  shared: { initial: () => newCourse(YEAR / 2) },
  observe(state, fact, context) {
    switch (fact.kind) {
      case 'invoiceFinalized':
        noteOccasion(context.shared, fact.at)
        return fact.total < 0 && !isTold(state, fact) ? judge(state, creditOf(fact), context) : undefined
      case 'chargeCaptured':
        // The invoice that it pays says so itself when it is paid: two payments are more than one.
        if (fact.recurring) return undefined
        addPayment(state.known, fact.currency, fact.amount, fact.at)
        break
      case 'invoicePaid':
        addPayment(state.known, fact.currency, fact.amountPaid ?? 0, fact.at)
        break
      case 'subscriptionChanged':
        if (fact.currency === undefined) return undefined
        addPrice(state.known, fact.currency, fact.price, fact.at)
        addPrice(state.known, fact.currency, fact.before?.price, fact.at)
    }
    return state.unsure.length === 0 ? undefined : reconsider(state, fact.at, context)
  },
})

const isTold = ({ told, unsure }: State, { invoice }: InvoiceFinalized): boolean =>
  [...told, ...unsure].some((known) => known.invoice === invoice)

function judge(state: State, credit: Credit, context: Asked): Step | undefined {
  const known = usualAt(state.known, credit.currency, credit.at)
  const limit = Math.max(known.payments, known.price)
  if (isPlanChange(credit)) {
    if (limit === 0) {
      state.unsure.push(credit)
      if (state.unsure.length > INVOICES) state.unsure.shift()
      return undefined
    }
    if (creditOfChange(credit) <= limit * (1 + context.settings.tolerance)) return undefined
  }
  const { shared, feedback } = context
  const usual = noteException(shared, credit.reason ?? 'unknown', credit.at, feedback.length)
  if (usual && !isGross(credit, known)) return undefined
  state.told.push(credit)
  if (state.told.length > INVOICES) state.told.shift()
  return { findings: [findingOf(state, credit, known, context)] }
}

/** Judges again what could not be compared, when a fact of before it came only now. */
function reconsider(state: State, at: Seconds, context: Asked): Step | undefined {
  const waiting = state.unsure.filter((credit) => credit.at >= at - DISORDER)
  state.unsure = waiting.filter((credit) => credit.at < at)
  const findings: Finding[] = []
  for (const credit of waiting)
    if (credit.at >= at) findings.push(...(judge(state, credit, context)?.findings ?? []))
  return findings.length === 0 ? undefined : { findings }
}

function findingOf(state: State, credit: Credit, usual: Usual, context: Asked): Finding {
  const { currency, at } = credit
  const owed = state.told
    .filter((other) => other.currency === currency && Math.abs(other.at - at) <= DAY)
    .reduce((sum, other) => sum - other.total, 0)
  return creditFinding(credit, usual, owed, context)
}
