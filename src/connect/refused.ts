import { SYSTEM } from '../actor.ts'
import type { StripeConnection } from '../generated/sqlite/client.ts'
import type { ActivityEntry } from '../storage/activity.ts'

export interface Refused {
  /** What is refused, and what to do: a sentence. */
  note: string
  /** Null: the key itself, or what Stripe names no permission of. */
  permission: string | null
  /** The connected account of which the key may not read something; null: it is the connection's own. */
  account: string | null
}

/** The act that says so. Alert channels send it on, unless it is about a connected account alone. */
export const refusedAct = (
  { id, keyHint, livemode }: Pick<StripeConnection, 'id' | 'keyHint' | 'livemode'>,
  at: Date,
  { note, permission, account }: Refused,
): ActivityEntry => ({
  at,
  kind: 'STRIPE_KEY_REVOKED',
  actor: SYSTEM,
  note,
  data: { connectionId: id, keyHint, livemode, permission, account },
})
