import type { StripeEnvelope } from '../event.ts'
import { amount, type Fields } from '../read.ts'

/** What a charge's snapshot says its captured amount is; undefined where it does not say. */
export const capturedAmount = (charge: Fields): number | undefined => {
  const total = amount(charge['amount'])
  const captured = charge['captured']
  if (captured === false) return 0
  if (captured !== true && captured !== undefined) return undefined
  // Missing before mid-2020, null on some cancelled charges.
  return amount(charge['amount_captured']) ?? (charge['amount_captured'] == null ? total : undefined)
}

/** A refund that failed or was cancelled. */
export const isGone = ({ status }: Fields): boolean => status === 'failed' || status === 'canceled'

/** A snapshot's running total of refunds, less what was only released. */
export const refundedTotal = (charge: Fields, event: StripeEnvelope): number =>
  withoutReleased(amount(charge['amount_refunded']) ?? 0, charge, event)

/** The same before the event; undefined where it does not say that it changed. */
export const refundedBefore = (charge: Fields, event: StripeEnvelope): number | undefined => {
  const total = amount(event.previous?.['amount_refunded'])
  return total === undefined ? undefined : withoutReleased(total, charge, event)
}

/** Before basil the part of an authorisation that was never captured looked like a refund. */
const withoutReleased = (total: number, charge: Fields, event: StripeEnvelope): number => {
  if (total === 0 || !isLegacy(charge, event)) return total
  const captured = capturedAmount(charge)
  const whole = amount(charge['amount'])
  if (captured === undefined || whole === undefined) return 0
  return Math.max(0, total - Math.max(0, whole - captured))
}

const BASIL = '2025-03-31'

/** Events without a version are recognized by the charge's `invoice`, a field that basil removed. */
export const isLegacy = (charge: Fields, event: StripeEnvelope): boolean =>
  event.apiVersion !== undefined && /^\d{4}-\d\d-\d\d/.test(event.apiVersion)
    ? event.apiVersion < BASIL
    : Object.hasOwn(charge, 'invoice')
