import { describe, expect, test } from 'vitest'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { later, raise, T0 } from '../support/anomalies.ts'
import { ask, codeOf, data, makeTenant, type TestTenant, testApi } from '../support/graphql.ts'
import { eventRow } from '../support/rows.ts'

const { database, served } = await testApi({ environment: { API_RATE_LIMIT: '100000/60' } })

const idsOf = async ({ key }: Pick<TestTenant, 'key'>, args: string) => {
  const { anomalies } = (await data(served, key, `{ anomalies(${args}) { nodes { id } } }`)) as {
    anomalies: { nodes: { id: string }[] }
  }
  return anomalies.nodes.map(({ id }) => id)
}

describe('the order of anomalies', () => {
  test('is that of recording when only a direction is given', async () => {
    const tenant = await makeTenant(database)
    const ids = [await raise(database, tenant.id), await raise(database, tenant.id)]
    expect(await idsOf(tenant, 'orderBy: {direction: ASC}')).toEqual(ids)
    expect(await idsOf(tenant, 'orderBy: {}')).toEqual(ids.toReversed())
  })

  test('can be by when they started, page by page in both directions', async () => {
    const tenant = await makeTenant(database)
    const started = async (seconds: number) => {
      const id = await raise(database, tenant.id)
      await scopeTo(database, tenant.id).db.anomaly.updateMany({
        where: { id },
        data: { startedAt: later(seconds) },
      })
      return id
    }
    const [c, a, b] = [await started(30), await started(10), await started(20)]
    const order = 'orderBy: {field: STARTED_AT, direction: ASC}'
    const page = (await data(
      served,
      tenant.key,
      `{ anomalies(${order}, first: 1) { pageInfo { endCursor } } }`,
    )) as {
      anomalies: { pageInfo: { endCursor: string } }
    }
    const { endCursor } = page.anomalies.pageInfo
    expect(await idsOf(tenant, order)).toEqual([a, b, c])
    expect(await idsOf(tenant, `${order}, after: "${endCursor}"`)).toEqual([b, c])
    expect(await idsOf(tenant, `${order}, last: 1`)).toEqual([c])
  })
})

describe('a date without a time', () => {
  // Midnight of Berlin is an hour before that of UTC.
  const INSIDE = new Date('2026-01-30T23:00:00.000Z')
  const BEFORE = new Date('2026-01-30T22:59:59.999Z')
  const LAST = new Date('2026-01-31T22:59:59.999Z')
  const AFTER = new Date('2026-01-31T23:00:00.000Z')

  const scattered = async (tenant: TestTenant) => {
    await raise(database, tenant.id, { detectedAt: BEFORE })
    const wanted = [
      await raise(database, tenant.id, { detectedAt: INSIDE }),
      await raise(database, tenant.id, { detectedAt: LAST }),
    ]
    await raise(database, tenant.id, { detectedAt: AFTER })
    return wanted
  }

  test("is the first moment of that day in the tenant's zone, as the end of a range too", async () => {
    const tenant = await makeTenant(database)
    const wanted = await scattered(tenant)
    const range = '{from: "2026-01-31", to: "2026-02-01"}'
    expect(await idsOf(tenant, `filter: {detected: ${range}}, orderBy: {direction: ASC}`)).toEqual(wanted)
    const answer = await data(
      served,
      tenant.key,
      'query($filter: AnomalyFilter) { anomalies(filter: $filter) { totalCount } }',
      { filter: { detected: { from: '2026-01-31', to: '2026-02-01' } } },
    )
    expect(answer).toEqual({ anomalies: { totalCount: 2 } })
  })

  test('is taken by the export as well', async () => {
    const tenant = await makeTenant(database)
    const wanted = await scattered(tenant)
    const response = await fetch(
      `${served.url}/export/anomalies.csv?detected.from=2026-01-31&detected.to=2026-02-01`,
      { headers: { authorization: `Bearer ${tenant.key}` } },
    )
    const [, ...rows] = (await response.text()).trimEnd().split('\r\n')
    expect(rows.map((row) => row.split(',', 1)[0])).toEqual(wanted.toReversed())
  })

  test('is taken in the filter of events, in the range of metrics, and as the end of a key', async () => {
    const tenant = await makeTenant(database)
    const rows = [BEFORE, INSIDE, LAST, AFTER].map((createdAt, n) => ({
      ...eventRow(tenant.id, tenant.endpointId, `evt_date${n}`),
      createdAt,
    }))
    await scopeTo(database, tenant.id).db.stripeEvent.createMany({ data: rows })
    const created = '{from: "2026-01-31", to: "2026-02-01"}'
    expect(
      await data(served, tenant.key, `{ events(filter: {created: ${created}}) { totalCount } }`),
    ).toEqual({
      events: { totalCount: 2 },
    })
    expect(await data(served, tenant.key, `{ metrics(range: ${created}, interval: DAY) { at } }`)).toEqual({
      metrics: [{ at: INSIDE.toISOString() }],
    })
    const mutation =
      'mutation { createApiKey(input: {name: "k", role: VIEWER, expiresAt: "2999-01-31"}) { apiKey { expiresAt } } }'
    expect(await data(served, tenant.key, mutation)).toEqual({
      createApiKey: { apiKey: { expiresAt: '2999-01-30T23:00:00.000Z' } },
    })
  })

  test('that the calendar does not have is refused', async () => {
    const tenant = await makeTenant(database)
    for (const day of ['2026-02-30', '2026-13-01', '2026-1-1', '26-01-01']) {
      const query = `{ anomalies(filter: {detected: {from: "${day}"}}) { totalCount } }`
      expect(await codeOf(served, tenant.key, query), day).toBe('BAD_USER_INPUT')
      const response = await fetch(`${served.url}/export/anomalies.csv?detected.from=${day}`, {
        headers: { authorization: `Bearer ${tenant.key}` },
      })
      expect(response.status, day).toBe(400)
    }
  })
})

describe('a value that is refused', () => {
  const CASES: [string, (string | number)[]][] = [
    ['{ anomalies(filter: {detected: {from: "yesterday"}}) { totalCount } }', ['filter', 'detected', 'from']],
    [
      '{ anomalies(filter: {detected: {from: "2026-01-31", to: 7}}) { totalCount } }',
      ['filter', 'detected', 'to'],
    ],
    ['{ all: anomalies { totalCount } anomalies(first: "many") { totalCount } }', ['first']],
    ['{ anomalies(filter: {severities: [LOW, WORST]}) { totalCount } }', ['filter', 'severities']],
    ['{ metrics(range: {from: 12}, interval: DAY) { at } }', ['range', 'from']],
    [
      'mutation { createApiKey(input: {name: "k", role: VIEWER, expiresAt: "never"}) { secret } }',
      ['input', 'expiresAt'],
    ],
  ]

  test.each(CASES)('in the text names its argument: %s', async (query, path) => {
    const tenant = await makeTenant(database)
    // Once more, from the cache of documents.
    for (let time = 0; time < 2; time++) {
      const { errors } = await ask(served, tenant.key, query)
      expect(errors).toHaveLength(1)
      expect(errors[0]?.message).toMatch(new RegExp(`^${path.join('\\.')}: (?!${path.join('\\.')})`))
      expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', issues: [{ path }] })
    }
  })

  test('in a variable names the variable and the place in it', async () => {
    const tenant = await makeTenant(database)
    const query = 'query($filter: AnomalyFilter) { anomalies(filter: $filter) { totalCount } }'
    const variables = { filter: { detected: { to: 'yesterday' } } }
    const { errors } = await ask(served, tenant.key, query, variables)
    expect(errors[0]?.message).toContain('"$filter" got invalid value "yesterday" at "filter.detected.to"')
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: ['filter', 'detected', 'to'], code: 'INVALID_VALUE' }],
    })
  })

  const ids = (count: number) => JSON.stringify(Array.from({ length: count }, (_, n) => `anm_${n}`))
  const endpoints = (field: string) => `{ tenant { webhookEndpoints { ${field} { at } } } }`
  const range = (from: string, to: string) => `range: { from: "${from}T00:00:00Z", to: "${to}T00:00:00Z" }`

  test.each<[string, string, (string | number)[]]>([
    ['a page from both ends', '{ anomalies(first: 1, last: 1) { totalCount } }', ['last']],
    [
      'a search of a book',
      `{ anomalies(filter: { search: "${'a'.repeat(501)}" }) { totalCount } }`,
      ['filter', 'search'],
    ],
    ['too many ids', `{ nodes(ids: ${ids(101)}) { id } }`, ['ids']],
    [
      'too many acts',
      `mutation { updateAnomalies(input: { ids: ${ids(201)}, act: RESOLVE }) { problems { message } } }`,
      ['ids'],
    ],
    ['an empty range', `{ metrics(${range('2026-03-02', '2026-03-02')}) { at } }`, ['range', 'to']],
    ['a long range', `{ metrics(${range('2020-01-01', '2026-01-01')}) { at } }`, ['range']],
    ['an endless range', endpoints('deliverySeries(range: {})'), ['range', 'from']],
  ])('names the place of %s', async (_name, query, path) => {
    const tenant = await makeTenant(database)
    const { errors } = await ask(served, tenant.key, query)
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', issues: [{ path }] })
  })

  const IN_VARIABLES: [string, string, Record<string, unknown>, (string | number)[][]][] = [
    [
      'a scalar',
      'query($at: DateTime) { anomalies(filter: {detected: {to: $at}}) { totalCount } }',
      { at: 7 },
      [['at']],
    ],
    [
      'several places of one variable',
      'query($filter: AnomalyFilter) { anomalies(filter: $filter) { totalCount } }',
      { filter: { severities: ['LOW', 'WORST'], detected: { from: 'yesterday' } } },
      [
        ['filter', 'detected', 'from'],
        ['filter', 'severities', 1],
      ],
    ],
    [
      'several variables',
      'query($first: Int, $range: DateTimeRange!) { anomalies(first: $first) { totalCount } metrics(range: $range) { at } }',
      { first: 'many', range: { from: 12 } },
      [['first'], ['range', 'from']],
    ],
    ['one that is missing', 'query($id: ID!) { anomaly(id: $id) { id } }', {}, [['id']]],
    ['null where none may be', 'query($id: ID!) { anomaly(id: $id) { id } }', { id: null }, [['id']]],
  ]

  test.each(IN_VARIABLES)(
    'in variables is named with its path: %s',
    async (_what, query, variables, paths) => {
      const tenant = await makeTenant(database)
      const { errors } = await ask(served, tenant.key, query, variables)
      expect(errors.map(({ extensions }) => extensions['issues'])).toEqual(
        paths.map((path) => [
          { path, code: 'INVALID_VALUE', message: expect.stringContaining(`"$${path[0]}"`) },
        ]),
      )
      for (const { extensions } of errors) expect(extensions['code']).toBe('BAD_USER_INPUT')
    },
  )
})

describe('money', () => {
  const MOST = Number.MAX_SAFE_INTEGER

  test('in evidence is written out for people, other units are not', async () => {
    const tenant = await makeTenant(database)
    const id = await raise(database, tenant.id)
    const evidence = [
      { name: 'sum', observed: 123_456.4, expected: 29, unit: 'MONEY', currency: 'usd' },
      { name: 'failures', observed: 9, expected: 2, threshold: 8, unit: 'COUNT' },
    ]
    const { db } = scopeTo(database, tenant.id)
    await db.anomaly.updateMany({ where: { id }, data: { evidence: JSON.stringify(evidence) } })
    const query = `{ anomaly(id: "${id}") { evidence { observedFormatted expectedFormatted thresholdFormatted } } }`
    expect(await data(served, tenant.key, query)).toEqual({
      anomaly: {
        evidence: [
          { observedFormatted: '$1,234.56', expectedFormatted: '$0.29', thresholdFormatted: null },
          { observedFormatted: null, expectedFormatted: null, thresholdFormatted: null },
        ],
      },
    })
  })

  test('at risk beyond what a SafeInt can say stops there, and is no error', async () => {
    const tenant = await makeTenant(database)
    const id = await raise(database, tenant.id)
    const { db } = scopeTo(database, tenant.id)
    for (const [stored, shown] of [
      [2n ** 62n, MOST],
      [-(2n ** 62n), -MOST],
    ] as const) {
      await db.anomaly.updateMany({ where: { id }, data: { impactAmount: stored, impactCurrency: 'usd' } })
      const query = `{ anomaly(id: "${id}") { impact { amount decimal } } }`
      const { anomaly } = await data(served, tenant.key, query)
      expect(anomaly).toMatchObject({ impact: { amount: shown } })
      const response = await fetch(`${served.url}/export/anomalies.csv`, {
        headers: { authorization: `Bearer ${tenant.key}` },
      })
      expect(await response.text()).toContain(`,${shown},`)
    }
  })
})

test('an endpoint is named by its id alone, never by its name', async () => {
  const tenant = await makeTenant(database)
  for (const mutation of [
    'rotateWebhookToken(input: {endpointId: $id}) { webhookEndpoint { id } }',
    'addWebhookSecret(input: {endpointId: $id, secret: "whsec_0123456789"}) { webhookSecret { id } }',
  ]) {
    const query = `mutation($id: ID!) { ${mutation} }`
    expect(await codeOf(served, tenant.key, query, { id: 'default' })).toBe('NOT_FOUND')
    expect((await ask(served, tenant.key, query, { id: tenant.endpointId })).errors).toEqual([])
  }
})

test('a filter by moments still has its moments', async () => {
  const tenant = await makeTenant(database)
  const id = await raise(database, tenant.id)
  expect(await idsOf(tenant, `filter: {detected: {from: "${T0.toISOString()}"}}`)).toEqual([id])
})
