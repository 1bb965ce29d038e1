import { createHmac } from 'node:crypto'

/** Who may deliver: made once, known to both servers and to the load. */
export interface BenchTenant {
  token: string
  secret: string
}

/** A charge of some 2.7 kB, pretty-printed as Stripe does. */
export function chargeEvent(number: number, created: number): string {
  const id = number.toString(36).padStart(12, '0')
  const charge = {
    id: `ch_3Q${id}`,
    object: 'charge',
    amount: 1_000 + (number % 50_000),
    amount_captured: 1_000 + (number % 50_000),
    amount_refunded: 0,
    balance_transaction: `txn_3Q${id}`,
    billing_details: {
      address: {
        city: 'Porto',
        country: 'PT',
        line1: 'Rua das Flores 12',
        line2: null,
        postal_code: '4050-262',
      },
      email: `customer.${number}@example.com`,
      name: `Customer ${number}`,
      phone: null,
    },
    calculated_statement_descriptor: 'EXAMPLE.COM',
    captured: true,
    created,
    currency: 'eur',
    customer: `cus_Q${id}`,
    description: 'Subscription update',
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    livemode: true,
    metadata: { order: `order-${number}`, plan: 'team-monthly', region: 'eu-west' },
    outcome: {
      network_status: 'approved_by_network',
      reason: null,
      risk_level: 'normal',
      risk_score: number % 60,
      seller_message: 'Payment complete.',
      type: 'authorized',
    },
    paid: true,
    payment_intent: `pi_3Q${id}`,
    payment_method: `pm_1Q${id}`,
    payment_method_details: {
      card: {
        brand: 'visa',
        checks: { address_line1_check: 'pass', address_postal_code_check: 'pass', cvc_check: 'pass' },
        country: 'PT',
        exp_month: 8,
        exp_year: 2029,
        fingerprint: `fp${id}`,
        funding: 'credit',
        last4: '4242',
        network: 'visa',
      },
      type: 'card',
    },
    receipt_url: `https://pay.stripe.com/receipts/payment/${'c'.repeat(96)}`,
    refunded: false,
    status: 'succeeded',
  }
  return JSON.stringify(
    {
      id: `evt_3Q${id}`,
      object: 'event',
      api_version: '2025-03-31.basil',
      created,
      data: { object: charge },
      livemode: true,
      pending_webhooks: 1,
      request: { id: `req_${id}`, idempotency_key: `key-${id}` },
      type: 'charge.succeeded',
    },
    null,
    2,
  )
}

/** The whole request as bytes, signed at `at`. */
export function signedRequest(tenant: BenchTenant, body: string, at: number): Buffer {
  const v1 = createHmac('sha256', tenant.secret).update(`${at}.`).update(body).digest('hex')
  return Buffer.from(
    `POST /webhook/${tenant.token} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `user-agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\naccept: */*; q=0.5, application/xml\r\n` +
      `stripe-signature: t=${at},v1=${v1}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
