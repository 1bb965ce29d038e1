import type { Card, Decline, Payment, Refund } from '../entities.ts'
import { address, type Body, type Frame, list } from './body.ts'

const MESSAGES: Readonly<Record<string, string>> = {
  insufficient_funds: 'Your card has insufficient funds.',
  incorrect_cvc: "Your card's security code is incorrect.",
  incorrect_number: 'Your card number is incorrect.',
  invalid_expiry_year: "Your card's expiration year is invalid.",
  expired_card: 'Your card has expired.',
  processing_error: 'An error occurred while processing your card. Try again in a little bit.',
  authentication_required: 'Your card was declined. This transaction requires authentication.',
}

/** What the payer is told. */
export const messageOf = ({ code, reason }: Decline): string =>
  MESSAGES[reason] ?? MESSAGES[code] ?? 'Your card was declined.'

const SELLER_MESSAGES = {
  issuer_declined: 'The bank did not return any further details with this decline.',
  blocked: 'Stripe blocked this payment as too risky.',
  invalid: 'The payment request was invalid.',
}

function outcome(frame: Frame, decline: Decline | undefined): Body {
  const score =
    decline?.risk === 'highest' ? 88 : decline?.risk === 'elevated' ? 67 : decline === undefined ? 18 : 31
  const body: Body = {
    network_status: decline === undefined ? 'approved_by_network' : 'declined_by_network',
    reason: decline?.reason ?? null,
    risk_level: decline?.risk ?? 'normal',
    risk_score: score,
    seller_message: decline === undefined ? 'Payment complete.' : SELLER_MESSAGES[decline.outcome],
    type: decline?.outcome ?? 'authorized',
  }
  if (decline !== undefined && decline.outcome !== 'issuer_declined')
    body.network_status = 'not_sent_to_network'
  if (frame.shape.refundEvents) {
    body.advice_code = decline?.outcome === 'issuer_declined' ? 'try_again_later' : null
    body.network_advice_code = null
    body.network_decline_code = decline?.outcome === 'issuer_declined' ? '05' : null
  }
  return body
}

function cardDetails(frame: Frame, card: Card, amount: number, decline: Decline | undefined): Body {
  const wrongCvc = decline?.code === 'incorrect_cvc'
  const body: Body = {
    brand: card.brand,
    checks: {
      address_line1_check: null,
      address_postal_code_check: 'pass',
      cvc_check: wrongCvc ? 'fail' : 'pass',
    },
    country: card.country,
    exp_month: card.expMonth,
    exp_year: card.expYear,
    fingerprint: card.fingerprint,
    funding: card.funding,
    installments: null,
    last4: card.last4,
    mandate: null,
    network: card.brand,
    three_d_secure: null,
    wallet: null,
  }
  if (frame.shape.refundEvents) {
    body.amount_authorized = decline === undefined ? amount : null
    body.authorization_code = null
    body.extended_authorization = { status: 'disabled' }
    body.incremental_authorization = { status: 'unavailable' }
    body.multicapture = { status: 'unavailable' }
    body.network_token = { used: false }
    body.overcapture = { maximum_amount_capturable: amount, status: 'unavailable' }
    body.regulated_status = 'unregulated'
  }
  return body
}

/** Where the money comes from, as Stripe describes each kind. */
function methodDetails(frame: Frame, payment: Payment): Body {
  const { method, card, amount, decline } = payment
  const bank = { fingerprint: card.fingerprint, last4: card.last4 }
  switch (method) {
    case 'card':
      return { card: cardDetails(frame, card, amount, decline), type: method }
    case 'card_present': {
      const details = cardDetails(frame, card, amount, decline)
      delete details.checks
      return { [method]: { ...details, read_method: 'contactless_emv' }, type: method }
    }
    case 'sepa_debit':
      return {
        [method]: { ...bank, bank_code: card.last4, branch_code: null, country: card.country },
        type: method,
      }
    case 'us_bank_account':
      return {
        [method]: { ...bank, account_type: 'checking', bank_name: 'A BANK', routing_number: '110000000' },
        type: method,
      }
    case 'bacs_debit':
      return { [method]: { ...bank, mandate: null, sort_code: '108800' }, type: method }
  }
}

export function refundBody(payment: Payment, refund: Refund): Body {
  return {
    id: refund.id,
    object: 'refund',
    amount: refund.amount,
    balance_transaction: `txn_${refund.id.slice(3)}`,
    charge: payment.charge,
    created: refund.created,
    currency: payment.currency,
    destination_details: {
      card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' },
      type: 'card',
    },
    metadata: {},
    payment_intent: payment.intent,
    reason: refund.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: refund.status,
    transfer_reversal: null,
  }
}

export function chargeBody(frame: Frame, payment: Payment): Body {
  const { customer, card, decline, amount } = payment
  const succeeded = payment.status === 'succeeded'
  const body: Body = {
    id: payment.charge,
    object: 'charge',
    amount,
    amount_captured: payment.amountCaptured,
    amount_refunded: payment.amountRefunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: payment.captured && succeeded ? `txn_${payment.charge.slice(3)}` : null,
    billing_details: {
      address: address(customer, card.country),
      email: customer?.email ?? null,
      name: customer?.name ?? null,
      phone: null,
    },
    calculated_statement_descriptor: 'SIMULATED SHOP',
    captured: payment.captured,
    created: payment.created,
    currency: payment.currency,
    customer: customer?.id ?? null,
    description: payment.description,
    destination: null,
    dispute: null,
    disputed: payment.disputed,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline === undefined ? null : messageOf(decline),
    fraud_details: {},
    livemode: frame.livemode,
    metadata: payment.metadata,
    on_behalf_of: null,
    order: null,
    outcome: outcome(frame, decline),
    paid: succeeded,
    payment_intent: payment.intent,
    payment_method: card.id,
    payment_method_details: methodDetails(frame, payment),
    receipt_email: customer?.email ?? null,
    receipt_number: null,
    receipt_url: succeeded ? `https://pay.stripe.com/receipts/payment/${payment.charge}?s=ap` : null,
    refunded: payment.amountRefunded >= amount,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: payment.status,
    transfer_data: null,
    transfer_group: null,
  }
  if (!frame.shape.basil) body.invoice = payment.invoice ?? null
  if (frame.shape.embedded) {
    body.refunds = list(
      `/v1/charges/${payment.charge}/refunds`,
      payment.refunds.map((refund) => refundBody(payment, refund)),
    )
  }
  return body
}
