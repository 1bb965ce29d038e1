import { describe, expect, test } from 'vitest'
import { newId } from '../../src/ids.ts'
import { Tallies } from '../../src/ingest/tallies.ts'
import { createLogger } from '../../src/log.ts'
import type { RefusalReason, Tallied } from '../../src/storage/delivery-counts.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { suspendTenant } from '../../src/tenancy/tenant.ts'
import { systemClock } from '../../src/time.ts'
import { raise } from '../support/anomalies.ts'
import { ADMIN_KEY, acting, codeOf, data, makeTenant, type TestTenant, testApi } from '../support/graphql.ts'

const NOW = new Date('2026-03-02T10:07:00.000Z')
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000)

const { database, served } = await testApi({
  clock: { now: () => NOW, steady: () => systemClock.steady() },
  environment: { API_RATE_LIMIT: '100000/60' },
})

/** What came to the tenant's endpoint some minutes ago. */
async function deliver(
  { id, endpointId }: TestTenant,
  minutes: number,
  counts: Partial<Record<Tallied, number>>,
  reason?: RefusalReason,
): Promise<void> {
  const clock = { now: () => ago(minutes) }
  const tallies = new Tallies({ sql: database.sql, clock, log: createLogger('silent'), writer: newId('evn') })
  for (const what of ['accepted', 'duplicates', 'badSignature', 'throttled'] as const)
    for (let n = 0; n < (counts[what] ?? 0); n++)
      tallies.add(id, endpointId, what, what === 'badSignature' || what === 'throttled' ? reason : undefined)
  await tallies.flush()
}

interface Endpoint {
  status: string
  lastRefusal: { at: string; reason: string } | null
}

async function endpointOf(tenant: TestTenant): Promise<Endpoint> {
  const found = (await data(
    served,
    tenant.key,
    '{ tenant { webhookEndpoints { status lastRefusal { at reason } } } }',
  )) as { tenant: { webhookEndpoints: [Endpoint] } }
  return found.tenant.webhookEndpoints[0]
}

async function healthOf({ key }: TestTenant) {
  const { tenant } = await data(
    served,
    key,
    '{ tenant { health { status reasons waitingEvents oldestWaitingSeconds lastEventAt } } }',
  )
  return (tenant as { health: { status: string; reasons: string[] } }).health
}

describe('an import from Stripe', () => {
  async function importing({ id: tenantId, endpointId }: TestTenant, minutes: number, error: string | null) {
    const { db } = scopeTo(database, tenantId)
    const connection = { livemode: true, sealed: '', keyHint: '', state: 'CONNECTED', permissions: '[]' }
    const { id } = await db.stripeConnection.create({
      data: { tenantId, id: newId('scn'), endpointId, createdAt: ago(900), ...connection },
    })
    await db.importJob.create({
      data: {
        tenantId,
        id: newId('imp'),
        connectionId: id,
        kind: 'BACKFILL',
        state: 'RUNNING',
        startedAt: ago(900),
        updatedAt: ago(minutes),
        error,
        options: '{}',
        progress: '{}',
      },
    })
  }

  test('is said to stand still after an hour without a page', async () => {
    const tenant = await makeTenant(database)
    await deliver(tenant, 5, { accepted: 1 })
    await importing(tenant, 59, null)
    expect(await healthOf(tenant)).toMatchObject({ status: 'HEALTHY', reasons: [] })
    const stalled = await makeTenant(database)
    await deliver(stalled, 5, { accepted: 1 })
    await importing(stalled, 61, 'Stripe has trouble itself (503).')
    expect(await healthOf(stalled)).toMatchObject({
      status: 'DEGRADED',
      reasons: [
        'The import of the endpoint default from Stripe stands still since 2026-03-02 09:06 UTC. Stripe has trouble itself (503).',
      ],
    })
  })
})

describe('an endpoint', () => {
  type Delivery = [minutes: number, counts: Partial<Record<Tallied, number>>]
  test.each<[string, Delivery[]]>([
    ['NEVER', []],
    ['HEALTHY', [[59, { accepted: 1 }]]],
    ['QUIET', [[60, { accepted: 1 }]]],
    ['QUIET', [[1_439, { accepted: 1 }]]],
    ['SILENT', [[1_440, { accepted: 1 }]]],
    ['FAILING', [[5, { badSignature: 1 }]]],
    [
      'FAILING',
      [
        [2_000, { accepted: 9 }],
        [1_300, { badSignature: 1 }],
      ],
    ],
    ['HEALTHY', [[5, { accepted: 1, duplicates: 1, badSignature: 1, throttled: 1 }]]],
    ['FAILING', [[5, { accepted: 1, duplicates: 1, badSignature: 2, throttled: 1 }]]],
    [
      'HEALTHY',
      [
        [200, { badSignature: 500 }],
        [5, { accepted: 1 }],
      ],
    ],
  ])('is %s after %j', async (status, deliveries) => {
    const tenant = await makeTenant(database)
    for (const [minutes, counts] of deliveries) await deliver(tenant, minutes, counts, 'BAD_SIGNATURE')
    expect((await endpointOf(tenant)).status).toBe(status)
  })

  test('says of its newest refusal when and why', async () => {
    const tenant = await makeTenant(database)
    expect((await endpointOf(tenant)).lastRefusal).toBeNull()
    await deliver(tenant, 30, { badSignature: 1 }, 'STALE_SIGNATURE')
    await deliver(tenant, 20, { throttled: 1 }, 'THROTTLED')
    await deliver(tenant, 10, { accepted: 1 })
    expect((await endpointOf(tenant)).lastRefusal).toEqual({
      at: ago(20).toISOString(),
      reason: 'THROTTLED',
    })
  })

  test('has its deliveries hour by hour, with zeros', async () => {
    const tenant = await makeTenant(database)
    await deliver(tenant, 130, { accepted: 2, badSignature: 1 }, 'BAD_SIGNATURE')
    await deliver(tenant, 5, { accepted: 1, duplicates: 3 })
    const { tenant: found } = await data(
      served,
      tenant.key,
      `{ tenant { webhookEndpoints { deliverySeries(range: {from: "2026-03-02T07:10:00Z"}) {
        at accepted duplicates badSignature throttled
      } } } }`,
    )
    const nothing = { accepted: 0, duplicates: 0, badSignature: 0, throttled: 0 }
    expect(found).toEqual({
      webhookEndpoints: [
        {
          deliverySeries: [
            { ...nothing, at: '2026-03-02T07:00:00.000Z', accepted: 2, badSignature: 1 },
            { ...nothing, at: '2026-03-02T08:00:00.000Z' },
            { ...nothing, at: '2026-03-02T09:00:00.000Z' },
            { ...nothing, at: '2026-03-02T10:00:00.000Z', accepted: 1, duplicates: 3 },
          ],
        },
      ],
    })
  })

  test.each(['{}', '{from: "2026-03-02T07:10:00Z", to: "2026-03-02T07:10:00Z"}', '{from: "2020-01-01"}'])(
    'refuses to chart %s',
    async (range) => {
      const tenant = await makeTenant(database)
      const query = `{ tenant { webhookEndpoints { deliverySeries(range: ${range}) { at } } } }`
      expect(await codeOf(served, tenant.key, query)).toBe('BAD_USER_INPUT')
    },
  )
})

describe("a tenant's health", () => {
  test('is NEVER at first, then HEALTHY, with nothing to say', async () => {
    const tenant = await makeTenant(database)
    expect(await healthOf(tenant)).toEqual({
      status: 'NEVER',
      reasons: [],
      waitingEvents: 0,
      oldestWaitingSeconds: null,
      lastEventAt: null,
    })
    await deliver(tenant, 1, { accepted: 1 })
    await scopeTo(database, tenant.id).db.stripeEvent.create({
      data: {
        tenantId: tenant.id,
        stripeId: 'evt_1',
        endpointId: tenant.endpointId,
        livemode: true,
        type: 'charge.failed',
        createdAt: ago(2),
        receivedAt: ago(1),
        status: 'PROCESSED',
      },
    })
    expect(await healthOf(tenant)).toMatchObject({
      status: 'HEALTHY',
      reasons: [],
      lastEventAt: ago(1).toISOString(),
    })
  })

  test.each([
    [1, 'HEALTHY'],
    [2, 'DEGRADED'],
    [11, 'FAILING'],
  ])('with events that wait for %i minutes is %s', async (minutes, status) => {
    const tenant = await makeTenant(database)
    await deliver(tenant, 1, { accepted: 1 })
    const { db } = scopeTo(database, tenant.id)
    const wake = (id: string, at: Date, events: string[]) =>
      db.wake.create({ data: { tenantId: tenant.id, id, dueAt: at, events: JSON.stringify(events) } })
    await wake('a', ago(minutes), ['evt_1', 'evt_2'])
    await wake('b', ago(0), ['evt_3'])
    await wake('timer', ago(99), [])
    const health = await healthOf(tenant)
    expect(health).toMatchObject({ status, waitingEvents: 3, oldestWaitingSeconds: minutes * 60 })
    expect(health.reasons).toEqual(
      status === 'HEALTHY' ? [] : [`3 events wait to be judged, the first for ${minutes} min.`],
    )
  })

  test('names the endpoint that fails, and is DEGRADED while another works', async () => {
    const tenant = await makeTenant(database)
    await deliver(tenant, 5, { badSignature: 3 }, 'BAD_SIGNATURE')
    expect(await healthOf(tenant)).toMatchObject({
      status: 'FAILING',
      reasons: ['The endpoint default refuses most deliveries.'],
    })
    await data(
      served,
      tenant.key,
      'mutation { createWebhookEndpoint(input: {name: "second"}) { webhookEndpoint { id } } }',
    )
    await scopeTo(database, tenant.id).db.webhookEndpoint.updateMany({
      where: { name: 'second' },
      data: { lastDeliveryAt: ago(1) },
    })
    expect((await healthOf(tenant)).status).toBe('DEGRADED')
  })

  test('of a suspended tenant is FAILING for the operator who looks', async () => {
    const tenant = await makeTenant(database)
    await deliver(tenant, 1, { accepted: 1 })
    await suspendTenant(scopeTo(database, tenant.id), acting)
    const { tenants } = await data(
      served,
      ADMIN_KEY,
      `{ tenants(search: "${tenant.id}") { nodes { health { status reasons } webhookEndpoints { status } } } }`,
    )
    expect(tenants).toEqual({
      nodes: [
        {
          health: { status: 'FAILING', reasons: ['It is suspended: its deliveries are refused.'] },
          webhookEndpoints: [{ status: 'HEALTHY' }],
        },
      ],
    })
  })
})

test('the unit of a series is that of its detector, and none where there is no series', async () => {
  const tenant = await makeTenant(database)
  await raise(database, tenant.id, { detector: 'DUPLICATE_CHARGE', series: [] })
  await raise(database, tenant.id, { detector: 'REFUND_SPIKE' })
  await raise(database, tenant.id, { detector: 'CHARGE_FAILURE_SPIKE' })
  const { anomalies } = await data(
    served,
    tenant.key,
    '{ anomalies { nodes { detector seriesUnit seriesCurrency } } }',
  )
  expect(anomalies).toEqual({
    nodes: [
      { detector: 'CHARGE_FAILURE_SPIKE', seriesUnit: 'RATIO', seriesCurrency: null },
      { detector: 'REFUND_SPIKE', seriesUnit: 'COUNT', seriesCurrency: null },
      { detector: 'DUPLICATE_CHARGE', seriesUnit: null, seriesCurrency: null },
    ],
  })
})
