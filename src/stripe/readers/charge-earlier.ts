import type { StripeEnvelope } from '../event.ts'
import { amount, type Fields, list, time } from '../read.ts'
import type { ChargeRecord } from './charge-record.ts'
import { isGone, refundedBefore, refundedTotal } from './charge-snapshot.ts'
import { isNews, isOlderThanMemory } from './common.ts'

/**
 * What a charge that began before its record shows as given back before this event is no news: it was counted and
 * forgotten, or given back before anybody watched. Call it before the first snapshot of the charge is seen.
 */
export const takeAsCounted = (record: ChargeRecord, charge: Fields, event: StripeEnvelope): void => {
  const created = time(charge['created'])
  if (created === undefined || isNews(event, created)) return
  const total = refundedTotal(charge, event)
  // Of a charge within memory's reach an event that shows no change shows refunds that were missed.
  const unshown = isOlderThanMemory(event, created) ? beforeRefunds(record, charge, event) : 0
  record.earlier = Math.min(total, beforeChange(record, charge, event) ?? unshown)
  record.reportedRefunded += record.earlier
}

/** An event of before, that comes only now, shows what had been given back by then: the rest of it was since. */
export const correctEarlier = (record: ChargeRecord, charge: Fields, event: StripeEnvelope): void => {
  const before = refundedBefore(charge, event) ?? refundedTotal(charge, event)
  if (before >= record.earlier) return
  record.reportedRefunded -= record.earlier - before
  record.earlier = before
}

/** By what changed; refunds that are known and more than this event added are among those before it. */
const beforeChange = (record: ChargeRecord, charge: Fields, event: StripeEnvelope): number | undefined => {
  const before = refundedBefore(charge, event)
  if (before === undefined) return undefined
  const known = sum(standing(record))
  return known > refundedTotal(charge, event) - before ? Math.max(0, before - known) : before
}

/** By the refunds that the charge lists, or by those that were reported one by one. */
const beforeRefunds = (record: ChargeRecord, charge: Fields, event: StripeEnvelope): number => {
  const listed = list(charge['refunds'])
  const fresh = listed.filter((refund) => isNews(event, time(refund['created'])) && !isGone(refund))
  const added = listed.length > 0 ? fresh.map((refund) => amount(refund['amount']) ?? 0) : standing(record)
  return Math.max(0, refundedTotal(charge, event) - sum(added))
}

const standing = ({ refunds }: ChargeRecord): number[] =>
  [...refunds.values()].filter(({ gone }) => !gone).map(({ amount }) => amount)

const sum = (amounts: readonly number[]): number => amounts.reduce((total, one) => total + one, 0)
