import type { Seconds } from '../../time.ts'
import type { StripeEnvelope } from '../event.ts'
import { KEEP_REFUNDED, KEEP_SETTLED, type ObjectRecord } from '../ledger.ts'
import {
  amount,
  currency,
  customerOf,
  type Fields,
  id,
  integer,
  known,
  list,
  reference,
  time,
} from '../read.ts'
import { capturedAmount, isGone, isLegacy, refundedTotal } from './charge-snapshot.ts'
import { isNews } from './common.ts'
import { fingerprintOf, methodOfCharge } from './payment.ts'

/** Refunds of one charge that are kept one by one; the rest only as a sum. */
const MOST_REFUNDS = 50

/** One refund: its amount, and whether it failed or was cancelled, after which the money is the merchant's again. */
interface KnownRefund {
  amount: number
  gone: boolean
}

/**
 * All that was seen and reported of one charge. What was seen only ever grows (greatest totals, sets of refunds, flags),
 * so that the order and number of events that brought it change nothing.
 */
export interface ChargeRecord {
  amount: number | undefined
  currency: string | undefined
  customer: string | undefined
  /** Fingerprint; only of a guest's, which nothing else names. */
  card: string | undefined
  invoice: string | undefined
  /** Greatest captured amount of any snapshot; undefined until there was one that says. */
  captured: number | undefined
  /** Rendered before basil, when releasing an authorisation looked like a refund. */
  legacy: boolean
  /** Greatest running total of refunds, without what was only released. */
  refunded: number
  refunds: Map<string, KnownRefund>
  /** Σ of refunds beyond those kept one by one. */
  furtherRefunds: number
  pending: boolean
  succeeded: boolean
  failed: boolean
  /** Captured money reported so far. */
  reportedCaptured: number
  /** Money given back reported so far, or counted before the record began. */
  reportedRefunded: number
  /** Money given back before the record began that still stands. */
  earlier: number
}

export const readRecord = (stored: ObjectRecord | undefined): ChargeRecord => ({
  amount: amount(stored?.['amount']),
  currency: currency(stored?.['currency']),
  customer: id(stored?.['customer']),
  card: id(stored?.['card']),
  invoice: id(stored?.['invoice']),
  captured: amount(stored?.['captured']),
  legacy: stored?.['legacy'] === true,
  refunded: amount(stored?.['refunded']) ?? 0,
  refunds: readRefunds(stored?.['refunds']),
  furtherRefunds: integer(stored?.['furtherRefunds']) ?? 0,
  pending: stored?.['pending'] === true,
  succeeded: stored?.['succeeded'] === true,
  failed: stored?.['failed'] === true,
  reportedCaptured: amount(stored?.['toldCaptured']) ?? 0,
  reportedRefunded: amount(stored?.['toldRefunded']) ?? 0,
  earlier: amount(stored?.['earlier']) ?? 0,
})

/** Small: what is zero, false or unknown is not written. */
export const writeRecord = (record: ChargeRecord): ObjectRecord =>
  known({
    amount: record.amount,
    currency: record.currency,
    customer: record.customer,
    card: record.customer === undefined ? record.card : undefined,
    invoice: record.invoice,
    captured: record.captured,
    legacy: record.legacy || undefined,
    refunded: record.refunded || undefined,
    refunds:
      record.refunds.size === 0
        ? undefined
        : Array.from(record.refunds, ([refund, { amount, gone }]) => [refund, amount, gone ? 1 : 0]),
    furtherRefunds: record.furtherRefunds || undefined,
    pending: record.pending || undefined,
    succeeded: record.succeeded || undefined,
    failed: record.failed || undefined,
    toldCaptured: record.reportedCaptured || undefined,
    toldRefunded: record.reportedRefunded || undefined,
    earlier: record.earlier || undefined,
  })

const readRefunds = (stored: unknown): Map<string, KnownRefund> => {
  const refunds = new Map<string, KnownRefund>()
  for (const entry of Array.isArray(stored) ? stored : []) {
    if (!Array.isArray(entry)) continue
    const refund = id(entry[0])
    const given = amount(entry[1])
    if (refund !== undefined && given !== undefined)
      refunds.set(refund, { amount: given, gone: entry[2] === 1 })
  }
  return refunds
}

/** A charge with refunds is kept as long as more of them may come, or fail. */
export const keepFor = ({ refunds, refunded, furtherRefunds }: ChargeRecord): Seconds =>
  refunds.size > 0 || refunded > 0 || furtherRefunds !== 0 ? KEEP_REFUNDED : KEEP_SETTLED

/** Adds what a snapshot of the charge, of any event and age, shows. */
export const seeCharge = (record: ChargeRecord, charge: Fields, event: StripeEnvelope): void => {
  record.amount = greater(record.amount, amount(charge['amount']))
  record.currency ??= currency(charge['currency'])
  record.customer ??= customerOf(charge)
  record.card ??= fingerprintOf(methodOfCharge(charge))
  record.invoice ??= reference(charge['invoice'])
  record.captured = greater(record.captured, capturedAmount(charge))
  record.refunded = Math.max(record.refunded, refundedTotal(charge, event))
  record.legacy ||= isLegacy(charge, event)
  // Embedded until 2022-11-15.
  for (const refund of list(charge['refunds'])) {
    // Older ones of a charge that was counted before the record began are in `earlier`.
    if (record.earlier === 0 || isNews(event, time(refund['created']))) seeRefund(record, refund)
  }
}

/**
 * Adds a refund of this charge, shown by this event or by the charge itself. A failure stays one, whatever
 * older snapshot comes later. Beyond the refunds kept one by one only their creation and failure count.
 */
export const seeRefund = (record: ChargeRecord, refund: Fields, event?: StripeEnvelope): void => {
  const refundId = id(refund['id'])
  const given = amount(refund['amount'])
  if (refundId === undefined || given === undefined || refund['reason'] === 'expired_uncaptured_charge')
    return
  const status = refund['status'] ?? 'succeeded'
  if (typeof status !== 'string') return
  const gone = event?.type === 'refund.failed' || isGone(refund)
  const before = record.refunds.get(refundId)
  // Never seen standing: it was among those that the record began with.
  if (gone && before === undefined && event !== undefined && !isNews(event, time(refund['created'])))
    record.earlier = Math.max(0, record.earlier - given)
  if (before !== undefined || record.refunds.size < MOST_REFUNDS) {
    record.refunds.set(refundId, {
      amount: Math.max(given, before?.amount ?? 0),
      gone: gone || before?.gone === true,
    })
  } else if (gone) record.furtherRefunds -= given
  else if (event?.type === 'refund.created') record.furtherRefunds += given
}

/**
 * Money given back: the greater of the running total and the sum of the refunds known one by one, since either family
 * of events may be missing; without failed refunds and released authorisations, and never more than was captured.
 */
export const givenBack = (record: ChargeRecord): number => {
  let standing = record.earlier + Math.max(0, record.furtherRefunds)
  let failed = 0
  for (const { amount, gone } of record.refunds.values()) {
    if (gone) failed += amount
    else standing += amount
  }
  standing -= releasedRefund(record)
  const given = Math.max(0, standing, record.refunded - failed)
  return record.captured === undefined ? given : Math.min(given, record.captured)
}

/** Before basil a partial capture made a refund of the rest, recognizable by nothing but its amount. */
const releasedRefund = (record: ChargeRecord): number => {
  if (!record.legacy || record.amount === undefined || !record.captured) return 0
  const rest = record.amount - record.captured
  if (rest <= 0) return 0
  for (const { amount, gone } of record.refunds.values()) if (amount === rest && !gone) return rest
  return 0
}

const greater = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined ? other : other === undefined ? one : Math.max(one, other)
