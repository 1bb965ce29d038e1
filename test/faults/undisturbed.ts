import { inspect, isDeepStrictEqual } from 'node:util'
import type { Row } from '../../src/storage/sql.ts'
import { post, type TestTenant } from '../support/outside.ts'
import { waitUntilJudged } from './checks.ts'
import type { Check } from './fault.ts'
import type { Sent, SteadyLoad } from './load.ts'
import type { Cluster } from './rig.ts'

/**
 * Without what tells of when deliveries came, which is what a fault changes: WEBHOOK_LAG is about that, and the last sign is
 * the one that came last.
 */
const ANOMALIES = `SELECT "detector", "severity", "status", "occurrences", "customerId", "impactAmount", "impactCurrency",
    "startedAt", "message"
  FROM "Anomaly" WHERE "tenantId" = ? AND "detector" <> 'WEBHOOK_LAG'
  ORDER BY "detector", "customerId", "startedAt"`
const FIGURES = `SELECT "slot", "currency", "events", "chargesSucceeded", "revenue"
  FROM "MetricBucket" WHERE "tenantId" = ? ORDER BY "slot", "currency"`

/**
 * Gives what each tenant was sent to another tenant once more, in order and with nothing in its way, and compares what
 * came of both.
 */
export async function likeUndisturbed(cluster: Cluster, { sent }: SteadyLoad): Promise<Check[]> {
  const pairs = await Promise.all(
    [...new Set(sent.map(({ tenant }) => tenant))].map(async (tenant) => {
      const events = sent.filter((one) => one.tenant === tenant)
      return { tenant, twin: await undisturbed(cluster, events) }
    }),
  )
  await waitUntilJudged(cluster)
  return [
    await compared(cluster, pairs, 'anomalies', ANOMALIES),
    await compared(cluster, pairs, 'figures', FIGURES),
  ]
}

interface Pair {
  tenant: TestTenant
  twin: TestTenant
}

async function undisturbed(cluster: Cluster, events: readonly Sent[]): Promise<TestTenant> {
  const twin = await cluster.tenant()
  for (const { event } of events) {
    const { status } = await post(cluster.urlOf(0), twin.token, event)
    if (status !== 200) throw new Error(`an undisturbed delivery was answered ${status}`)
  }
  return twin
}

async function compared(
  { database }: Cluster,
  pairs: readonly Pair[],
  what: string,
  statement: string,
): Promise<Check> {
  const rowsOf = (tenant: TestTenant): Promise<Row[]> => database.sql.all(statement, [tenant.id])
  let rows = 0
  const different: string[] = []
  for (const { tenant, twin } of pairs) {
    const [disturbed, plain] = [await rowsOf(tenant), await rowsOf(twin)]
    rows += plain.length
    const place = plain.findIndex((row, index) => !isDeepStrictEqual(row, disturbed[index]))
    if (place === -1 && disturbed.length === plain.length) continue
    different.push(`${inspect(disturbed[place])} instead of ${inspect(plain[place])}`)
  }
  return {
    what: `the ${what} are those of an undisturbed run`,
    ok: rows > 0 && different.length === 0,
    seen: different.length === 0 ? `${rows} of ${pairs.length} tenants` : different.slice(0, 3).join('; '),
  }
}
