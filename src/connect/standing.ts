import { SYSTEM } from '../actor.ts'
import type { StripeConnection } from '../generated/sqlite/client.ts'
import { type ActivityEntry, recordActivity } from '../storage/activity.ts'
import type { Scope } from '../storage/scope/scope.ts'
import type { WallClock } from '../time.ts'
import { EVENTS_READ, readGranted } from './permissions.ts'
import { StripeTrouble } from './trouble.ts'

export const CONNECTION_STATES = ['CONNECTED', 'LIMITED', 'REVOKED'] as const

/**
 * Writes down why a connection does not get on; webhooks go on without it. A key that is no good ends its imports until
 * another is given, and is said in the feed, once.
 */
export async function noteTrouble(
  { tenantId, transaction }: Scope,
  clock: WallClock,
  { id, keyHint }: StripeConnection,
  error: unknown,
): Promise<void> {
  if (!(error instanceof StripeTrouble)) return
  const now = clock.now()
  const needsPerson = error.kind === 'KEY' || error.kind === 'PERMISSION'
  await transaction(async (db) => {
    const present = await db.stripeConnection.findFirst({ where: { tenantId, id } })
    if (!present) return
    const state = error.kind === 'KEY' ? 'REVOKED' : error.kind === 'PERMISSION' ? 'LIMITED' : present.state
    const lacking = error.permission ?? EVENTS_READ
    await db.stripeConnection.updateMany({
      where: { tenantId, id },
      data: {
        state,
        trouble: error.message,
        troubleSince: present.trouble === error.message ? present.troubleSince : now,
        ...(error.kind === 'PERMISSION' && {
          permissions: JSON.stringify(
            readGranted(present.permissions).map((one) =>
              one.name === lacking ? { ...one, granted: false } : one,
            ),
          ),
        }),
      },
    })
    await db.importJob.updateMany({
      where: { tenantId, connectionId: id, state: 'RUNNING' },
      data: { error: error.message, ...(needsPerson && { state: 'FAILED', finishedAt: now }) },
    })
    if (needsPerson && present.trouble !== error.message) {
      const entry: ActivityEntry = {
        at: now,
        kind: 'STRIPE_KEY_REVOKED',
        actor: SYSTEM,
        note: error.message,
        data: { connectionId: id, keyHint, permission: error.permission ?? null },
      }
      await recordActivity(db, tenantId, [entry])
    }
  })
}
