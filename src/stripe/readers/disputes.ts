import type { StripeEnvelope } from '../event.ts'
import type { Fact } from '../facts.ts'
import { type EventReading, KEEP_OPEN, KEEP_SETTLED, type ObjectRecord } from '../ledger.ts'
import {
  amount,
  currency,
  customerOf,
  type Fields,
  fields,
  id,
  known,
  reference,
  text,
  time,
} from '../read.ts'
import { common, isA, isNews, NOTHING } from './common.ts'

/**
 * charge.dispute.*: reported when it opens, again when an inquiry becomes a dispute, and once when it closes. Other
 * events than the creation open it only while it is news, so that the end of an old one is no dispute of today.
 */
export const readDispute = (event: StripeEnvelope): EventReading => {
  const { object } = event
  const dispute = id(object['id'])
  if (dispute === undefined || !isA('dispute', object)) return NOTHING
  const charge = reference(object['charge'])
  return {
    objects: charge === undefined ? [dispute] : [dispute, charge],
    apply: (ledger) => {
      const record = { ...ledger.get(dispute) }
      const customer =
        customerOf(object) ??
        customerOfCharge(object['charge'], charge === undefined ? undefined : ledger.get(charge))
      const facts: Fact[] = []
      const opening = opens(event, record)
      if (opening !== undefined) {
        const opened = openedFact(event, dispute, charge, customer, opening === 'inquiry')
        if (opened !== undefined) {
          record[opening] = true
          facts.push(opened)
        }
      }
      if (event.type === 'charge.dispute.closed' && record['closed'] !== true) {
        record['closed'] = true
        facts.push(
          known({
            kind: 'disputeClosed' as const,
            ...common(event, customer),
            dispute,
            charge,
            won: object['status'] === 'won',
            lost: object['status'] === 'lost',
          }),
        )
      }
      if (facts.length > 0) ledger.set(dispute, record, record['closed'] === true ? KEEP_SETTLED : KEEP_OPEN)
      return facts
    },
  }
}

/** Which step the event shows for the first time: `inquiry`, `opened`, or none. */
const opens = (event: StripeEnvelope, record: ObjectRecord): 'inquiry' | 'opened' | undefined => {
  const { object, previous, type } = event
  const status = object['status']
  if (typeof status !== 'string' && status !== undefined) return undefined
  const step = isInquiry(status) ? 'inquiry' : 'opened'
  if (record[step] === true || type === 'charge.dispute.closed') return undefined
  const became = step === 'opened' && (record['inquiry'] === true || isInquiry(previous?.['status']))
  const fresh = type === 'charge.dispute.created' || isNews(event, time(object['created']))
  return became || fresh ? step : undefined
}

const isInquiry = (status: unknown): boolean => typeof status === 'string' && status.startsWith('warning_')

const openedFact = (
  event: StripeEnvelope,
  dispute: string,
  charge: string | undefined,
  customer: string | undefined,
  inquiry: boolean,
): Fact | undefined => {
  const disputed = amount(event.object['amount'])
  const unit = currency(event.object['currency'])
  if (disputed === undefined || unit === undefined) return undefined
  return known({
    kind: 'disputeOpened' as const,
    ...common(event, customer),
    dispute,
    charge,
    amount: disputed,
    currency: unit,
    reason: text(event.object['reason']),
    inquiry,
  })
}

/** radar.early_fraud_warning.*: reported once; its amount, currency and customer are those of the charge, where we saw it. */
export const readFraudWarning = (event: StripeEnvelope): EventReading => {
  const { object } = event
  const warning = id(object['id'])
  const charge = reference(object['charge'])
  if (warning === undefined || charge === undefined || !isA('radar.early_fraud_warning', object))
    return NOTHING
  if (event.type !== 'radar.early_fraud_warning.created' && !isNews(event, time(object['created'])))
    return NOTHING
  return {
    objects: [warning, charge],
    apply: (ledger) => {
      if (ledger.get(warning)?.['told'] === true) return []
      ledger.set(warning, { told: true }, KEEP_SETTLED)
      const record = ledger.get(charge)
      return [
        known({
          kind: 'fraudWarning' as const,
          ...common(event, customerOfCharge(object['charge'], record)),
          warning,
          charge,
          fraudType: text(object['fraud_type']),
          ...moneyOfCharge(object['charge'], record),
        }),
      ]
    },
  }
}

const customerOfCharge = (charge: unknown, record: ObjectRecord | undefined): string | undefined =>
  customerOf(fields(charge) ?? {}) ?? id(record?.['customer'])

/** From the expanded charge, else from what we saw of it. */
const moneyOfCharge = (
  charge: unknown,
  record: ObjectRecord | undefined,
): { amount?: number; currency?: string } => moneyOf(fields(charge)) ?? moneyOf(record) ?? {}

const moneyOf = (source: Fields | undefined): { amount: number; currency: string } | undefined => {
  const total = amount(source?.['amount'])
  const unit = currency(source?.['currency'])
  return total === undefined || unit === undefined ? undefined : { amount: total, currency: unit }
}
