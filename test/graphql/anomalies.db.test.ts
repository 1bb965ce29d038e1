import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DETECTOR_NAMES, SEVERITIES, type Severity } from '../../src/detection/detector.ts'
import { scopeTo } from '../../src/tenancy/scope.ts'
import { later, raise, record } from '../support/anomalies.ts'
import { testDatabase } from '../support/database.ts'
import {
  codeOf,
  data,
  type Json,
  keyOf,
  makeTenant,
  serveForAll,
  type TestTenant,
} from '../support/graphql.ts'

const database = await testDatabase()
const served = await serveForAll(database, { environment: { API_RATE_LIMIT: '100000/60' } })

interface Page {
  nodes: { id: string }[]
  edges: { cursor: string; node: { id: string } }[]
  totalCount: number
  resumeCursor: string
  pageInfo: {
    hasNextPage: boolean
    hasPreviousPage: boolean
    startCursor: string | null
    endCursor: string | null
  }
}

const PAGE = `query($filter: AnomalyFilter, $orderBy: AnomalyOrder, $first: Int, $after: String, $last: Int, $before: String) {
  anomalies(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { id } } totalCount resumeCursor
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`

async function page({ key }: Pick<TestTenant, 'key'>, variables: Json = {}): Promise<Page> {
  const { anomalies } = (await data(served, key, PAGE, variables)) as { anomalies: Page }
  return { ...anomalies, nodes: anomalies.edges.map(({ node }) => node) }
}

const ids = ({ nodes }: Pick<Page, 'nodes'>) => nodes.map(({ id }) => id)

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
      anomaly: { events: Page & { nodes: { stripeId: string }[] } }
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

describe('the list of anomalies', () => {
  test.each([
    ['detectors', { detectors: ['REFUND_SPIKE'] }],
    ['severities', { severities: ['CRITICAL'] }],
    ['statuses', { statuses: ['RESOLVED'] }],
    ['origins', { origins: ['HISTORY'] }],
    ['detected', { detected: { from: '2026-03-01T12:00:10Z', to: '2026-03-01T12:00:11Z' } }],
    ['customerId', { customerId: 'cus_9' }],
    ['livemode', { livemode: false }],
    ['account', { account: 'acct_9' }],
    ['search for a subject', { search: 'ch_9' }],
    ['search for words', { search: 'WRONG prices' }],
    ['search for a note', { search: 'pär' }],
  ])('is narrowed by %s', async (_name, filter) => {
    const tenant = await makeTenant(database)
    for (const nearly of [
      { subjects: [{ type: 'charge', id: 'ch_99' }] },
      { subjects: [{ type: 'charge', id: 'chx9' }], title: 'ch_9x' },
      { title: 'Prices are right' },
      { detectedAt: later(11) },
    ])
      await raise(database, tenant.id, nearly)
    const wanted = await raise(database, tenant.id, {
      detector: 'REFUND_SPIKE',
      severity: 'CRITICAL',
      status: 'RESOLVED',
      origin: 'HISTORY',
      detectedAt: later(10),
      customerId: 'cus_9',
      livemode: false,
      account: 'acct_9',
      subjects: [{ type: 'charge', id: 'ch_9' }],
      title: 'Prices are wrong',
      note: 'Ask Pär',
    })
    const found = await page(tenant, { filter })
    expect(ids(found)).toEqual([wanted])
    expect(found.totalCount).toBe(1)
  })

  test('takes wildcards of the database for plain text', async () => {
    const tenant = await makeTenant(database)
    await raise(database, tenant.id, { title: 'a hundred payments' })
    for (const search of ['%', '_', '\\', '100%', "'; DROP TABLE", '"', 'a_hundred%payments_x']) {
      expect((await page(tenant, { filter: { search } })).totalCount, search).toBe(0)
    }
    expect((await page(tenant, { filter: { search: 'hundred, payments!' } })).totalCount).toBe(1)
  })

  test('is narrowed to nothing by an empty list', async () => {
    const tenant = await makeTenant(database)
    await raise(database, tenant.id)
    expect((await page(tenant, { filter: { severities: [] } })).totalCount).toBe(0)
  })

  test('shows 50 unless told otherwise, newest recorded first', async () => {
    const tenant = await makeTenant(database)
    const all: string[] = []
    for (let i = 0; i < 52; i++) all.push(await raise(database, tenant.id))
    const first = await page(tenant)
    expect(ids(first)).toEqual(all.reverse().slice(0, 50))
    expect(first).toMatchObject({ totalCount: 52, pageInfo: { hasNextPage: true, hasPreviousPage: false } })
  })

  test('keeps its place while others come', async () => {
    const tenant = await makeTenant(database)
    const old = [
      await raise(database, tenant.id),
      await raise(database, tenant.id),
      await raise(database, tenant.id),
    ]
    const first = await page(tenant, { first: 2 })
    await raise(database, tenant.id)
    const second = await page(tenant, { first: 2, after: first.pageInfo.endCursor })
    expect([...ids(first), ...ids(second)]).toEqual(old.reverse())
  })

  test.each([
    ['another order', { field: 'SEVERITY', direction: 'DESC' }],
    ['the feed', { field: 'DETECTED_AT', direction: 'ASC' }],
  ])('refuses a cursor of %s', async (_name, orderBy) => {
    const tenant = await makeTenant(database)
    await raise(database, tenant.id)
    const { pageInfo } = await page(tenant)
    expect(await codeOf(served, tenant.key, PAGE, { orderBy, after: pageInfo.endCursor })).toBe(
      'CURSOR_UNKNOWN',
    )
  })

  test('in pages of any size, from either end and in any order, is the whole list once', async () => {
    const tenant = await makeTenant(database)
    const seeds: {
      seq: number
      id: string
      severity: Severity
      detectedAt: Date
      updatedAt: Date
      detector: string
    }[] = []
    for (let i = 0; i < 17; i++) {
      const seed = {
        severity: SEVERITIES[(i * 7) % 4] ?? 'LOW',
        detectedAt: later((i * 5) % 4),
        updatedAt: later((i * 11) % 3),
        detector: DETECTOR_NAMES[(i * i) % 3] ?? 'FRAUD_SPIKE',
      }
      seeds.push({ ...seed, seq: i, id: await raise(database, tenant.id, seed) })
    }
    const VALUES = {
      RECORDED_AT: ({ seq }: (typeof seeds)[number]) => seq,
      DETECTED_AT: ({ detectedAt }: (typeof seeds)[number]) => detectedAt.getTime(),
      UPDATED_AT: ({ updatedAt }: (typeof seeds)[number]) => updatedAt.getTime(),
      SEVERITY: ({ severity }: (typeof seeds)[number]) => SEVERITIES.indexOf(severity),
    }
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          'RECORDED_AT' as const,
          'DETECTED_AT' as const,
          'UPDATED_AT' as const,
          'SEVERITY' as const,
        ),
        fc.constantFrom('ASC' as const, 'DESC' as const),
        fc.integer({ min: 1, max: 19 }),
        fc.boolean(),
        fc.boolean(),
        async (field, direction, size, backward, filtered) => {
          const filter = filtered ? { detectors: [DETECTOR_NAMES[0]] } : {}
          const sign = direction === 'ASC' ? 1 : -1
          const list = seeds
            .filter(({ detector }) => !filtered || detector === DETECTOR_NAMES[0])
            .sort((a, b) => sign * (VALUES[field](a) - VALUES[field](b) || a.seq - b.seq))
            .map(({ id }) => id)
          const collected: string[] = []
          let cursor: string | null = null
          for (;;) {
            const range: Json = backward ? { last: size, before: cursor } : { first: size, after: cursor }
            const { nodes, pageInfo, totalCount }: Page = await page(tenant, {
              filter,
              orderBy: { field, direction },
              ...range,
            })
            expect(totalCount).toBe(list.length)
            if (backward) collected.unshift(...nodes.map(({ id }) => id))
            else collected.push(...nodes.map(({ id }) => id))
            const [ahead, behind] = backward
              ? [pageInfo.hasPreviousPage, pageInfo.hasNextPage]
              : [pageInfo.hasNextPage, pageInfo.hasPreviousPage]
            expect(behind).toBe(collected.length > nodes.length)
            expect(ahead).toBe(collected.length < list.length)
            if (!ahead) break
            cursor = backward ? pageInfo.startCursor : pageInfo.endCursor
          }
          expect(collected).toEqual(list)
        },
      ),
      { numRuns: 25 },
    )
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
