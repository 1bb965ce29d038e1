import { PublicError } from '../errors.ts'
import type { StripeConnection } from '../generated/sqlite/client.ts'
import { recordActivity } from '../storage/activity.ts'
import type { Scope } from '../storage/scope/scope.ts'
import type { Acting } from '../tenancy/acting.ts'
import { refuseOtherThan } from './connect.ts'
import { resumeImports, takeUpRefused } from './jobs.ts'
import { readKey } from './key.ts'
import { troubleNow } from './look-again.ts'
import { findConnection } from './manage.ts'
import { apiWith, hasKey, SOMEBODY_WAITS, type StripeMeans, sealKey } from './means.ts'
import { lackingIn } from './permissions.ts'
import { probe } from './probe.ts'
import { readAccounts } from './window.ts'

/**
 * Puts another key of the same account in the place of one; an import that the former one could not finish goes on.
 * @throws PublicError with what to do, StripeTrouble
 */
export async function replaceKey(
  scope: Scope,
  means: StripeMeans,
  { actor, clock, vault }: Acting,
  input: { id: string; key: string },
): Promise<StripeConnection> {
  const { tenantId } = scope
  const present = await findConnection(scope, input.id)
  const key = readKey(input.key)
  refuseOtherThan(present, key, null)
  const { account, permissions } = await probe(await apiWith(means, key, SOMEBODY_WAITS))
  refuseOtherThan(present, key, account)
  const isOther = !hasKey(vault, present, key)
  const now = clock.now()
  // Accounts that the former one could not read are tried once more.
  const accounts = { ...readAccounts(present), denied: [] }
  return scope.transaction(async (db) => {
    const [row] = await db.stripeConnection.updateManyAndReturn({
      where: { tenantId, id: present.id },
      data: {
        account: account ?? present.account,
        sealed: sealKey(vault, present, key),
        keyHint: key.hint,
        state: lackingIn(permissions) === undefined ? 'CONNECTED' : 'LIMITED',
        permissions: JSON.stringify(permissions),
        ...troubleNow(present, permissions, accounts, clock),
        accounts: JSON.stringify(accounts),
        probedAt: now,
      },
    })
    if (!row) throw new PublicError('NOT_FOUND', `there is no connection ${input.id}`)
    await resumeImports(db, row, now)
    await takeUpRefused(db, row, permissions, now)
    const { id, keyHint, livemode } = row
    const data = { connectionId: id, keyHint, formerKeyHint: present.keyHint, account: row.account, livemode }
    if (isOther || row.state !== present.state)
      await recordActivity(db, tenantId, [{ at: now, kind: 'STRIPE_CONNECTED', actor, data }])
    return row
  })
}
