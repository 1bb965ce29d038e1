import type { DisputeOpened, FraudWarning } from '../../../stripe/facts.ts'

export type Flag = DisputeOpened | FraudWarning

/** A warning and the dispute that follows it are one charge. */
export const chargeOf = (fact: Flag): string =>
  fact.charge ?? (fact.kind === 'disputeOpened' ? fact.dispute : fact.warning)

export const reasonOf = (fact: Flag): string | undefined =>
  fact.kind === 'disputeOpened' ? fact.reason : fact.fraudType
