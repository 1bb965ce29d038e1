import type { ChargePending } from '../../../stripe/facts.ts'
import { DAY, HOUR } from '../../../time.ts'
import { defineDetector } from '../../detector.ts'
import { countOf, falseAlarmsPerYear, ratioOf } from '../../kit/settings.ts'
import { type FailingDebits, failingDebits, isDelayed, observeDebit, onDebitTimer } from './failing-debits.ts'
import { type FailingPayments, failingPayments, observePayment, onPaymentTimer } from './failing-payments.ts'
import type { Payment } from './first-outcome.ts'
import { upgradeFailures } from './upgrade.ts'

/** Of the key '' the one, of a delayed method's key the other. */
interface State {
  payments?: FailingPayments
  debits?: FailingDebits
}

const settings = {
  minRise: ratioOf('The share of failed payments must be above the usual share by at least this much.', {
    default: 0.1,
    min: 0.02,
    max: 0.5,
  }),
  minFailures: countOf('At least this many payments must have failed.', { default: 8, min: 3, max: 200 }),
  falseAlarmsPerYear,
}

/** Reports when a larger share of payments fails than this tenant is used to. */
export const chargeFailureSpike = defineDetector({
  name: 'CHARGE_FAILURE_SPIKE',
  seriesUnit: 'RATIO',
  title: 'More payments fail',
  description:
    'A larger share of your payments fails than is usual for you. Each payment counts once, however often it is retried; bank debits count by the day they were sent; payments that Radar blocked and guessed cards do not count.',
  facts: ['chargePending', 'chargeSucceeded', 'chargeFailed', 'paymentRefused'],
  settings,
  selfResolving: true,
  perObject: false,
  cooldown: 6 * HOUR,
  stateVersion: 3,
  upgrade: { 2: upgradeFailures },
  idleAfter: 120 * DAY,
  initial: (): State => ({}),
  revive(stored): State {
    const { payments, debits } = stored as State
    return {
      ...(payments === undefined ? {} : { payments: failingPayments(payments) }),
      ...(debits === undefined ? {} : { debits: failingDebits(debits) }),
    }
  },
  key: ({ kind, method }: ChargePending | Payment): string | undefined =>
    isDelayed(method) ? method : kind === 'chargePending' ? undefined : '',
  observe(state, fact, context) {
    if (isDelayed(context.key)) {
      state.debits ??= failingDebits()
      return observeDebit(state.debits, fact, context)
    }
    if (fact.kind === 'chargePending') return undefined
    state.payments ??= failingPayments()
    return observePayment(state.payments, fact, context)
  },
  onTimer({ payments, debits }, context) {
    if (debits !== undefined) return onDebitTimer(debits, context)
    return payments && onPaymentTimer(payments, context.now)
  },
})
