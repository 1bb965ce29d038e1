import { format } from '../../../stripe/money.ts'
import type { Seconds } from '../../../time.ts'
import type { Context, Ending, Finding } from '../../detector.ts'
import { certainFinding } from '../../kit/finding.ts'
import { customerOf } from '../../kit/subjects.ts'
import { often, span } from '../../kit/words.ts'
import { type Charge, madeAt, type Payer, REACH } from './charges.ts'

/** The incident is over when at most one charge of the group still has its money. */
export function endingOf(group: readonly Charge[], { refunds }: Payer, payer: string): Ending | undefined {
  const [first] = group
  const kept = group.filter(({ id, amount }) => (refunds[id]?.amount ?? 0) < amount)
  if (first === undefined || kept.length > 1) return undefined
  const times = group.flatMap(({ id, at }) => [at, refunds[id]?.at ?? at])
  return {
    fingerprint: fingerprintOf(payer, first),
    at: Math.max(...times),
    note: 'What was charged wrongly has been refunded since.',
  }
}

const fingerprintOf = (payer: string, { currency, amount }: Charge): string =>
  `${payer}|${currency}|${amount}`

/** Whether the incident was about payments of this price, whoever paid them. */
export const isOfPrice = (fingerprint: string, { currency, amount }: Charge): boolean =>
  fingerprint.endsWith(`|${currency}|${amount}`)

type Asked = Pick<Context, 'key' | 'calendar'> & { settings: { readonly window: Seconds } }

export function findingOf(
  group: readonly Charge[],
  subscriptions: readonly string[],
  { key, calendar, settings: { window } }: Asked,
): Finding {
  const [first] = group
  const last = group.at(-1)
  if (first === undefined || last === undefined) throw new Error('a group of charges is never empty')
  const n = group.length
  const length = madeAt(last) - madeAt(first)
  const { amount, currency } = first
  const surplus = amount * (n - 1)
  const price = format(amount, currency)
  const byOrder = first.order !== undefined && group.every(({ order }) => order === first.order)
  const customer = group.find((charge) => charge.customer !== undefined)?.customer
  const twins =
    subscriptions.length > 1 ? `, for ${subscriptions.length} equal subscriptions made within a minute` : ''
  const fresh = group.filter(({ told }) => told !== true)
  const spares = group.slice(1, 6).map(({ id }) => id)
  const spareList = n > 6 ? `${spares.join(', ')} and ${n - 6} more` : spares.join(', ')
  return certainFinding(fingerprintOf(key, first), {
    severity: n > 2 ? 'HIGH' : 'MEDIUM',
    title: `Charged ${often(n)}: ${price}`,
    message: `${customer === undefined ? 'One card' : `Customer ${customer}`} was charged ${price} ${often(n)}${byOrder ? ` for order ${first.order}` : ''} ${length === 0 ? 'at the same moment' : `within ${span(length)}`}, the first on ${calendar.momentInWords(madeAt(first))}${twins}. One payment was expected, so ${format(surplus, currency)} was ${byOrder ? 'almost certainly' : 'very likely'} charged wrongly.`,
    advice:
      subscriptions.length > 1
        ? `Look at ${subscriptions.join(', ')} in Stripe: if one was meant, cancel the others before they renew, and refund ${spareList} (${format(surplus, currency)}). Then change your checkout so that a second click cannot subscribe again.`
        : `Look at ${first.id} and the equal payments after it in Stripe: if they are for one purchase, refund ${spareList} (${format(surplus, currency)}) before the customer disputes them. Then change your checkout so that a second click cannot pay again (one idempotency key for each order).`,
    startedAt: Math.min(...group.map(({ at }) => at)),
    signs: fresh.length,
    customer,
    impact: { amount: surplus, currency },
    subjects: [
      ...group.map(({ id }) => ({ type: 'charge', id })),
      ...subscriptions.map((id) => ({ type: 'subscription', id })),
      ...customerOf(customer),
    ],
    events: fresh.map(({ event }) => event),
    evidence: [
      { name: 'payments for one purchase', observed: n, expected: 1, threshold: 2, unit: 'COUNT' },
      {
        name: 'time between them',
        observed: shortestGap(group),
        threshold: byOrder ? REACH : window,
        unit: 'SECONDS',
      },
      { name: 'charged wrongly', observed: surplus, expected: 0, unit: 'MONEY', currency },
    ],
    endsAfter: window,
  })
}

const shortestGap = (group: readonly Charge[]): Seconds =>
  group.reduce((least, charge, i) => {
    const before = group[i - 1]
    return before === undefined ? least : Math.min(least, madeAt(charge) - madeAt(before))
  }, Number.POSITIVE_INFINITY)
