import { describe, expect, test } from 'vitest'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { later, raise, record } from '../support/anomalies.ts'
import { codeOf, data, keyOf, makeTenant, testApi } from '../support/graphql.ts'

const { database, served } = await testApi()

describe('an anomaly', () => {
  test('shows everything that was recorded of it', async () => {
    const tenant = await makeTenant(database)
    const id = await raise(database, tenant.id, {
      title: 'Payments fail',
      severity: 'HIGH',
      origin: 'HISTORY',
      account: 'acct_1',
      customerId: 'cus_1',
      impact: { amount: 123_456_789_012, currency: 'idr' },
      subjects: [
        { type: 'charge', id: 'ch_1' },
        { type: 'refund', id: 're_1' },
      ],
    })
    const { anomaly } = await data(
      served,
      tenant.key,
      `query($id: ID!) { anomaly(id: $id) {
        id detector severity status origin livemode account confidence title message advice
        startedAt detectedAt lastSeenAt endedAt createdAt updatedAt occurrences customerId
        impact { amount currency decimal formatted }
        subjects(first: 1) { type stripeId url }
        evidence { name observed expected threshold unit currency }
        series { at observed expected lower upper }
        events { totalCount } activity { nodes { kind actor { kind name } anomaly { id } } }
        acknowledgedAt acknowledgedBy { name } resolvedAt resolvedBy { name } falsePositiveReason note
      } }`,
      { id },
    )
    expect(anomaly).toEqual({
      id,
      detector: 'CHARGE_FAILURE_SPIKE',
      severity: 'HIGH',
      status: 'OPEN',
      origin: 'HISTORY',
      livemode: true,
      account: 'acct_1',
      confidence: 0.999,
      title: 'Payments fail',
      message: 'It is odd.',
      advice: 'Look.',
      startedAt: '2026-03-01T12:00:00.000Z',
      detectedAt: '2026-03-01T12:00:00.000Z',
      lastSeenAt: '2026-03-01T12:00:00.000Z',
      endedAt: null,
      createdAt: '2026-03-01T12:00:00.000Z',
      updatedAt: '2026-03-01T12:00:00.000Z',
      occurrences: 1,
      customerId: 'cus_1',
      impact: {
        amount: 123_456_789_012,
        currency: 'IDR',
        decimal: '1234567890.12',
        formatted: expect.stringContaining('1,234,567,890.12'),
      },
      subjects: [
        { type: 'charge', stripeId: 'ch_1', url: 'https://dashboard.stripe.com/acct_1/payments/ch_1' },
      ],
      evidence: [{ name: 'failures', observed: 9, expected: 2, threshold: 8, unit: 'COUNT', currency: null }],
      series: [{ at: '2026-03-01T12:00:00.000Z', observed: 9, expected: 2, lower: 0, upper: 6 }],
      events: { totalCount: 0 },
      activity: {
        nodes: [{ kind: 'ANOMALY_RAISED', actor: { kind: 'SYSTEM', name: 'billingwatch' }, anomaly: { id } }],
      },
      acknowledgedAt: null,
      acknowledgedBy: null,
      resolvedAt: null,
      resolvedBy: null,
      falsePositiveReason: null,
      note: null,
    })
  })

  test('shows the events that show it, oldest first and page by page', async () => {
    const tenant = await makeTenant(database)
    const id = await raise(database, tenant.id)
    const { db, tenantId } = scopeTo(database, tenant.id)
    const stripeIds = ['evt_c', 'evt_a', 'evt_b']
    for (const [index, stripeId] of stripeIds.entries()) {
      await db.stripeEvent.create({
        data: {
          tenantId,
          stripeId,
          endpointId: tenant.endpointId,
          livemode: true,
          type: 'charge.failed',
          createdAt: later(index),
          receivedAt: later(10 - index),
          status: 'PROCESSED',
        },
      })
      await db.anomalyEvent.create({ data: { tenantId, anomalyId: id, stripeId } })
    }
    const query = `query($id: ID!, $after: String) {
      anomaly(id: $id) { events(first: 2, after: $after) { nodes { stripeId lagSeconds } totalCount pageInfo { hasNextPage endCursor } } }
    }`
    const first = (await data(served, tenant.key, query, { id })) as {
      anomaly: { events: { pageInfo: { endCursor: string | null } } }
    }
    expect(first.anomaly.events).toMatchObject({
      nodes: [{ stripeId: 'evt_c', lagSeconds: 10 }, { stripeId: 'evt_a' }],
      totalCount: 3,
      pageInfo: { hasNextPage: true },
    })
    const second = await data(served, tenant.key, query, {
      id,
      after: first.anomaly.events.pageInfo.endCursor,
    })
    expect(second).toMatchObject({
      anomaly: { events: { nodes: [{ stripeId: 'evt_b' }], pageInfo: { hasNextPage: false } } },
    })
  })
})

describe('the activity log', () => {
  test('is newest first, by kind, and for admins only', async () => {
    const tenant = await makeTenant(database)
    const id = await raise(database, tenant.id)
    await record(database, tenant.id, [{ kind: 'ANOMALY_UPDATED', anomalyId: id }])
    const { activity } = (await data(
      served,
      tenant.key,
      '{ activity { nodes { kind anomaly { id } } totalCount } }',
    )) as {
      activity: { nodes: { kind: string }[]; totalCount: number }
    }
    expect(activity.nodes.map(({ kind }) => kind)).toEqual([
      'ANOMALY_UPDATED',
      'ANOMALY_RAISED',
      'API_KEY_CREATED',
      'WEBHOOK_ENDPOINT_CREATED',
      'TENANT_CREATED',
    ])
    expect(activity.totalCount).toBe(5)
    const narrowed = await data(
      served,
      tenant.key,
      '{ activity(kinds: [TENANT_CREATED]) { nodes { kind actor { kind } data } } }',
    )
    expect(narrowed).toEqual({
      activity: { nodes: [{ kind: 'TENANT_CREATED', actor: { kind: 'OPERATOR' }, data: { name: 'Acme' } }] },
    })
    const { key } = await keyOf(database, tenant, 'MEMBER')
    expect(await codeOf(served, key, '{ activity { totalCount } }')).toBe('FORBIDDEN')
  })
})
