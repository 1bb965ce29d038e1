import type { StripeEnvelope } from '../event.ts'
import { type EventReading, KEEP_SETTLED } from '../ledger.ts'
import { amount, currency, customerOf, type Fields, fields, id, known, reference } from '../read.ts'
import { common, isA, NOTHING, numbers, remember } from './common.ts'
import { declineOfError, methodOfError, namesCharge, paymentDetails } from './payment.ts'

/** Attempts of one intent that are kept apart; more of them in one record's life are an attack or a robot, and at worst reported twice. */
const MOST_TRIES = 50

/** payment_intent.payment_failed: reported only when no charge was made; otherwise the charge reports it. */
export const readRefusedPayment = (event: StripeEnvelope): EventReading =>
  isA('payment_intent', event.object) && !namesCharge(event.object)
    ? readRefusal(event, fields(event.object['last_payment_error']), false)
    : NOTHING

/** setup_intent.setup_failed: a card that was only to be saved. */
export const readRefusedSetup = (event: StripeEnvelope): EventReading =>
  isA('setup_intent', event.object)
    ? readRefusal(event, fields(event.object['last_setup_error']), true)
    : NOTHING

/** An intent can be refused many times and does not number its tries: each second is one. */
const readRefusal = (event: StripeEnvelope, error: Fields | undefined, setup: boolean): EventReading => {
  const { object } = event
  const intent = id(object['id'])
  if (intent === undefined) return NOTHING
  return {
    objects: [intent],
    apply: (ledger) => {
      const record = ledger.get(intent)
      const tries = numbers(record?.['refused'])
      if (tries.includes(event.created)) return []
      ledger.set(intent, { ...record, refused: remember(tries, event.created, MOST_TRIES) }, KEEP_SETTLED)
      const links = {
        intent: setup ? undefined : intent,
        invoice: reference(object['invoice']) ?? id(record?.['invoice']),
      }
      return [
        known({
          kind: 'paymentRefused' as const,
          ...common(event, customerOf(object)),
          ...paymentDetails(event, methodOfError(error), links),
          ...declineOfError(error),
          id: intent,
          setup,
          ...money(object),
        }),
      ]
    },
  }
}

const money = (object: Fields): { amount?: number; currency?: string } => {
  const total = amount(object['amount'])
  const unit = currency(object['currency'])
  return total === undefined || unit === undefined ? {} : { amount: total, currency: unit }
}
