import type { StripeConnection } from '../generated/sqlite/client.ts'
import type { ListedEvent } from '../storage/inbox.ts'
import type { Scope } from '../storage/scope/scope.ts'
import { EVENTS_READ } from './permissions.ts'
import { TYPE_GROUPS } from './probe.ts'
import type { ReadableList } from './read-lists.ts'

/** Connected accounts that events of this connection's endpoint and mode have named. */
export async function accountsOf(
  { db, tenantId }: Scope,
  { endpointId, livemode }: Pick<StripeConnection, 'endpointId' | 'livemode'>,
): Promise<string[]> {
  const streams = await db.stream.findMany({
    where: { tenantId, endpointId, livemode, account: { not: null } },
    orderBy: { id: 'asc' },
  })
  return [...new Set(streams.flatMap(({ account }) => account ?? []))]
}

/**
 * The events of an account, in as many lists as Stripe takes types for.
 * @param account a connected one; undefined: the key's own
 */
export const eventLists = (
  account: string | undefined,
  eventsOf: (body: Record<string, unknown>) => ListedEvent[],
): ReadableList[] =>
  TYPE_GROUPS.map((types, index) => ({
    name: `events ${index + 1}${account === undefined ? '' : ` of ${account}`}`,
    path: '/v1/events',
    params: { types },
    ...(account !== undefined && { account, needs: EVENTS_READ }),
    eventsOf,
  }))
