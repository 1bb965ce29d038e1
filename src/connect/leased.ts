import type { StripeConnection } from '../generated/sqlite/client.ts'
import { randomBase62 } from '../ids.ts'
import { dropLease, takeLease } from '../storage/connect/lease.ts'
import type { Scope } from '../storage/scope/scope.ts'
import type { WallClock } from '../time.ts'
import { isGone, type StripeMeans } from './means.ts'

const LEASE_MS = 20_000
const RENEW_MS = 5_000

/**
 * Works on a connection while no other process does. What holds it is prolonged until the work ends; a process that dies
 * gives it back within seconds, and at once to another one of its machine.
 * @returns undefined when another process is at it
 */
export async function leased<T>(
  { scope, means, clock }: { scope: Scope; means: Pick<StripeMeans, 'holder'>; clock: WallClock },
  connection: Pick<StripeConnection, 'id'>,
  work: (fresh: StripeConnection) => Promise<T>,
): Promise<{ result: T } | undefined> {
  const { tenantId, db, sql } = scope
  // Two that work in one process keep each other out as well.
  const holder = `${means.holder}/${randomBase62(8)}`
  const present = await db.stripeConnection.findFirst({ where: { tenantId, id: connection.id } })
  if (!present) return undefined
  const take = (gone: readonly string[] = []): Promise<boolean> => {
    const now = clock.now()
    const until = new Date(now.getTime() + LEASE_MS)
    return takeLease(sql, { tenantId, connectionId: connection.id, holder, now, until }, gone)
  }
  const { leaseHolder } = present
  if (!(await take(leaseHolder !== null && isGone(leaseHolder) ? [leaseHolder] : []))) return undefined
  // A renewal that fails is tried again before the lease is over.
  const renewal = setInterval(() => void take().catch(() => {}), RENEW_MS)
  try {
    const fresh = await db.stripeConnection.findFirst({ where: { tenantId, id: connection.id } })
    return fresh === null ? undefined : { result: await work(fresh) }
  } finally {
    clearInterval(renewal)
    await dropLease(sql, { tenantId, connectionId: connection.id, holder })
  }
}
