import type { Decline } from './entities.ts'
import type { Random } from './random.ts'

const issuer = (code: string, reason = code): Decline => ({
  code,
  reason,
  outcome: 'issuer_declined',
  risk: 'normal',
})

/** Why cards are declined on any day; a few look as if somebody were guessing. */
const EVERYDAY: readonly (readonly [Decline, number])[] = [
  [issuer('card_declined', 'insufficient_funds'), 43],
  [issuer('card_declined', 'do_not_honor'), 17],
  [issuer('card_declined', 'generic_decline'), 16],
  [issuer('expired_card'), 6],
  [issuer('card_declined', 'transaction_not_allowed'), 4],
  [issuer('authentication_required'), 5],
  [issuer('processing_error'), 3],
  [issuer('incorrect_cvc'), 3],
  [issuer('card_declined', 'lost_card'), 1],
  [issuer('incorrect_number'), 1],
  [{ code: 'card_declined', reason: 'highest_risk_level', outcome: 'blocked', risk: 'highest' }, 1],
]

export const everydayDecline = (random: Random): Decline => random.weighted(EVERYDAY)

const CODES: Readonly<Record<string, Decline>> = {
  outage: issuer('card_declined', 'try_again_later'),
  processing: issuer('processing_error'),
  refused: issuer('card_declined', 'do_not_honor'),
  cvc: issuer('incorrect_cvc'),
  number: issuer('incorrect_number'),
  stolen: issuer('card_declined', 'stolen_card'),
  generic: { code: 'card_declined', reason: 'generic_decline', outcome: 'issuer_declined', risk: 'elevated' },
  blocked: { code: 'card_declined', reason: 'highest_risk_level', outcome: 'blocked', risk: 'highest' },
}

/** A decline by its name in a scenario. @throws RangeError on a name that is not there */
export function declineNamed(name: string): Decline {
  const decline = CODES[name]
  if (!decline) throw new RangeError(`no such decline in the simulator: ${name}`)
  return decline
}
