import type { StripeEnvelope } from '../event.ts'
import { type Claims, KEEP_SETTLED } from '../ledger.ts'
import { amount, currency, customerOf, type Fields, fields, id, known } from '../read.ts'
import { common, isA, NOTHING, numbers, remember } from './common.ts'
import { declineOfError, methodOfError, namesCharge, paymentDetails } from './payment.ts'

/** Tries of one intent that are told apart; more within one record's life are attacks or robots, told again at worst. */
const MOST_TRIES = 50

/** payment_intent.payment_failed: told only when no charge was made, else the charge tells it. */
export const readRefusedPayment = (event: StripeEnvelope): Claims =>
  isA('payment_intent', event.object) && !namesCharge(event.object)
    ? readRefusal(event, fields(event.object['last_payment_error']), false)
    : NOTHING

/** setup_intent.setup_failed: a card that was only to be saved. */
export const readRefusedSetup = (event: StripeEnvelope): Claims =>
  isA('setup_intent', event.object)
    ? readRefusal(event, fields(event.object['last_setup_error']), true)
    : NOTHING

/** An intent can be refused many times and does not number its tries: each second is one. */
const readRefusal = (event: StripeEnvelope, error: Fields | undefined, setup: boolean): Claims => {
  const { object } = event
  const intent = id(object['id'])
  if (intent === undefined) return NOTHING
  return {
    objects: [intent],
    settle: (ledger) => {
      const record = ledger.get(intent)
      const tries = numbers(record?.['refused'])
      if (tries.includes(event.created)) return []
      ledger.set(intent, { ...record, refused: remember(tries, event.created, MOST_TRIES) }, KEEP_SETTLED)
      const links = {
        intent: setup ? undefined : intent,
        invoice: id(object['invoice']) ?? id(record?.['invoice']),
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
