import type { Seconds } from '../../time.ts'
import type { Card, Customer, Decline, Payment } from '../entities.ts'
import { address, type Body, type Frame, list } from './body.ts'
import { chargeBody, messageOf } from './charge.ts'

export function paymentMethodBody(
  frame: Frame,
  card: Card,
  customer: Customer | undefined,
  at: Seconds,
): Body {
  return {
    id: card.id,
    object: 'payment_method',
    billing_details: {
      address: address(customer, card.country),
      email: customer?.email ?? null,
      name: customer?.name ?? null,
      phone: null,
    },
    card: {
      brand: card.brand,
      checks: { address_line1_check: null, address_postal_code_check: 'pass', cvc_check: 'pass' },
      country: card.country,
      exp_month: card.expMonth,
      exp_year: card.expYear,
      fingerprint: card.fingerprint,
      funding: card.funding,
      generated_from: null,
      last4: card.last4,
      networks: { available: [card.brand], preferred: null },
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: at,
    customer: customer?.id ?? null,
    livemode: frame.livemode,
    metadata: {},
    type: 'card',
  }
}

function paymentError(frame: Frame, payment: Payment, decline: Decline): Body {
  return {
    charge: payment.charge,
    code: decline.code,
    ...(decline.code === 'card_declined' ? { decline_code: decline.reason } : {}),
    doc_url: `https://stripe.com/docs/error-codes/${decline.code.replaceAll('_', '-')}`,
    message: messageOf(decline),
    payment_method: paymentMethodBody(frame, payment.card, payment.customer, payment.created),
    type: 'card_error',
  }
}

const statusOf = ({ status, captured }: Payment): string => {
  if (status === 'pending') return 'processing'
  if (status === 'failed') return 'requires_payment_method'
  return captured ? 'succeeded' : 'requires_capture'
}

/** The payment intent as it stands after the payment's newest charge. */
export function intentBody(frame: Frame, payment: Payment): Body {
  const { decline } = payment
  const succeeded = payment.status === 'succeeded'
  const status = statusOf(payment)
  const body: Body = {
    id: payment.intent,
    object: 'payment_intent',
    amount: payment.amount,
    amount_capturable: status === 'requires_capture' ? payment.amount : 0,
    amount_details: { tip: {} },
    amount_received: succeeded && payment.captured ? payment.amountCaptured : 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: payment.captured || !succeeded ? 'automatic' : 'manual',
    client_secret: `${payment.intent}_secret_redacted`,
    confirmation_method: 'automatic',
    created: payment.begun,
    currency: payment.currency,
    customer: payment.customer?.id ?? null,
    description: payment.description,
    last_payment_error: decline === undefined ? null : paymentError(frame, payment, decline),
    livemode: frame.livemode,
    metadata: payment.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: succeeded ? payment.card.id : null,
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' },
    },
    payment_method_types: [payment.method],
    processing: null,
    receipt_email: payment.customer?.email ?? null,
    review: null,
    setup_future_usage: payment.invoice === undefined ? null : 'off_session',
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status,
    transfer_data: null,
    transfer_group: null,
  }
  if (!frame.shape.basil) body.invoice = payment.invoice ?? null
  if (frame.shape.embedded) {
    body.charges = list(`/v1/charges?payment_intent=${payment.intent}`, [chargeBody(frame, payment)])
  } else {
    body.latest_charge = payment.charge
  }
  return body
}

/** A set-up: a card that is only saved. */
export function setupIntentBody(
  frame: Frame,
  setup: {
    id: string
    card: Card
    customer: Customer | undefined
    at: Seconds
    decline: Decline | undefined
  },
): Body {
  const { card, customer, decline, at } = setup
  return {
    id: setup.id,
    object: 'setup_intent',
    application: null,
    automatic_payment_methods: null,
    cancellation_reason: null,
    client_secret: `${setup.id}_secret_redacted`,
    created: at,
    customer: customer?.id ?? null,
    description: null,
    flow_directions: null,
    last_setup_error:
      decline === undefined
        ? null
        : {
            code: decline.code,
            ...(decline.code === 'card_declined' ? { decline_code: decline.reason } : {}),
            doc_url: `https://stripe.com/docs/error-codes/${decline.code.replaceAll('_', '-')}`,
            message: messageOf(decline),
            payment_method: paymentMethodBody(frame, card, customer, at),
            type: 'card_error',
          },
    latest_attempt: `setatt_${setup.id.slice(5)}`,
    livemode: frame.livemode,
    mandate: null,
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: decline === undefined ? card.id : null,
    payment_method_options: {
      card: { mandate_options: null, network: null, request_three_d_secure: 'automatic' },
    },
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: decline === undefined ? 'succeeded' : 'requires_payment_method',
    usage: 'off_session',
  }
}
