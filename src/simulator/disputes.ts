import { DAY } from '../time.ts'
import { chargeBody } from './bodies/charge.ts'
import { type Dispute, disputeBody, warningBody } from './bodies/others.ts'
import type { Payment } from './entities.ts'
import { inventPayment, paymentToUndo } from './refunds.ts'
import type { World } from './world.ts'

const REASONS: readonly (readonly [string, number])[] = [
  ['fraudulent', 55],
  ['product_not_received', 15],
  ['subscription_canceled', 10],
  ['unrecognized', 10],
  ['product_unacceptable', 5],
  ['duplicate', 5],
]

const AUTOMATIC = { automatic: true }

/** The payer's bank takes the money back, or only asks (an inquiry). */
export function openDispute(world: World, payment: Payment, reason?: string): void {
  if (payment.disputed) return
  const { random } = world
  const inquiry = reason === undefined && random.chance(0.08)
  const dispute: Dispute = {
    id: `du_1${random.letters(23)}`,
    payment,
    reason: reason ?? random.weighted(REASONS),
    status: inquiry ? 'warning_needs_response' : 'needs_response',
    created: world.now,
  }
  payment.disputed = true
  world.emit('charge.dispute.created', (frame) => disputeBody(frame, dispute), AUTOMATIC)
  if (!inquiry)
    world.emit('charge.dispute.funds_withdrawn', (frame) => disputeBody(frame, dispute), AUTOMATIC)
  world.emit('charge.updated', (frame) => chargeBody(frame, payment), {
    automatic: true,
    previous: { disputed: false },
  })
  world.later(random.between(8, 40) * DAY, () => {
    dispute.status = inquiry ? 'warning_closed' : random.chance(0.3) ? 'won' : 'lost'
    world.emit('charge.dispute.closed', (frame) => disputeBody(frame, dispute), {
      automatic: true,
      previous: { status: 'under_review' },
    })
  })
}

/** The card's network says that the payment was fraud, days before any dispute. */
export function warnOfFraud(world: World, payment: Payment): void {
  const id = `issfr_1${world.random.letters(23)}`
  const at = world.now
  world.emit('radar.early_fraud_warning.created', (frame) => warningBody(frame, id, payment, at), AUTOMATIC)
}

/** One more payment is disputed, mostly one of some weeks ago; a third are announced by a warning. */
export function disputeSomething(world: World): void {
  const { random } = world
  const payment = random.chance(0.4)
    ? paymentToUndo(world)
    : inventPayment(world, random.between(10, 60) * DAY)
  if (random.chance(0.35)) {
    warnOfFraud(world, payment)
    if (random.chance(0.6))
      world.later(random.between(1, 6) * DAY, () => openDispute(world, payment, 'fraudulent'))
  } else {
    openDispute(world, payment)
  }
}
