import { fresh, type Json, list, START } from './basics.ts'
import { basil, NEWEST, since, type Version } from './versions.ts'

/** A refused payment; `charge` names its charge where the version has it, null when there was none. */
export const paymentIntent = (fields: Json = {}, version: Version = NEWEST): Json => {
  const { charge: made = null, ...rest } = fields
  return {
    id: fresh('pi'),
    object: 'payment_intent',
    amount: 2900,
    amount_received: 0,
    ...(since(version, '2022-11-15')
      ? { latest_charge: made }
      : { charges: list(made === null ? [] : [made]) }),
    created: START,
    currency: 'usd',
    customer: 'cus_1',
    ...(basil(version) ? {} : { invoice: null }),
    last_payment_error: { code: 'payment_intent_authentication_failure', type: 'invalid_request_error' },
    livemode: true,
    metadata: {},
    status: 'requires_payment_method',
    ...rest,
  }
}

export const setupIntent = (fields: Json = {}): Json => ({
  id: fresh('seti'),
  object: 'setup_intent',
  created: START,
  customer: null,
  last_setup_error: {
    code: 'card_declined',
    decline_code: 'generic_decline',
    type: 'card_error',
    payment_method: {
      id: 'pm_1',
      object: 'payment_method',
      type: 'card',
      card: { brand: 'visa', country: 'FR', fingerprint: 'card_9', funding: 'debit' },
    },
  },
  livemode: true,
  status: 'requires_payment_method',
  ...fields,
})

export const checkoutSession = (fields: Json = {}): Json => ({
  id: fresh('cs'),
  object: 'checkout.session',
  amount_total: 2900,
  created: START,
  currency: 'usd',
  customer: null,
  livemode: true,
  mode: 'payment',
  payment_intent: 'pi_1',
  payment_status: 'paid',
  status: 'complete',
  subscription: null,
  ...fields,
})
