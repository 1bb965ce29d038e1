import type { ChargePending, ChargeSucceeded } from '../../../stripe/facts.ts'
import { DAY, type Seconds } from '../../../time.ts'
import { type Failure, looksGuessed } from '../../kit/failures.ts'
import { isOddlySmall, type Sizes } from '../../kit/sizes.ts'
import { Generations } from '../../statistics/generations.ts'

export type Payment = ChargeSucceeded | Failure

/** The fact where it tells of a failure. */
export const failureIn = (fact: ChargePending | Payment): Failure | undefined =>
  fact.kind === 'chargeFailed' || fact.kind === 'paymentRefused' ? fact : undefined

export const reasonOf = ({ reason, code }: Failure): string | undefined => reason ?? code

/** Radar's blocks and mistakes of the integration are no failing payments; a debit that is returned days later says nothing of now. */
export const isTrouble = (fact: Failure): boolean =>
  !fact.blocked && !fact.invalid && !(fact.kind === 'chargeFailed' ? fact.reversed > 0 : fact.setup)

/** Whether it failed as tested cards do, which CARD_TESTING reports: nobody who wants to buy is turned away by those. */
export const isCardTest = (fact: Failure, sizes: Sizes): boolean =>
  !fact.recurring && (isOddlySmall(sizes, fact) || looksGuessed(fact))

/** Dunning goes on for about two weeks: a failed payment is remembered for that time, or until this many others have failed. */
const PAYMENTS = { ids: 3_000, span: 14 * DAY }
/** A customer who fails and tries something else is one failure; one who comes back tomorrow is a customer like any other. */
const PAYERS = { ids: 1_024, span: DAY }

/**
 * Payments that have failed, and payers whose last try has. A payment counts by its first outcome, and a payer in
 * trouble counts once, so that dunning, retry loops and one angry customer are one failure each.
 */
export class FirstOutcomes {
  private readonly payments: Generations
  private readonly payers: Generations

  constructor(stored?: FirstOutcomes) {
    this.payments = new Generations(PAYMENTS.ids, PAYMENTS.span, stored?.payments)
    this.payers = new Generations(PAYERS.ids, PAYERS.span, stored?.payers)
  }

  /** @returns whether this is the first outcome of its payment, by a payer who is not in trouble already */
  admit(fact: Payment, now: Seconds): boolean {
    const { payer } = fact
    const names = namesOf(fact)
    const isKnown = names.some((name) => this.payments.has(name))
    const isTroubled = payer !== undefined && this.payers.has(payer)
    if (fact.kind === 'chargeSucceeded') {
      if (isTroubled) this.payers.remove(payer)
      if (fact.recurring && payer !== undefined) this.payments.remove(renewalOf(payer))
    } else {
      for (const name of names) this.payments.add(name, now)
      if (payer !== undefined && !isTroubled) this.payers.add(payer, now)
    }
    return !isKnown && !isTroubled
  }
}

const renewalOf = (payer: string): string => `renewal of ${payer}`

/** What the tries of one payment have in common: its intent, its invoice, and of renewals who is dunned. */
function namesOf(fact: Payment): string[] {
  const { invoice, payer, recurring } = fact
  const intent = fact.kind === 'paymentRefused' ? fact.id : fact.intent
  const renewal = recurring && payer !== undefined ? renewalOf(payer) : undefined
  return [intent, invoice, renewal].filter((name) => name !== undefined)
}
