import type { ChargeCaptured, Refunded, SubscriptionChanged } from '../../../stripe/facts.ts'
import { mark } from '../../../stripe/mark.ts'
import { DAY, MINUTE } from '../../../time.ts'
import { type Context, defineDetector, type Step } from '../../detector.ts'
import { ofObjects } from '../../kit/heads.ts'
import { secondsOf } from '../../kit/settings.ts'
import {
  type Charge,
  chargeOf,
  equalMoney,
  forgetOld,
  groupOf,
  insert,
  noteBeginning,
  type Payer,
  twinsOf,
} from './charges.ts'
import { endingOf, findingOf, isOfPrice } from './finding.ts'
import { newRepeats, noteCharge, noteRepeat, type Repeats } from './repeats.ts'

const settings = {
  window: secondsOf(
    'Two equal charges of one payer at most this far apart count as one purchase that was charged twice, in seconds.',
    { default: 10 * MINUTE, min: MINUTE, max: DAY },
  ),
}
type Asked = Context<typeof settings, Repeats>

/** Reports when one payer is charged the same amount again for what looks like the same purchase. */
export const duplicateCharge = defineDetector({
  name: 'DUPLICATE_CHARGE',
  title: 'Duplicate charge',
  description:
    'A customer was charged twice for one thing: the same amount and currency within a few minutes, or again for the same order within a day, or for subscriptions that a double click made. Different orders, different descriptions, attempts at one payment, subscriptions that were wanted, and repeats that are usual with you (a second coffee) are not reported.',
  facts: ['chargeCaptured', 'refunded', 'subscriptionChanged'],
  settings,
  ...ofObjects,
  floodSeverity: 'CRITICAL',
  stateVersion: 2,
  upgrade: { 1: withMarks },
  idleAfter: 2 * DAY,
  initial: (): Payer => ({ charges: [], refunds: {} }),
  shared: { initial: newRepeats },
  key(fact) {
    if (fact.kind === 'chargeCaptured') return fact.payer
    if (fact.kind === 'refunded') return fact.payer ?? fact.customer
    return fact.isNew ? fact.customer : undefined
  },
  observe(payer, fact, context: Asked) {
    if (fact.kind === 'chargeCaptured') return charged(payer, fact, context)
    return fact.kind === 'refunded' ? refunded(payer, fact, context) : subscribed(payer, fact, context)
  },
})

/** Version 1 kept descriptions as they were written. */
function withMarks(old: unknown): Payer {
  const { charges, refunds } = old as {
    charges: (Charge & { description?: string })[]
    refunds: Payer['refunds']
  }
  return {
    charges: charges.map(({ description, ...charge }) =>
      description === undefined ? charge : { ...charge, descriptionMark: mark([description]) },
    ),
    refunds,
  }
}

function charged(payer: Payer, fact: ChargeCaptured, context: Asked): Step | undefined {
  const { charges } = payer
  if (fact.amount <= 0 || charges.some(({ id }) => id === fact.charge)) return undefined
  const charge = chargeOf(fact)
  insert(charges, charge)
  noteCharge(context.shared, charge)
  forgetOld(payer, fact.at, context.settings.window)
  return judge(payer, charge, context)
}

function judge(payer: Payer, charge: Charge, context: Asked): Step | undefined {
  const group = groupOf(payer, charge, context.settings.window)
  if (group.length < 2) return undefined
  const confirmed = context.feedback.filter(({ fingerprint }) => isOfPrice(fingerprint, charge)).length
  if (noteRepeat(context.shared, group, charge, confirmed)) return undefined
  const finding = findingOf(group, twinsOf(payer, group), context)
  for (const member of group) member.told = true
  const ended = endingOf(group, payer, context.key)
  return { findings: [finding], ended: ended && [ended] }
}

/** Its first payment may have come before it. */
function subscribed(payer: Payer, fact: SubscriptionChanged, context: Asked): Step | undefined {
  const { subscription, at, price = 0, currency } = fact
  if (price <= 0 || currency === undefined) return undefined
  noteBeginning(payer, { subscription, at: fact.created ?? at, price, currency })
  const unreported = payer.charges.findLast(({ recurring, told }) => recurring && told !== true)
  return unreported && judge(payer, unreported, context)
}

function refunded(payer: Payer, fact: Refunded, context: Asked): Step | undefined {
  const known = payer.refunds[fact.charge]
  payer.refunds[fact.charge] = {
    amount: (known?.amount ?? 0) + fact.amount,
    at: Math.max(known?.at ?? fact.at, fact.at),
  }
  forgetOld(payer, fact.at, context.settings.window)
  const charge = payer.charges.find(({ id }) => id === fact.charge)
  if (charge?.told !== true) return undefined
  const group = groupOf(payer, charge, context.settings.window)
  const newest = payer.charges.findLast((other) => other.told && equalMoney(other, charge))
  const ended =
    newest !== undefined && group.includes(newest) ? endingOf(group, payer, context.key) : undefined
  return ended && { ended: [ended] }
}
