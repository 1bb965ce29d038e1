import { fresh, type Json, list, START } from './basics.ts'
import { basil, NEWEST, since, type Version } from './versions.ts'

/** A captured card payment of 29.00 USD by cus_1; `refunds` (array) and `invoice` go where the version has them. */
export const charge = (fields: Json = {}, version: Version = NEWEST): Json => {
  const { invoice = null, refunds = [], ...rest } = fields
  const amount = typeof rest['amount'] === 'number' ? rest['amount'] : 2900
  const failed = rest['status'] === 'failed'
  const captured = rest['captured'] ?? !failed
  return {
    id: fresh('ch'),
    object: 'charge',
    amount,
    ...(since(version, '2020-08-27') ? { amount_captured: captured ? amount : 0 } : {}),
    amount_refunded: 0,
    balance_transaction: failed ? null : fresh('txn'),
    billing_details: { address: null, email: null, name: 'Ana Lúcia', phone: null },
    captured,
    created: START,
    currency: 'usd',
    customer: 'cus_1',
    description: null,
    disputed: false,
    failure_code: failed ? 'card_declined' : null,
    failure_message: failed ? 'Your card was declined.' : null,
    ...(basil(version) ? {} : { invoice }),
    livemode: true,
    metadata: {},
    outcome: {
      network_status: failed ? 'declined_by_network' : 'approved_by_network',
      reason: failed ? 'insufficient_funds' : null,
      risk_level: 'normal',
      type: failed ? 'issuer_declined' : 'authorized',
    },
    paid: !failed,
    payment_intent: fresh('pi'),
    payment_method_details: {
      type: 'card',
      card: {
        brand: 'visa',
        checks: { cvc_check: 'pass' },
        country: 'US',
        fingerprint: 'card_1',
        funding: 'credit',
        last4: '4242',
      },
    },
    refunded: false,
    ...(since(version, '2022-11-15') ? {} : { refunds: list(Array.isArray(refunds) ? refunds : []) }),
    status: 'succeeded',
    ...rest,
  }
}

export const refund = (fields: Json = {}): Json => ({
  id: fresh('re'),
  object: 'refund',
  amount: 1000,
  charge: 'ch_1',
  created: START,
  currency: 'usd',
  metadata: {},
  payment_intent: 'pi_1',
  reason: null,
  status: 'succeeded',
  ...fields,
})

export const dispute = (fields: Json = {}): Json => ({
  id: fresh('dp'),
  object: 'dispute',
  amount: 2900,
  balance_transactions: [],
  charge: 'ch_1',
  created: START,
  currency: 'usd',
  evidence_details: { due_by: START + 7 * 86_400, has_evidence: false, past_due: false, submission_count: 0 },
  is_charge_refundable: false,
  livemode: true,
  metadata: {},
  payment_intent: 'pi_1',
  reason: 'fraudulent',
  status: 'needs_response',
  ...fields,
})

export const fraudWarning = (fields: Json = {}): Json => ({
  id: fresh('issfr'),
  object: 'radar.early_fraud_warning',
  actionable: true,
  charge: 'ch_1',
  created: START,
  fraud_type: 'made_with_stolen_card',
  livemode: true,
  payment_intent: 'pi_1',
  ...fields,
})
