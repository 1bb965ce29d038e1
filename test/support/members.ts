import { addPeriods, type Period } from '../../src/calendar/periods.ts'
import type { Fact } from '../../src/stripe/facts.ts'
import { HOUR, MINUTE, type Seconds } from '../../src/time.ts'
import { captured, changed, ended, invoiceCreated, paid, pending } from './facts.ts'

export interface Member {
  id: string
  joined: Seconds
  /** When the first renewal is due; a period after joining unless said. */
  first?: Seconds
  period?: Period
  trial?: boolean
  /** Cancelled at this moment. */
  leaves?: Seconds
}

export interface Billing {
  from: Seconds
  to: Seconds
  amount?: (at: Seconds) => number
  /** Whether a renewal that is due at a moment is collected; by default all are. */
  collects?: (due: Seconds, index: number) => boolean
  /** How long after it was due; an hour and some minutes unless said. */
  after?: (due: Seconds) => Seconds
  /** By bank debits, sent off when an invoice is final, and paid this much later. */
  debit?: Seconds
}

const MONTH: Period = { interval: 'month', count: 1 }

/** All facts about members from `from` to `to`: who joins, renews and leaves, and what is paid. */
export function membership(members: readonly Member[], billing: Billing): Fact[] {
  const facts = members.flatMap((member, index) => lifeOf(member, index, billing))
  return facts.filter(({ at }) => at >= billing.from && at < billing.to)
}

function lifeOf(member: Member, index: number, billing: Billing): Fact[] {
  const { id, joined, period = MONTH, trial = false, leaves = billing.to } = member
  const first = member.first ?? addPeriods(joined, period, 1)
  const dueOf = (n: number): Seconds => addPeriods(first, period, n)
  const of = { subscription: id, customer: `cus_${id}`, interval: period.interval, count: period.count }
  const facts: Fact[] = [
    changed(joined, {
      ...of,
      isNew: true,
      start: joined,
      end: first,
      ...(trial ? { status: 'trialing' } : {}),
    }),
  ]
  let n = 0
  for (; dueOf(n) < Math.min(leaves, billing.to); n++) facts.push(...renewalOf(of, dueOf, n, index, billing))
  const start = n === 0 ? joined : dueOf(n - 1)
  if (leaves < billing.to) facts.push(ended(leaves, { ...of, start, end: dueOf(n) }))
  return facts
}

function renewalOf(
  of: { subscription: string; customer: string },
  dueOf: (n: number) => Seconds,
  n: number,
  index: number,
  {
    amount = () => 2_900,
    collects = () => true,
    after = () => HOUR + (index % 30) * MINUTE,
    debit = 0,
  }: Billing,
): Fact[] {
  const start = dueOf(n)
  const invoice = {
    ...of,
    invoice: `in_${of.subscription}_${n}`,
    reason: 'subscription_cycle',
    created: start,
    start,
    end: dueOf(n + 1),
  }
  const facts: Fact[] = [
    changed(start, { ...of, start, end: invoice.end, previousEnd: start, rolled: true }),
    invoiceCreated(start, { ...invoice }),
  ]
  const sentAt = start + after(start)
  const at = sentAt + debit
  if (!collects(start, index)) return facts
  const total = amount(start)
  const charge = `ch_${invoice.invoice}`
  const sent = { charge, amount: total, customer: of.customer, recurring: true }
  return [
    ...facts,
    ...(debit > 0 ? [pending(sentAt, sent)] : []),
    captured(at, { charge, amount: total, customer: of.customer, recurring: true }),
    paid(at + 1, { ...invoice, total }),
  ]
}
