import type { Prisma } from '../../src/generated/sqlite/client.ts'
import { newId } from '../../src/ids.ts'
import { inTenant } from '../../src/storage/current-tenant.ts'
import type { Database } from '../../src/storage/database.ts'

export const AT = new Date('2026-02-03T04:05:06.007Z')

/** Rows with every required column, for tests that are about something else. */
export const tenantRow = (id = newId('ten'), name = id): Prisma.TenantCreateManyInput => ({
  id,
  name,
  createdAt: AT,
})

export const endpointRow = (tenantId: string, id = newId('whe')): Prisma.WebhookEndpointCreateManyInput => ({
  tenantId,
  id,
  name: id,
  createdAt: AT,
  tokenHash: `hash of ${id}`,
  tokenSealed: 'sealed',
})

export const formerTokenRow = (tenantId: string, endpointId: string): Prisma.FormerTokenCreateManyInput => ({
  tenantId,
  endpointId,
  hash: `former hash of ${endpointId}`,
  expiresAt: AT,
})

export const eventRow = (
  tenantId: string,
  endpointId: string,
  stripeId: string,
): Prisma.StripeEventCreateManyInput => ({
  tenantId,
  stripeId,
  endpointId,
  livemode: true,
  type: 'charge.failed',
  createdAt: AT,
  receivedAt: AT,
  status: 'PENDING',
})

export const anomalyRow = (
  tenantId: string,
  id: string,
  seq: number | bigint,
): Prisma.AnomalyCreateManyInput => ({
  tenantId,
  id,
  seq: BigInt(seq),
  stream: 'whe_1//live',
  detector: 'CHARGE_FAILURE_SPIKE',
  fingerprint: id,
  severity: 1,
  status: 'OPEN',
  origin: 'LIVE',
  livemode: true,
  confidence: 0.99,
  title: `title of ${id}`,
  message: 'message',
  advice: 'advice',
  startedAt: AT,
  detectedAt: AT,
  lastSeenAt: AT,
  createdAt: AT,
  updatedAt: AT,
  occurrences: 1,
  subjects: '[]',
  evidence: '[]',
  series: '[]',
  folding: '{}',
  searchText: '',
})

export const activityRow = (
  tenantId: string,
  seq: number | bigint,
  anomalyId: string | null = null,
): Prisma.ActivityCreateManyInput => ({
  tenantId,
  seq: BigInt(seq),
  at: AT,
  kind: 'ANOMALY_RAISED',
  actorKind: 'SYSTEM',
  actorName: 'BillingWatch',
  anomalyId,
})

/** A tenant with an endpoint and its former token, an event, an anomaly that shows it, and the activity that raised it. */
export async function insertWorld(database: Database, name: string): Promise<string> {
  const { prisma } = database
  const tenantId = `ten_${name}`
  await prisma.tenant.create({ data: { ...tenantRow(tenantId, name), externalId: `ext_${name}`, seq: 1n } })
  await inTenant(tenantId, async () => {
    await prisma.webhookEndpoint.create({ data: endpointRow(tenantId, `whe_${name}`) })
    await prisma.formerToken.create({ data: formerTokenRow(tenantId, `whe_${name}`) })
    await prisma.stripeEvent.create({ data: eventRow(tenantId, `whe_${name}`, `evt_${name}`) })
    await prisma.anomaly.create({ data: anomalyRow(tenantId, `anm_${name}`, 1) })
    await prisma.anomalyEvent.create({
      data: { tenantId, anomalyId: `anm_${name}`, stripeId: `evt_${name}` },
    })
    await prisma.activity.create({ data: activityRow(tenantId, 1, `anm_${name}`) })
  })
  return tenantId
}
