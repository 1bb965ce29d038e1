import { parseEvent, type StripeEnvelope } from '../../src/stripe/event.ts'
import type { Fact, FactKind, FactOf } from '../../src/stripe/facts.ts'
import type { Ledger, ObjectRecord } from '../../src/stripe/ledger.ts'
import { readBilling } from '../../src/stripe/reading.ts'
import type { Json } from '../support/stripe/basics.ts'
import { body } from '../support/stripe/events.ts'

export const envelope = (event: Json): StripeEnvelope => {
  const parsed = parseEvent(body(event))
  if (parsed === undefined) throw new Error('the fixture is no Stripe event')
  return parsed
}

/**
 * A ledger that keeps what a database would: JSON, and only for objects that an event's reading named. Asking for
 * another fails, as it would have been missing in production.
 */
export const createLedger = () => {
  const stored = new Map<string, string>()
  const kept = new Map<string, number>()
  const open = (objects: readonly string[]): Ledger => {
    const check = (objectId: string): void => {
      if (!objects.includes(objectId)) throw new Error(`${objectId} was not among the claimed objects`)
    }
    return {
      get(objectId) {
        check(objectId)
        const text = stored.get(objectId)
        return text === undefined ? undefined : freeze(JSON.parse(text) as ObjectRecord)
      },
      set(objectId, record, keepFor) {
        check(objectId)
        kept.set(objectId, keepFor)
        stored.set(objectId, JSON.stringify(record))
      },
    }
  }
  return { open, stored, kept }
}

const freeze = (record: ObjectRecord): ObjectRecord => {
  for (const value of Object.values(record)) if (typeof value === 'object') Object.freeze(value)
  return Object.freeze(record)
}

/** The facts that come of events arriving in this order, each judged alone. */
export const judge = (...events: readonly Json[]): Fact[] => judgeWith(createLedger(), events)

export const judgeWith = (ledger: ReturnType<typeof createLedger>, events: readonly Json[]): Fact[] =>
  events.flatMap((event) => {
    const reading = readBilling(envelope(event))
    return reading.apply(ledger.open(reading.objects))
  })

export const ofKind = <Kind extends FactKind>(facts: readonly Fact[], kind: Kind): FactOf<Kind>[] =>
  facts.filter((fact): fact is FactOf<Kind> => fact.kind === kind)

export const kinds = (facts: readonly Fact[]): FactKind[] => facts.map((fact) => fact.kind)

/** Captured money less what a failing bank debit took back, money given back, and how often each kind was told. */
export const totals = (facts: readonly Fact[]) => ({
  captured:
    sum(ofKind(facts, 'chargeCaptured').map((fact) => fact.amount)) -
    sum(ofKind(facts, 'chargeFailed').map((fact) => fact.reversed)),
  givenBack: sum(ofKind(facts, 'refunded').map((fact) => fact.amount)),
  succeeded: ofKind(facts, 'chargeSucceeded').length,
  failed: ofKind(facts, 'chargeFailed').length,
  disputes: ofKind(facts, 'disputeOpened').filter((fact) => !fact.inquiry).length,
  inquiries: ofKind(facts, 'disputeOpened').filter((fact) => fact.inquiry).length,
  closed: ofKind(facts, 'disputeClosed').length,
  warnings: ofKind(facts, 'fraudWarning').length,
  created: ofKind(facts, 'invoiceCreated').length,
  finalized: ofKind(facts, 'invoiceFinalized').length,
  paid: ofKind(facts, 'invoicePaid').length,
  dropped: ofKind(facts, 'invoiceDropped').length,
  attempts: ofKind(facts, 'invoiceFailed').length,
})

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
