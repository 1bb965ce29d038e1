import type { ChargeCaptured } from '../../../stripe/facts.ts'
import { referencesDiffer } from '../../../stripe/references.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../../time.ts'
import { DISORDER } from '../../kit/disorder.ts'

/** How far back a payer's charges are compared: an order number keeps its meaning for a day. */
export const REACH = DAY
/** A payer's charges are kept up to this many, and beyond it while a late one could still pair with them. */
const KEPT = 12
const KEPT_AT_MOST = 48
/** Equal subscriptions begun this close together are one click too many; further apart they are wanted. */
const TWINS_WITHIN = MINUTE
/** A first payment follows its subscription within this time. */
const FIRST_PAYMENT_WITHIN = HOUR
const BEGINNINGS = 12

/** What distinguishes one purchase from another. */
export interface Charge {
  id: string
  event: string
  /** When its money was collected, by which charges are kept: a debit made on Friday may come on Thursday. */
  at: Seconds
  /** When it was made, where that was long before. */
  begun?: Seconds | undefined
  amount: number
  currency: string
  recurring: boolean
  intent: string | undefined
  invoice: string | undefined
  order: string | undefined
  descriptionMark: string | undefined
  references: readonly string[] | undefined
  customer: string | undefined
  /** The card was there, as at a till or a vending machine. */
  present: true | undefined
  /** Already reported as part of a group. */
  told?: boolean
}

interface GivenBack {
  amount: number
  at: Seconds
}

/** A subscription as it was created. */
interface Beginning {
  subscription: string
  at: Seconds
  price: number
  currency: string
}

/** A payer's last charges. */
export interface Payer {
  /** Oldest first. */
  charges: Charge[]
  /** By charge id; also of charges that are still to come. */
  refunds: Record<string, GivenBack>
  /** Subscriptions created lately. */
  begun?: Beginning[]
}

export function chargeOf(fact: ChargeCaptured): Charge {
  const { charge: id, eventId: event, at, begun, amount, currency, recurring, method } = fact
  const { intent, invoice, order, descriptionMark, references, customer } = fact
  const present = method === 'card_present' || undefined
  const marks = { intent, invoice, order, descriptionMark, references, customer, present }
  return { id, event, at, begun, amount, currency, recurring, ...marks }
}

/** Keeps the list in order of time whatever the order of arrival. */
export function insert(charges: Charge[], charge: Charge): void {
  charges.splice(charges.findLastIndex((known) => !isLater(known, charge)) + 1, 0, charge)
}

const isLater = (a: Charge, b: Charge): boolean => (a.at === b.at ? a.id > b.id : a.at > b.at)

/** When the customer paid. One run of captures or debits collects at once what was bought apart, or apart what was bought at once. */
export const madeAt = ({ begun, at }: Charge): Seconds => begun ?? at

const byTimeMade = (a: Charge, b: Charge): number => madeAt(a) - madeAt(b) || (a.id < b.id ? -1 : 1)

export const equalMoney = (a: Charge, b: Charge): boolean =>
  a.amount === b.amount && a.currency === b.currency

/** Remembers a subscription's creation, for whether its first payment has a twin. */
export function noteBeginning(payer: Payer, beginning: Beginning): void {
  payer.begun ??= []
  if (payer.begun.some(({ subscription }) => subscription === beginning.subscription)) return
  payer.begun.push(beginning)
  if (payer.begun.length > BEGINNINGS) payer.begun.shift()
}

/** The charge with every other that is tied to it by a chain of pairs, in the order in which they were made. */
export function groupOf(payer: Payer, charge: Charge, window: Seconds): Charge[] {
  const equal = payer.charges.filter((other) => equalMoney(other, charge))
  const group = new Set([charge])
  for (const member of group)
    for (const other of equal)
      if (!group.has(other) && arePair(member, other, window, payer.begun)) group.add(other)
  return [...group].sort(byTimeMade)
}

/** Whether two charges of equal money look like one purchase. */
function arePair(a: Charge, b: Charge, window: Seconds, begun: readonly Beginning[] = []): boolean {
  const sameOrder = a.order !== undefined && a.order === b.order
  if (Math.abs(madeAt(a) - madeAt(b)) > (sameOrder ? REACH : window)) return false
  if (a.order !== undefined && b.order !== undefined && !sameOrder) return false
  if (!sameOrder && referencesDiffer(a.references, b.references)) return false
  if (differ(a.descriptionMark, b.descriptionMark)) return false
  if (a.intent !== undefined && a.intent === b.intent) return false
  if (!(a.recurring && b.recurring)) return true
  return (a.invoice !== undefined && a.invoice === b.invoice) || arePaymentsOfTwins(a, b, begun)
}

const differ = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && a !== b

/** Two first payments of equal subscriptions that one click too many has created. */
const arePaymentsOfTwins = (a: Charge, b: Charge, begun: readonly Beginning[]): boolean =>
  twinsAmong(begun.filter((one) => isFirstPayment(a, one) && isFirstPayment(b, one))).length > 0

const isFirstPayment = (charge: Charge, beginning: Beginning): boolean =>
  charge.recurring && Math.abs(madeAt(charge) - beginning.at) <= FIRST_PAYMENT_WITHIN

/** Those that have an equal one made within moments. */
const twinsAmong = (begun: readonly Beginning[]): Beginning[] =>
  begun.filter((one) =>
    begun.some(
      (other) =>
        other.subscription !== one.subscription &&
        other.price === one.price &&
        other.currency === one.currency &&
        Math.abs(other.at - one.at) <= TWINS_WITHIN,
    ),
  )

/** The equal subscriptions that the charges are first payments of; none where they are payments of something else. */
export const twinsOf = ({ begun = [] }: Payer, group: readonly Charge[]): string[] =>
  twinsAmong(begun.filter((one) => group.every((charge) => isFirstPayment(charge, one)))).map(
    ({ subscription }) => subscription,
  )

export function forgetOld({ charges, refunds, begun }: Payer, now: Seconds, window: Seconds): void {
  const newest = Math.max(charges.at(-1)?.at ?? now, now)
  let gone = 0
  for (const { at } of charges) {
    const left = charges.length - gone
    const old = at < newest - REACH || (left > KEPT && at < newest - window - DISORDER)
    if (!old && left <= KEPT_AT_MOST) break
    gone += 1
  }
  if (gone > 0) charges.splice(0, gone)
  let notes = 0
  for (const id in refunds) {
    notes += 1
    if ((refunds[id]?.at ?? 0) < newest - REACH || notes > KEPT_AT_MOST) delete refunds[id]
  }
  while (begun?.[0] !== undefined && begun[0].at < newest - REACH) begun.shift()
}
