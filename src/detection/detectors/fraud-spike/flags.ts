import type { DisputeOpened, FraudWarning } from '../../../stripe/facts.ts'
import { addTo } from '../../kit/amounts.ts'
import type { Mark } from '../../kit/onset.ts'

export type Flag = DisputeOpened | FraudWarning

/** A warning and the dispute that follows it are one charge. */
export const chargeOf = (fact: Flag): string =>
  fact.charge ?? (fact.kind === 'disputeOpened' ? fact.dispute : fact.warning)

export function markOf(fact: Flag, before: number): Mark {
  const mark: Mark = { at: fact.at, before, signs: 1, amounts: {}, reasons: {} }
  if (fact.amount !== undefined && fact.currency !== undefined)
    addTo(mark.amounts, fact.currency, fact.amount)
  const reason = fact.kind === 'disputeOpened' ? fact.reason : fact.fraudType
  addTo(mark.reasons, reason ?? 'unknown', 1)
  return mark
}
