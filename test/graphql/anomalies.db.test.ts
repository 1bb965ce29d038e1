import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DETECTOR_NAMES, SEVERITIES, type Severity } from '../../src/detection/detector.ts'
import { later, raise } from '../support/anomalies.ts'
import { codeOf, data, type Json, makeTenant, type TestTenant, testApi } from '../support/graphql.ts'

const { database, served } = await testApi({ environment: { API_RATE_LIMIT: '100000/60' } })

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
