import type { AlertChannel } from '../generated/sqlite/client.ts'
import type { TenantClient } from '../storage/scope/scope.ts'
import { LONGEST_WAIT, MAX_FAILING } from './retries.ts'

/** Whether everything has failed for so long that a channel is disabled. */
export const isTooLong = (since: Date, now: Date): boolean =>
  now.getTime() - since.getTime() >= MAX_FAILING * 1_000

/** Since when every attempt on a channel has failed, where the one made now failed as well. */
export async function failingSince(
  db: TenantClient,
  { tenantId, id: channelId, failingSince: known }: AlertChannel,
  now: Date,
): Promise<Date> {
  if (known === null) return now
  // The attempts are read only where something follows from them.
  if (!isTooLong(known, now)) return known
  const attempts = await db.alertAttempt.findMany({
    where: { tenantId, at: { gte: known }, delivery: { tenantId, channelId, reason: { not: 'TEST' } } },
    orderBy: { at: 'desc' },
    select: { at: true },
  })
  return beginningOf(attempts, now)
}

/** While nothing was tried nothing failed: failures count together where no gap is longer than between two retries. */
function beginningOf(attempts: readonly { at: Date }[], now: Date): Date {
  let since = now
  for (const { at } of attempts) {
    if (since.getTime() - at.getTime() > LONGEST_WAIT * 1_000) break
    since = at
  }
  return since
}
