import type { StripeConnection } from '../../generated/sqlite/client.ts'
import type { TenantClient } from '../scope/scope.ts'

/**
 * Locks a connection's row until the commit, and changes nothing. All that belongs to a connection is locked in this order,
 * so that no two wait for each other: the connection, its imports, the tenant's claim, the tenant.
 * @returns false: it is gone
 */
export async function lockConnection(
  db: TenantClient,
  { tenantId, id }: Pick<StripeConnection, 'tenantId' | 'id'>,
): Promise<boolean> {
  const { count } = await db.stripeConnection.updateMany({
    where: { tenantId, id },
    data: { filled: { increment: 0 } },
  })
  return count > 0
}
