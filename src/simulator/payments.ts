import type { Seconds } from '../time.ts'
import { chargeBody } from './bodies/charge.ts'
import { intentBody, setupIntentBody } from './bodies/intent.ts'
import type { Card, Customer, Decline, Payment, PaymentMethod } from './entities.ts'
import type { Random } from './random.ts'
import type { World } from './world.ts'

/** What is to be paid, by whom and how; a decline makes it fail. */
export interface PaymentOrder {
  amount: number
  currency: string
  customer?: Customer | undefined
  card: Card
  description?: string | null | undefined
  metadata?: Record<string, string> | undefined
  invoice?: string | undefined
  decline?: Decline | undefined
  /** A further try of an intent that failed before. */
  again?: Payment | undefined
  /** Only authorised: captured later, or never. */
  manual?: boolean
  /** Stripe itself charges, as at a renewal. */
  automatic?: boolean
  test?: boolean
  /** Default: by card, without its being present. */
  method?: PaymentMethod
}

export function newPayment(world: World, order: PaymentOrder): Payment {
  const succeeded = order.decline === undefined
  const captured = succeeded && order.manual !== true
  return {
    charge: `ch_3${world.random.letters(23)}`,
    intent: order.again?.intent ?? `pi_3${world.random.letters(23)}`,
    amount: order.amount,
    currency: order.currency,
    customer: order.customer,
    card: order.card,
    begun: order.again?.begun ?? world.now,
    created: world.now,
    description: order.description ?? null,
    metadata: order.metadata ?? {},
    invoice: order.invoice,
    status: succeeded ? 'succeeded' : 'failed',
    method: order.method ?? 'card',
    decline: order.decline,
    captured,
    amountCaptured: captured ? order.amount : 0,
    amountRefunded: 0,
    disputed: false,
    refunds: [],
  }
}

/** One try to pay, told as Stripe tells it: the charge, and what became of its intent. */
export function pay(world: World, order: PaymentOrder): Payment {
  const payment = newPayment(world, order)
  const options = { automatic: order.automatic === true, test: order.test === true }
  if (payment.status === 'failed') {
    world.emit('charge.failed', (frame) => chargeBody(frame, payment), options)
    world.emit('payment_intent.payment_failed', (frame) => intentBody(frame, payment), options)
    return payment
  }
  world.emit('charge.succeeded', (frame) => chargeBody(frame, payment), options)
  const told = payment.captured ? 'payment_intent.succeeded' : 'payment_intent.amount_capturable_updated'
  world.emit(told, (frame) => intentBody(frame, payment), options)
  if (order.test !== true) world.remember(payment)
  return payment
}

/** Takes all or a part of an authorised payment; the rest is released, which older versions tell as a refund. */
export function capture(world: World, payment: Payment, amount: number): void {
  payment.captured = true
  payment.amountCaptured = amount
  const released = payment.amount - amount
  if (released > 0 && !world.shape.basil) payment.amountRefunded += released
  world.emit('charge.captured', (frame) => chargeBody(frame, payment), {
    previous: { amount_captured: 0, captured: false, balance_transaction: null },
  })
  if (released > 0 && !world.shape.basil) {
    world.emit('charge.refunded', (frame) => chargeBody(frame, payment), { previous: { amount_refunded: 0 } })
  }
  world.emit('payment_intent.succeeded', (frame) => intentBody(frame, payment))
}

/** A card that somebody wanted to save was refused. */
export function failSetup(world: World, card: Card, customer: Customer | undefined, decline: Decline): void {
  const setup = { id: `seti_1${world.random.letters(23)}`, card, customer, at: world.now, decline }
  world.emit('setup_intent.setup_failed', (frame) => setupIntentBody(frame, setup))
}

/** How long a payer takes before the next try. */
export const retryDelay = (random: Random): Seconds => Math.round(15 + random.exponential(60))
