import { SYSTEM } from '../actor.ts'
import type { StripeConnection } from '../generated/sqlite/client.ts'
import { type ActivityEntry, recordActivity } from '../storage/activity.ts'
import { ConnectionLostError } from '../storage/connect/found.ts'
import { toDate } from '../time.ts'
import { noteAnswer } from './answers.ts'
import { troubleNow } from './look-again.ts'
import { readGranted } from './permissions.ts'
import type { ReconcileParts } from './reconcile-parts.ts'
import type { Compared } from './window.ts'

/**
 * All lists have ended and every event in them is stored: what is proven moves on, in one commit with the numbers.
 * @returns the connection as it stands then
 */
export async function proveWindow(
  { scope, clock, bus }: ReconcileParts,
  connection: StripeConnection,
  { window, accounts }: Compared,
): Promise<StripeConnection> {
  const { tenantId } = scope
  const { id, leaseHolder } = connection
  const { to, since, counted, filled, missing, firstMissing, unlistedTo } = window
  const now = clock.now()
  const proven = await scope.transaction(async (db) => {
    const [row] = await db.stripeConnection.updateManyAndReturn({
      where: { tenantId, id, leaseHolder },
      data: {
        through: toDate(Math.max(to, since)),
        atStripe: { increment: counted },
        stored: { increment: counted },
        filled: { increment: filled },
        missing: 0,
        reconciling: null,
        accounts: JSON.stringify(accounts),
        ...troubleNow(connection, readGranted(connection.permissions), accounts, clock),
      },
    })
    if (!row) throw new ConnectionLostError()
    const through = row.through ?? toDate(to)
    await noteAnswer(db, row, accounts.proven, { now, through, answered: true })
    if (filled === 0 && unlistedTo === null) return row
    const entry: ActivityEntry = {
      at: now,
      kind: 'EVENTS_FILLED',
      actor: SYSTEM,
      ...(unlistedTo !== null && { note: unlisted(connection.through, toDate(unlistedTo)) }),
      data: {
        connectionId: id,
        endpointId: connection.endpointId,
        missing,
        filled,
        firstMissing: firstMissing === null ? null : toDate(firstMissing).toISOString(),
        from: toDate(window.from).toISOString(),
        through: toDate(to).toISOString(),
      },
    }
    await recordActivity(db, tenantId, [entry])
    return row
  })
  if (filled > 0 || unlistedTo !== null) bus.publish(`feed:${tenantId}`)
  return proven
}

/** What stays unproven for ever is said once. */
const unlisted = (from: Date | null, to: Date): string =>
  `From ${from?.toISOString() ?? 'the beginning'} to ${to.toISOString()} nothing is proven: Stripe lists events of 30 days. Compare with your own books for that time.`
