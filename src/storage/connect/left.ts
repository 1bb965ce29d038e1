import type { StripeConnection } from '../../generated/sqlite/client.ts'
import { randomBase62 } from '../../ids.ts'
import { raiseVersion } from '../detection/version.ts'
import type { TenantClient } from '../scope/scope.ts'

/** Events that one wake names. */
const OF_ONE_WAKE = 100

/**
 * Of an import that ends before its past is judged, events are judged as if they had come now, oldest first: nothing else
 * would come to them any more, not even their own delivery. What was made of older objects teaches only beside the rest,
 * and would raise what is not true: it goes.
 */
export async function leaveFetched(
  db: TenantClient,
  { tenantId, endpointId }: Pick<StripeConnection, 'tenantId' | 'endpointId'>,
  now: Date,
): Promise<void> {
  await raiseVersion(db, tenantId)
  const left = { tenantId, endpointId, status: 'PENDING' }
  await db.stripeEvent.deleteMany({ where: { ...left, source: 'REBUILT' } })
  const fetched = await db.stripeEvent.findMany({
    where: { ...left, source: 'BACKFILL' },
    orderBy: [{ receivedAt: 'asc' }, { stripeId: 'asc' }],
    select: { stripeId: true },
  })
  const wakes = Array.from({ length: Math.ceil(fetched.length / OF_ONE_WAKE) }, (_, index) =>
    fetched.slice(index * OF_ONE_WAKE, (index + 1) * OF_ONE_WAKE).map(({ stripeId }) => stripeId),
  )
  if (wakes.length === 0) return
  await db.wake.createMany({
    data: wakes.map((events, index) => ({
      tenantId,
      id: randomBase62(16),
      // In this order, and none in the future.
      dueAt: new Date(now.getTime() - (wakes.length - index)),
      events: JSON.stringify(events),
    })),
  })
}
