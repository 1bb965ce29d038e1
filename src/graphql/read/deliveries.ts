import type { Scope } from '../../storage/scope/scope.ts'
import { DAY, toSeconds } from '../../time.ts'
import type { Interval } from './intervals.ts'
import { finder, spansOf } from './spans.ts'

/** Seconds of wall clock in one bucket of deliveries. */
const SLOT = 300

export interface DeliveryCounts {
  accepted: number
  duplicates: number
  badSignature: number
  throttled: number
}

/** Counts an endpoint's deliveries of the last `lastSeconds` by outcome, in steps of five minutes, of which the first counts whole. */
export async function countDeliveries(
  { db, tenantId }: Scope,
  endpointId: string,
  now: Date,
  lastSeconds: number,
): Promise<DeliveryCounts> {
  const { _sum } = await db.deliveryBucket.aggregate({
    where: { tenantId, endpointId, slot: { gte: Math.floor((now.getTime() / 1_000 - lastSeconds) / SLOT) } },
    _sum: { accepted: true, duplicates: true, badSignature: true, throttled: true },
  })
  return {
    accepted: _sum.accepted ?? 0,
    duplicates: _sum.duplicates ?? 0,
    badSignature: _sum.badSignature ?? 0,
    throttled: _sum.throttled ?? 0,
  }
}

/** The newest events that a lag is taken from. */
const SAMPLE = 500

/** Lags of an endpoint's newest events of the last day in seconds, smallest first. */
export async function recentLags({ db, tenantId }: Scope, endpointId: string, now: Date): Promise<number[]> {
  const events = await db.stripeEvent.findMany({
    where: {
      tenantId,
      endpointId,
      source: 'WEBHOOK',
      receivedAt: { gte: new Date(now.getTime() - DAY * 1_000) },
    },
    orderBy: [{ receivedAt: 'desc' }, { stripeId: 'desc' }],
    take: SAMPLE,
    select: { createdAt: true, receivedAt: true },
  })
  return events
    .map(({ createdAt, receivedAt }) => (receivedAt.getTime() - createdAt.getTime()) / 1_000)
    .sort((a, b) => a - b)
}

/** @returns null when there are none */
export const quantile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null

export interface DeliveryPoint extends DeliveryCounts {
  at: Date
}

/**
 * An endpoint's deliveries span by span of the tenant's zone; one without any is there with zeros.
 * @throws PublicError BAD_USER_INPUT for a range that is empty or has too many points
 */
export async function readDeliverySeries(
  { db, tenantId }: Scope,
  endpointId: string,
  range: { from: Date; to: Date; interval: Interval },
): Promise<DeliveryPoint[]> {
  const tenant = await db.tenant.findFirst({ where: { id: tenantId }, select: { timezone: true } })
  const { starts, end } = spansOf(range, tenant?.timezone ?? 'UTC')
  const points = starts.map(
    (at): DeliveryPoint => ({ at, accepted: 0, duplicates: 0, badSignature: 0, throttled: 0 }),
  )
  const [first] = points
  if (!first) return []
  const findPoint = finder(points)
  const buckets = await db.deliveryBucket.findMany({
    where: {
      tenantId,
      endpointId,
      slot: { gte: Math.floor(toSeconds(first.at) / SLOT), lt: Math.ceil(toSeconds(end) / SLOT) },
    },
  })
  for (const { slot, accepted, duplicates, badSignature, throttled } of buckets) {
    const point = findPoint(slot * SLOT)
    if (!point) continue
    point.accepted += accepted
    point.duplicates += duplicates
    point.badSignature += badSignature
    point.throttled += throttled
  }
  return points
}
