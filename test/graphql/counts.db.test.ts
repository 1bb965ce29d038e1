import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { takeStep } from '../../src/anomalies/lifecycle.ts'
import { snoozeAnomaly } from '../../src/anomalies/snooze.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { raise, type Seed } from '../support/anomalies.ts'
import { acting, codeOf, data, makeTenant, type TestTenant, testApi } from '../support/graphql.ts'

const { database, served } = await testApi()

const idsOf = async ({ key }: Pick<TestTenant, 'key'>, args: string) => {
  const { anomalies } = (await data(served, key, `{ anomalies(${args}) { nodes { id } } }`)) as {
    anomalies: { nodes: { id: string }[] }
  }
  return anomalies.nodes.map(({ id }) => id)
}

describe('anomalies by what people do with them', () => {
  let tenant: TestTenant
  let [awake, later, bigger] = ['', '', '']

  beforeAll(async () => {
    tenant = await makeTenant(database)
    const scope = scopeTo(database, tenant.id)
    awake = await raise(database, tenant.id)
    later = await raise(database, tenant.id)
    bigger = await raise(database, tenant.id)
    await snoozeAnomaly(scope, acting, later, { until: new Date('2091-01-01T00:00:00.000Z') })
    await snoozeAnomaly(scope, acting, bigger, { untilItGrows: true })
    const ann = { ...acting, actor: { kind: 'ACCESS_TOKEN', name: 'Ann "A" %' } as const }
    await takeStep(scope, ann, 'acknowledge', later)
    await takeStep(scope, acting, 'acknowledge', awake)
  })

  test('are found by whether they are snoozed, alone and with a status', async () => {
    expect(await idsOf(tenant, 'filter: {snoozed: false}')).toEqual([awake])
    expect(await idsOf(tenant, 'filter: {snoozed: true}')).toEqual([bigger, later])
    expect(await idsOf(tenant, 'filter: {snoozed: true, statuses: [OPEN]}')).toEqual([bigger])
    expect(await idsOf(tenant, 'filter: {snoozed: true, statuses: [OPEN, ACKNOWLEDGED]}, first: 1')).toEqual([
      bigger,
    ])
  })

  test('are found by who has acknowledged them, by the whole name alone', async () => {
    const by = (name: string) => idsOf(tenant, `filter: {acknowledgedBy: ${JSON.stringify(name)}}`)
    expect(await by('Ann "A" %')).toEqual([later])
    expect(await by(acting.actor.name)).toEqual([awake])
    for (const name of ['Ann', '%', '', 'ann "a" %']) expect(await by(name)).toEqual([])
  })

  test('are exported by the same filters', async () => {
    const response = await fetch(
      `${served.url}/export/anomalies.csv?snoozed=true&acknowledgedBy=Ann+%22A%22+%25`,
      {
        headers: { authorization: `Bearer ${tenant.key}` },
      },
    )
    const [, row = '', end] = (await response.text()).split('\r\n')
    expect([row.split(',', 1)[0], end]).toEqual([later, ''])
  })
})

describe('the order by money', () => {
  const ORDERED = 'orderBy: {field: IMPACT, direction:'
  let tenant: TestTenant
  let ascending: string[]

  beforeAll(async () => {
    tenant = await makeTenant(database)
    const ids = new Map<string, string>()
    const amounts: [string, Seed['impact'] | undefined][] = [
      ['usd 5', { amount: 5, currency: 'usd' }],
      ['none', undefined],
      ['eur 900', { amount: 900, currency: 'eur' }],
      ['usd -7', { amount: -7, currency: 'usd' }],
      ['none again', undefined],
      ['eur 10', { amount: 10, currency: 'eur' }],
    ]
    for (const [name, impact] of amounts)
      ids.set(name, await raise(database, tenant.id, impact === undefined ? {} : { impact }))
    const names = ['eur 10', 'eur 900', 'usd -7', 'usd 5', 'none', 'none again']
    ascending = names.map((name) => ids.get(name) ?? '')
  })

  test('is by currency, then by amount, with those that have none last both ways', async () => {
    expect(await idsOf(tenant, `${ORDERED} ASC}`)).toEqual(ascending)
    const [e10, e900, u7, u5, none, again] = ascending
    expect(await idsOf(tenant, `${ORDERED} DESC}`)).toEqual([u5, u7, e900, e10, again, none])
  })

  test('is the same page by page, from either end', async () => {
    for (const direction of ['ASC', 'DESC']) {
      const whole = await idsOf(tenant, `${ORDERED} ${direction}}`)
      for (const [size, cursor, info] of [
        ['first', 'after', 'endCursor'],
        ['last', 'before', 'startCursor'],
      ] as const) {
        const found: string[] = []
        for (let from = ''; ; ) {
          const { anomalies } = (await data(
            served,
            tenant.key,
            `{ anomalies(${ORDERED} ${direction}}, ${size}: 2 ${from}) { nodes { id } pageInfo { ${info} } } }`,
          )) as { anomalies: { nodes: { id: string }[]; pageInfo: Record<string, string | null> } }
          const ids = anomalies.nodes.map(({ id }) => id)
          if (size === 'first') found.push(...ids)
          else found.unshift(...ids)
          const next = anomalies.pageInfo[info]
          if (ids.length < 2 || typeof next !== 'string') break
          from = `, ${cursor}: "${next}"`
        }
        expect(found).toEqual(whole)
      }
    }
  })

  test('has cursors that are good for it alone', async () => {
    const { anomalies } = (await data(
      served,
      tenant.key,
      `{ anomalies(${ORDERED} ASC}, first: 1) { pageInfo { endCursor } } }`,
    )) as { anomalies: { pageInfo: { endCursor: string } } }
    const query = `{ anomalies(after: "${anomalies.pageInfo.endCursor}") { nodes { id } } }`
    expect(await codeOf(served, tenant.key, query)).toBe('CURSOR_UNKNOWN')
  })
})

describe('anomalyCounts', () => {
  const COUNTS = `query($filter: AnomalyFilter) { anomalyCounts(filter: $filter) {
    total byStatus { status count } bySeverity { severity count } byDetector { detector count }
    atStake { amount currency }
  } }`

  test('counts in every way what the list has, with zeros, and never adds two currencies', async () => {
    const tenant = await makeTenant(database)
    await raise(database, (await makeTenant(database)).id, { impact: { amount: 7, currency: 'eur' } })
    const most = Number.MAX_SAFE_INTEGER
    const seeds: Seed[] = [
      { severity: 'HIGH', impact: { amount: 1_000, currency: 'usd' } },
      { severity: 'HIGH', status: 'RESOLVED', impact: { amount: 500, currency: 'usd' } },
      { severity: 'LOW', detector: 'REVENUE_DROP', impact: { amount: 30, currency: 'eur' } },
      { severity: 'LOW' },
      { impact: { amount: most, currency: 'idr' } },
      { impact: { amount: most, currency: 'idr' } },
    ]
    for (const seed of seeds) await raise(database, tenant.id, seed)
    const { anomalyCounts } = await data(served, tenant.key, COUNTS)
    expect(anomalyCounts).toMatchObject({
      total: 6,
      byStatus: [
        { status: 'OPEN', count: 5 },
        { status: 'ACKNOWLEDGED', count: 0 },
        { status: 'RESOLVED', count: 1 },
        { status: 'FALSE_POSITIVE', count: 0 },
      ],
      bySeverity: [
        { severity: 'LOW', count: 2 },
        { severity: 'MEDIUM', count: 2 },
        { severity: 'HIGH', count: 2 },
        { severity: 'CRITICAL', count: 0 },
      ],
      atStake: [
        { amount: 30, currency: 'EUR' },
        { amount: most, currency: 'IDR' },
        { amount: 1_500, currency: 'USD' },
      ],
    })
    const { byDetector } = anomalyCounts as { byDetector: { detector: string; count: number }[] }
    expect(byDetector.filter(({ count }) => count > 0)).toEqual([
      { detector: 'CHARGE_FAILURE_SPIKE', count: 5 },
      { detector: 'REVENUE_DROP', count: 1 },
    ])
    const { anomalyCounts: open } = await data(served, tenant.key, COUNTS, {
      filter: { statuses: ['OPEN'], severities: ['HIGH'], snoozed: false },
    })
    expect(open).toMatchObject({ total: 1, atStake: [{ amount: 1_000, currency: 'USD' }] })
  })

  test('sums amounts of any size and sign exactly', async () => {
    const tenant = await makeTenant(database)
    const scope = scopeTo(database, tenant.id)
    const id = await raise(database, tenant.id)
    const other = await raise(database, tenant.id)
    await fc.assert(
      fc.asyncProperty(
        fc.bigInt({ min: -(2n ** 52n), max: 2n ** 52n }),
        fc.bigInt({ min: -99n, max: 99n }),
        async (a, b) => {
          for (const [one, impactAmount] of [
            [id, a],
            [other, b],
          ] as const)
            await scope.db.anomaly.updateMany({
              where: { id: one },
              data: { impactAmount, impactCurrency: 'eur' },
            })
          const { anomalyCounts } = await data(served, tenant.key, COUNTS)
          expect(anomalyCounts).toMatchObject({ atStake: [{ amount: Number(a + b) }] })
        },
      ),
      { numRuns: 8 },
    )
  })
})
