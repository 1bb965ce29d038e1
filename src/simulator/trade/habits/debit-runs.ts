import { DAY, HOUR, MINUTE } from '../../../time.ts'
import { chargeBody } from '../../bodies/charge.ts'
import { intentBody } from '../../bodies/intent.ts'
import { priceIn } from '../../currencies.ts'
import type { Customer, Decline, Payment, PaymentMethod } from '../../entities.ts'
import { newPayment } from '../../payments.ts'
import { newCustomer } from '../../people.ts'
import type { World } from '../../world.ts'
import type { Habit } from '../business.ts'

const refusal = (code: string): Decline => ({
  code,
  reason: code,
  outcome: 'issuer_declined',
  risk: 'normal',
})

const REFUSALS: readonly (readonly [Decline, number])[] = [
  [refusal('insufficient_funds'), 70],
  [refusal('account_closed'), 15],
  [refusal('debit_not_authorized'), 15],
]

export interface DebitRuns {
  method: PaymentMethod
  /** Days of the month on which the debits are sent. */
  monthDays: readonly number[]
  members: number
  failRate: number
  /** Days until a bank refuses, and until it is certain that the money came. */
  refused: readonly [number, number]
  paid: readonly [number, number]
}

/** A debit is begun; days later the bank says whether there was money. */
function sendDebit(world: World, customer: Customer, amount: number, runs: DebitRuns, fails: boolean): void {
  const { random } = world
  const payment: Payment = newPayment(world, {
    amount,
    currency: customer.currency,
    customer,
    card: customer.card,
    method: runs.method,
    automatic: true,
  })
  payment.charge = `py_3${random.letters(23)}`
  payment.status = 'pending'
  const automatic = { automatic: true }
  world.emit('charge.pending', (frame) => chargeBody(frame, payment), automatic)
  world.emit('payment_intent.processing', (frame) => intentBody(frame, payment), automatic)
  const [least, most] = fails ? runs.refused : runs.paid
  // Banks answer in the morning, in files.
  const morning =
    Math.floor((world.now + Math.round(random.between(least, most)) * DAY) / DAY) * DAY + 6 * HOUR
  world.agenda.add(morning + random.int(0, 90 * MINUTE), () => {
    if (fails) {
      Object.assign(payment, {
        status: 'failed',
        decline: random.weighted(REFUSALS),
        captured: false,
        amountCaptured: 0,
      })
      world.emit('charge.failed', (frame) => chargeBody(frame, payment), automatic)
      world.emit('payment_intent.payment_failed', (frame) => intentBody(frame, payment), automatic)
      return
    }
    payment.status = 'succeeded'
    world.emit('charge.succeeded', (frame) => chargeBody(frame, payment), automatic)
    world.emit('payment_intent.succeeded', (frame) => intentBody(frame, payment), automatic)
    world.remember(payment)
  })
}

/** All members are debited on the same days; refusals are known before the payments are. */
export const debitRuns = (runs: DebitRuns): Habit => {
  const members: { customer: Customer; amount: number }[] = []
  return {
    open({ world, start }) {
      const { random, profile } = world
      for (let i = 0; i < runs.members; i++) {
        const customer = newCustomer(random, random.weighted(profile.currencies), start - 200 * DAY)
        const amount = priceIn(customer.currency, profile.dollars * random.pick([0.6, 1, 1, 1.8]))
        members.push({ customer, amount })
      }
    },
    day({ world, clock }, midnight) {
      if (!runs.monthDays.includes(clock.date(midnight + DAY / 2).day)) return
      const { random, agenda, weather } = world
      const at = midnight + 6 * HOUR
      for (const [index, { customer, amount }] of members.entries()) {
        agenda.add(at + index * 7, () => {
          const rate = weather.at(world.now).declineRate ?? runs.failRate
          sendDebit(world, customer, amount, runs, random.chance(rate))
        })
      }
    },
  }
}
