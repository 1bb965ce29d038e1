import { PublicError } from '../../errors.ts'
import type { Session } from '../../generated/sqlite/client.ts'
import { recordActivity } from '../../storage/activity.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import type { Acting } from '../acting.ts'

/** Those that are shown: the newest. */
const MOST_SHOWN = 200

/** Who is signed in to a tenant, and who was lately; the newest first. */
export const listSessions = ({ db, tenantId }: Scope): Promise<Session[]> =>
  db.session.findMany({
    where: { tenantId },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: MOST_SHOWN,
  })

/**
 * Ends somebody's session: its tokens are refused from the commit on, open sockets within a second. Again changes nothing.
 * @throws PublicError NOT_FOUND
 */
export function revokeSession(scope: Scope, { actor, clock }: Acting, id: string): Promise<Session> {
  const { tenantId } = scope
  const now = clock.now()
  return scope.transaction(async (db) => {
    const { count } = await db.session.updateMany({
      where: { tenantId, id, endedAt: null },
      data: { endedAt: now },
    })
    const session = await db.session.findFirst({ where: { tenantId, id } })
    if (!session) throw new PublicError('NOT_FOUND', `there is no session ${id}`)
    if (count > 0)
      await recordActivity(db, tenantId, [
        { at: now, kind: 'SESSION_REVOKED', actor, data: { sessionId: id, name: session.name } },
      ])
    return session
  })
}
