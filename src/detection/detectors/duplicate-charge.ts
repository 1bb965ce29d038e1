import type { ChargeCaptured, Refunded } from '../../stripe/facts.ts'
import { mark } from '../../stripe/mark.ts'
import { format } from '../../stripe/money.ts'
import { tellApart } from '../../stripe/references.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../time.ts'
import { type Context, defineDetector, type Ending, type Finding, type Step } from '../detector.ts'
import { count, moment, span } from '../words.ts'

/** How far back a payer's charges are compared: an order number keeps its meaning for so long. */
const REACH = DAY
/** A payer's charges are kept up to this many, and beyond it while a late one could still pair with them. */
const KEPT = 12
const KEPT_AT_MOST = 48
const DISORDER = 15 * MINUTE

/** What tells one purchase from another, and whether its money went back. */
interface Charge {
  id: string
  event: string
  at: Seconds
  amount: number
  currency: string
  recurring: boolean
  intent?: string
  invoice?: string
  order?: string
  descriptionMark?: string
  references?: readonly string[]
  customer?: string
  /** Already told as part of a group. */
  told?: boolean
}

interface GivenBack {
  amount: number
  at: Seconds
}

interface State {
  /** Oldest first. */
  charges: Charge[]
  /** By charge id; also of charges that are still to come. */
  refunds: Record<string, GivenBack>
}

const settings = {
  window: {
    description:
      'Two equal charges of one payer at most this far apart are taken for one purchase that was charged twice, in seconds.',
    unit: 'SECONDS',
    default: 10 * MINUTE,
    min: MINUTE,
    max: DAY,
  },
} as const

/** Tells when one payer is charged the same amount again for what looks like the same purchase. */
export const duplicateCharge = defineDetector({
  name: 'DUPLICATE_CHARGE',
  title: 'Duplicate charge',
  description:
    'A customer was charged twice for one thing: the same amount and currency within a few minutes, or again for the same order within a day. Different orders, different descriptions, tries of one payment and twin subscriptions are told apart.',
  facts: ['chargeCaptured', 'refunded'],
  settings,
  selfResolving: false,
  perObject: true,
  cooldown: 6 * HOUR,
  stateVersion: 2,
  upgrade: { 1: withMarks },
  idleAfter: 2 * DAY,
  initial: (): State => ({ charges: [], refunds: {} }),
  key: (fact) => (fact.kind === 'refunded' ? (fact.payer ?? fact.customer) : fact.payer),
  observe: (state, fact, context) =>
    fact.kind === 'refunded' ? refunded(state, fact, context) : charged(state, fact, context),
})

/** Version 1 kept descriptions as they were written. */
function withMarks(old: unknown): State {
  const { charges, refunds } = old as {
    charges: (Charge & { description?: string })[]
    refunds: State['refunds']
  }
  return {
    charges: charges.map(({ description, ...charge }) =>
      description === undefined ? charge : { ...charge, descriptionMark: mark([description]) },
    ),
    refunds,
  }
}

function charged(state: State, fact: ChargeCaptured, context: Context<typeof settings>): Step | undefined {
  const { charges } = state
  if (fact.amount <= 0 || charges.some(({ id }) => id === fact.charge)) return undefined
  const charge = chargeOf(fact)
  insert(charges, charge)
  const group = groupOf(charges, charge, context.settings.window)
  forgetOld(state, fact.at, context.settings.window)
  if (group.length < 2) return undefined
  const finding = findingOf(group, context)
  for (const member of group) member.told = true
  const ended = endingOf(group, state, context.key)
  return ended === undefined ? { findings: [finding] } : { findings: [finding], ended: [ended] }
}

function refunded(state: State, fact: Refunded, context: Context<typeof settings>): Step | undefined {
  const known = state.refunds[fact.charge]
  state.refunds[fact.charge] = {
    amount: (known?.amount ?? 0) + fact.amount,
    at: Math.max(known?.at ?? fact.at, fact.at),
  }
  forgetOld(state, fact.at, context.settings.window)
  const charge = state.charges.find(({ id }) => id === fact.charge)
  if (charge?.told !== true) return undefined
  const group = groupOf(state.charges, charge, context.settings.window)
  const newest = state.charges.findLast((other) => other.told && equalMoney(other, charge))
  const ended =
    newest !== undefined && group.includes(newest) ? endingOf(group, state, context.key) : undefined
  return ended && { ended: [ended] }
}

function chargeOf(fact: ChargeCaptured): Charge {
  const charge: Charge = {
    id: fact.charge,
    event: fact.eventId,
    at: fact.at,
    amount: fact.amount,
    currency: fact.currency,
    recurring: fact.recurring,
  }
  if (fact.intent !== undefined) charge.intent = fact.intent
  if (fact.invoice !== undefined) charge.invoice = fact.invoice
  if (fact.order !== undefined) charge.order = fact.order
  if (fact.descriptionMark !== undefined) charge.descriptionMark = fact.descriptionMark
  if (fact.references !== undefined) charge.references = fact.references
  if (fact.customer !== undefined) charge.customer = fact.customer
  return charge
}

/** Keeps the list in order of time whatever the order of arrival. */
function insert(charges: Charge[], charge: Charge): void {
  let at = charges.length
  for (
    let before = charges[at - 1];
    before !== undefined && isLater(before, charge);
    before = charges[at - 1]
  )
    at -= 1
  charges.splice(at, 0, charge)
}

const isLater = (a: Charge, b: Charge): boolean => (a.at === b.at ? a.id > b.id : a.at > b.at)

const equalMoney = (a: Charge, b: Charge): boolean => a.amount === b.amount && a.currency === b.currency

/** The charge with every other that is tied to it by a chain of pairs, oldest first. */
function groupOf(charges: readonly Charge[], charge: Charge, window: Seconds): Charge[] {
  const equal = charges.filter((other) => equalMoney(other, charge))
  const group = new Set([charge])
  for (const member of group)
    for (const other of equal) if (!group.has(other) && arePair(member, other, window)) group.add(other)
  return equal.filter((other) => group.has(other))
}

/** Whether two charges of equal money look like one purchase. */
function arePair(a: Charge, b: Charge, window: Seconds): boolean {
  if (Math.abs(a.at - b.at) > limitOf(a, b, window)) return false
  const sameOrder = a.order !== undefined && a.order === b.order
  if (a.order !== undefined && b.order !== undefined && !sameOrder) return false
  if (!sameOrder && tellApart(a.references, b.references)) return false
  if (
    a.descriptionMark !== undefined &&
    b.descriptionMark !== undefined &&
    a.descriptionMark !== b.descriptionMark
  )
    return false
  if (a.intent !== undefined && a.intent === b.intent) return false
  return !(a.recurring && b.recurring) || (a.invoice !== undefined && a.invoice === b.invoice)
}

const limitOf = (a: Charge, b: Charge, window: Seconds): Seconds =>
  a.order !== undefined && a.order === b.order ? REACH : window

function forgetOld({ charges, refunds }: State, now: Seconds, window: Seconds): void {
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
}

/** The incident is over when at most one charge of the group still has its money. */
function endingOf(group: readonly Charge[], { refunds }: State, payer: string): Ending | undefined {
  const [first] = group
  const kept = group.filter(({ id, amount }) => (refunds[id]?.amount ?? 0) < amount)
  if (first === undefined || kept.length > 1) return undefined
  const times = group.flatMap(({ id, at }) => [at, refunds[id]?.at ?? at])
  return {
    fingerprint: fingerprintOf(payer, first),
    at: Math.max(...times),
    note: 'The surplus was refunded.',
  }
}

const fingerprintOf = (payer: string, { currency, amount }: Charge): string =>
  `${payer}|${currency}|${amount}`

function findingOf(
  group: readonly Charge[],
  { key, settings: { window } }: Context<typeof settings>,
): Finding {
  const [first] = group
  const last = group.at(-1)
  if (first === undefined || last === undefined) throw new Error('a group of charges is never empty')
  const n = group.length
  const { amount, currency } = first
  const surplus = amount * (n - 1)
  const price = format(amount, currency)
  const byOrder = first.order !== undefined && group.every(({ order }) => order === first.order)
  const customer = group.find((charge) => charge.customer !== undefined)?.customer
  const fresh = group.filter(({ told }) => told !== true)
  const spares = group.slice(1, 6).map(({ id }) => id)
  const spareList = n > 6 ? `${spares.join(', ')} and ${n - 6} more` : spares.join(', ')
  return {
    fingerprint: fingerprintOf(key, first),
    severity: n > 2 ? 'HIGH' : 'MEDIUM',
    confidence: 1,
    title: `Charged ${n === 2 ? 'twice' : `${n} times`}: ${price}`,
    message: `${customer === undefined ? 'One card' : `Customer ${customer}`} was charged ${price} ${count(n, 'time')} ${last.at === first.at ? 'at the same moment' : `within ${span(last.at - first.at)}`}${byOrder ? ` for order ${first.order}` : ''}, from ${moment(first.at)} on. One payment was expected, so ${format(surplus, currency)} too much was taken.`,
    advice: `Look at ${first.id} and ${spareList} in Stripe: if they are for one purchase, refund ${spareList} (${format(surplus, currency)}) and tell the customer before a dispute comes. Then see to it that your checkout cannot send a payment twice (a fixed idempotency key for each order).`,
    startedAt: first.at,
    signs: fresh.length,
    ...(customer === undefined ? {} : { customer }),
    impact: { amount: surplus, currency },
    subjects: [
      ...group.map(({ id }) => ({ type: 'charge', id })),
      ...(customer === undefined ? [] : [{ type: 'customer', id: customer }]),
    ],
    events: fresh.map(({ event }) => event),
    evidence: [
      { name: 'payments for one purchase', observed: n, expected: 1, threshold: 2, unit: 'COUNT' },
      {
        name: 'time between two of them',
        observed: shortestGap(group),
        threshold: byOrder ? REACH : window,
        unit: 'SECONDS',
      },
      { name: 'taken too much', observed: surplus, expected: 0, unit: 'MONEY', currency },
    ],
    endsAfter: window,
  }
}

const shortestGap = (group: readonly Charge[]): Seconds =>
  group.reduce(
    (least, { at }, i) => Math.min(least, at - (group[i - 1]?.at ?? Number.NEGATIVE_INFINITY)),
    Number.POSITIVE_INFINITY,
  )
