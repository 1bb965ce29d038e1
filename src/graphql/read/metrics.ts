import { METRIC_SLOT } from '../../detection/engine/memory.ts'
import { PublicError } from '../../errors.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import { toSeconds } from '../../time.ts'
import type { Interval } from './intervals.ts'
import { finder, spansOf } from './spans.ts'

export interface MetricsQuery {
  from: Date
  to: Date
  interval: Interval
  /** Lower case. */
  currency: string | undefined
  /** Undefined: live once there was a live event, else test. */
  livemode: boolean | undefined
  account: string | undefined
}

export interface MetricsPoint {
  at: Date
  events: number
  chargesSucceeded: number
  chargesFailed: number
  disputes: number
  anomalies: number
  revenue: Map<string, bigint>
  refunds: Map<string, bigint>
}

/**
 * The tenant's figures per hour, day or week of its own zone; a span without any is there with zeros.
 * @throws PublicError BAD_USER_INPUT for a range that is empty or has more than 2,000 points
 */
export async function readMetrics(scope: Scope, query: MetricsQuery): Promise<MetricsPoint[]> {
  const { db, tenantId } = scope
  const tenant = await db.tenant.findFirst({
    where: { id: tenantId },
    select: { timezone: true, firstLiveAt: true },
  })
  if (!tenant) throw new PublicError('NOT_FOUND', 'There is no such tenant.')
  const { starts, end } = spansOf(query, tenant.timezone)
  const points = emptyPoints(starts)
  const [first] = points
  if (!first) return []
  const livemode = query.livemode ?? tenant.firstLiveAt !== null
  const which = { livemode, ...(query.account !== undefined && { account: query.account }) }
  const findPoint = finder(points)

  const streams = await db.stream.findMany({ where: { tenantId, ...which }, select: { id: true } })
  const buckets = await db.metricBucket.findMany({
    where: {
      tenantId,
      stream: { in: streams.map(({ id }) => id) },
      slot: {
        gte: Math.floor(toSeconds(first.at) / METRIC_SLOT),
        lt: Math.ceil(toSeconds(end) / METRIC_SLOT),
      },
    },
  })
  for (const bucket of buckets) {
    const point = findPoint(bucket.slot * METRIC_SLOT)
    if (!point) continue
    point.events += bucket.events
    // Objects without money are counted without a currency, and so under any.
    if (query.currency !== undefined && bucket.currency !== '' && bucket.currency !== query.currency) continue
    point.chargesSucceeded += bucket.chargesSucceeded
    point.chargesFailed += bucket.chargesFailed
    point.disputes += bucket.disputes
    add(point.revenue, bucket.currency, bucket.revenue)
    add(point.refunds, bucket.currency, bucket.refunds)
  }

  const detected = await db.anomaly.findMany({
    where: { tenantId, ...which, detectedAt: { gte: first.at, lt: end } },
    select: { detectedAt: true },
  })
  for (const { detectedAt } of detected) {
    const point = findPoint(toSeconds(detectedAt))
    if (point) point.anomalies += 1
  }
  return points
}

function add(sums: Map<string, bigint>, currency: string, amount: bigint): void {
  if (currency !== '' && amount !== 0n) sums.set(currency, (sums.get(currency) ?? 0n) + amount)
}

const emptyPoints = (starts: readonly Date[]): MetricsPoint[] =>
  starts.map((at) => ({
    at,
    events: 0,
    chargesSucceeded: 0,
    chargesFailed: 0,
    disputes: 0,
    anomalies: 0,
    revenue: new Map(),
    refunds: new Map(),
  }))
