import { DAY, type Seconds } from '../time.ts'
import { chargeBody, refundBody } from './bodies/charge.ts'
import { priceIn } from './currencies.ts'
import type { Payment, Refund } from './entities.ts'
import { newCustomer } from './people.ts'
import type { World } from './world.ts'

const REASONS: readonly (readonly [string | null, number])[] = [
  ['requested_by_customer', 70],
  [null, 20],
  ['duplicate', 10],
]

/** Gives money back; `amount` at most what is left of the payment. */
export function refund(world: World, payment: Payment, amount: number): void {
  const { random } = world
  const before = payment.amountRefunded
  const given: Refund = {
    id: `re_3${random.letters(23)}`,
    amount,
    status: 'succeeded',
    reason: random.weighted(REASONS),
    created: world.now,
  }
  payment.refunds.push(given)
  payment.amountRefunded += amount
  if (world.shape.refundEvents) world.emit('refund.created', () => refundBody(payment, given))
  world.emit('charge.refunded', (frame) => chargeBody(frame, payment), {
    previous: {
      amount_refunded: before,
      ...(payment.amountRefunded >= payment.amount ? { refunded: false } : {}),
    },
  })
  if (random.chance(0.1)) {
    world.later(random.between(5, 600), () => {
      world.emit('charge.refund.updated', () => refundBody(payment, given), {
        automatic: true,
        previous: { destination_details: { card: { reference_status: 'pending' } } },
      })
    })
  }
}

/** The bank does not take the money, weeks later: it is the merchant's again. */
export function failRefund(world: World, payment: Payment): void {
  const last = payment.refunds.at(-1)
  if (!last || last.status === 'failed') return
  last.status = 'failed'
  payment.amountRefunded -= last.amount
  const options = { automatic: true, previous: { status: 'succeeded' } }
  world.emit('charge.refund.updated', () => refundBody(payment, last), options)
  if (world.shape.refundEvents) world.emit('refund.failed', () => refundBody(payment, last), options)
}

/** A payment made before the stream began, of which no event tells. */
export function inventPayment(world: World, age: Seconds): Payment {
  const { random, profile } = world
  const currency = random.weighted(profile.currencies)
  const customer = newCustomer(random, currency, world.now - age - 30 * DAY)
  const amount = priceIn(currency, profile.dollars * random.between(0.5, 2))
  return {
    charge: `ch_3${random.letters(23)}`,
    intent: `pi_3${random.letters(23)}`,
    amount,
    currency,
    customer,
    card: customer.card,
    begun: world.now - age,
    created: world.now - age,
    description: null,
    metadata: {},
    invoice: undefined,
    status: 'succeeded',
    method: 'card',
    decline: undefined,
    captured: true,
    amountCaptured: amount,
    amountRefunded: 0,
    disputed: false,
    refunds: [],
  }
}

const untouched = ({ captured, disputed, amountRefunded }: Payment): boolean =>
  captured && !disputed && amountRefunded === 0

/** One of the newer payments that nobody has complained about; an older one when none is remembered. */
export function paymentToUndo(world: World): Payment {
  const { random, payments } = world
  for (let attempt = 0; attempt < 5 && payments.length >= 20; attempt++) {
    const payment = random.pick(payments)
    if (untouched(payment)) return payment
  }
  return inventPayment(world, random.between(2, 30) * DAY)
}

/** One more customer gets all or a part of a payment back, some in two parts. */
export function refundSomebody(world: World): void {
  const { random } = world
  const payment = paymentToUndo(world)
  if (random.chance(0.78)) {
    refund(world, payment, payment.amountCaptured - payment.amountRefunded)
    return
  }
  const part = Math.max(1, Math.round(payment.amountCaptured / 4))
  refund(world, payment, part)
  if (random.chance(0.3)) {
    world.later(random.between(60, DAY), () => {
      if (!payment.disputed && payment.amountCaptured - payment.amountRefunded >= part)
        refund(world, payment, part)
    })
  }
}
