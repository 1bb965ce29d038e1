import { serverAudits } from 'graphql-http'
import { describe, expect, test, vi } from 'vitest'
import { createMetrics } from '../../src/metrics.ts'
import { ADMIN_KEY, ask, codeOf, data, keyOf, makeTenant, serveGraphql, testApi } from '../support/graphql.ts'

const { database, served } = await testApi({ environment: { API_RATE_LIMIT: '100000/60' } })
const tenant = await makeTenant(database)

describe('GraphQL over HTTP', () => {
  for (const audit of serverAudits({
    url: () => `${served.url}/graphql`,
    fetchFn: (url: string, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${tenant.key}` } }),
  })) {
    test(`audit ${audit.id}: ${audit.name}`, async () => {
      const result = await audit.fn()
      expect(result.status, JSON.stringify(result)).toBe('ok')
    })
  }
})

describe('credentials', () => {
  const FORGED = `bw_live_${'0'.repeat(42)}`

  test.each([
    ['none', undefined],
    ['an unknown key', FORGED],
    ['a key of another shape', 'hunter2'],
  ])('answers 401 with UNAUTHENTICATED for %s', async (_name, key) => {
    const answer = await ask(served, key, '{ viewer { operator } }')
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expect(answer.errors[0]?.extensions['code']).toBe('UNAUTHENTICATED')
    expect(answer.errors[0]?.extensions['requestId']).toBe(answer.headers.get('x-request-id'))
  })

  test('say the same for an unknown key and for one that was revoked', async () => {
    const { id, key } = await keyOf(database, tenant, 'VIEWER')
    await data(
      served,
      tenant.key,
      'mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { revokedAt } } }',
      { id },
    )
    const [revoked, unknown] = [
      await ask(served, key, '{ viewer { role } }'),
      await ask(served, FORGED, '{ viewer { role } }'),
    ]
    expect(revoked.status).toBe(401)
    expect(revoked.errors[0]?.message).toBe(unknown.errors[0]?.message)
  })

  test('let x-tenant-id agree and nothing else', async () => {
    const other = await makeTenant(database, 'Other')
    const own = await ask(served, tenant.key, '{ tenant { id } }', {}, { 'x-tenant-id': tenant.id })
    expect(own.data).toEqual({ tenant: { id: tenant.id } })
    const foreign = await ask(served, tenant.key, '{ tenant { id } }', {}, { 'x-tenant-id': other.id })
    expect(foreign.status).toBe(403)
    expect(foreign.errors[0]?.extensions['code']).toBe('FORBIDDEN')
    expect((await ask(served, undefined, '{ tenant { id } }', {}, { 'x-tenant-id': tenant.id })).status).toBe(
      401,
    )
  })

  test('of an operator act inside a tenant only when it is named', async () => {
    expect(await data(served, ADMIN_KEY, '{ viewer { operator role tenant { id } } tenant { id } }')).toEqual(
      {
        viewer: { operator: true, role: null, tenant: null },
        tenant: null,
      },
    )
    expect(await codeOf(served, ADMIN_KEY, '{ anomalies { totalCount } }')).toBe('FORBIDDEN')
    const inside = await ask(
      served,
      ADMIN_KEY,
      '{ viewer { role tenant { id } } anomalies { totalCount } }',
      {},
      { 'x-tenant-id': tenant.id },
    )
    expect(inside.errors).toEqual([])
    expect(inside.data).toMatchObject({ viewer: { role: 'ADMIN', tenant: { id: tenant.id } } })
  })
})

test('an answer is kept by no cache, whether it was asked for with GET or POST', async () => {
  const { headers } = await ask(served, tenant.key, '{ viewer { role } }')
  const got = await fetch(`${served.url}/graphql?query={viewer{role}}`, {
    headers: { authorization: `Bearer ${tenant.key}` },
  })
  for (const answer of [headers, got.headers]) expect(answer.get('cache-control')).toBe('no-store')
})

describe('errors', () => {
  test('of the inside are masked, with an id that finds them', async () => {
    const leak = 'password=hunter2'
    const broken = { ...database, prisma: new Proxy(database.prisma, {}) }
    const failing = await serveGraphql(broken, {
      clock: {
        steady: () => 0,
        now: () => {
          throw new Error(leak)
        },
      },
    })
    try {
      const answer = await ask(
        failing,
        tenant.key,
        '{ detectors { stats { anomalies } } }',
        {},
        { 'x-request-id': 'abc-123' },
      )
      expect(JSON.stringify(answer)).not.toContain(leak)
      expect(answer.errors[0]?.extensions).toMatchObject({
        code: 'INTERNAL_SERVER_ERROR',
        requestId: 'abc-123',
      })
    } finally {
      await failing.stop()
    }
  })

  test.each([
    ['{ nothing }', 'BAD_USER_INPUT', 400],
    ['{ anomalies(', 'BAD_USER_INPUT', 400],
    ['query($first: Int!) { anomalies(first: $first) { totalCount } }', 'BAD_USER_INPUT', 400],
    ['{ anomalies(first: 201) { totalCount } }', 'BAD_USER_INPUT', 200],
    ['{ anomalies(first: -1) { totalCount } }', 'BAD_USER_INPUT', 200],
    ['{ anomalies(first: 1, last: 1) { totalCount } }', 'BAD_USER_INPUT', 200],
    ['{ anomalies(after: "x") { totalCount } }', 'CURSOR_UNKNOWN', 200],
    ['{ anomaly(id: "a\\u0000b") { id } }', 'BAD_USER_INPUT', 400],
    ['{ anomalies(filter: {detected: {from: "yesterday"}}) { totalCount } }', 'BAD_USER_INPUT', 400],
    [
      '{ anomalies(filter: {detected: {from: "2026-02-31T00:00:00Z"}}) { totalCount } }',
      'BAD_USER_INPUT',
      400,
    ],
    [
      '{ anomalies(filter: {detected: {from: "2026-01-01T24:00:00Z"}}) { totalCount } }',
      'BAD_USER_INPUT',
      400,
    ],
    ['{ detectors { stats(lastSeconds: -1) { anomalies } } }', 'BAD_USER_INPUT', 200],
    ['{ tenant { webhookEndpoints { deliveries(lastSeconds: -1) { accepted } } } }', 'BAD_USER_INPUT', 200],
    ['mutation { acknowledgeAnomaly(input: {id: "anm_none"}) { anomaly { id } } }', 'NOT_FOUND', 200],
  ])('%s is %s', async (query, code, status) => {
    const answer = await ask(served, tenant.key, query)
    expect([answer.errors[0]?.extensions['code'], answer.status]).toEqual([code, status])
  })

  test('of input say where', async () => {
    const { errors } = await ask(
      served,
      tenant.key,
      'mutation { configureDetector(input: {name: DUPLICATE_CHARGE, settings: [{name: "window", value: 1e9}]}) { detector { id } } }',
    )
    expect(errors[0]?.extensions['issues']).toMatchObject([
      { path: ['settings', 0, 'value'], code: 'OUT_OF_RANGE' },
    ])
  })

  const JSON_BODY = { 'content-type': 'application/json' }
  const WANTED = '{"query":"{ viewer { role } }"}'
  test.each<[string, RequestInit, number]>([
    ['a body that is no JSON', { headers: JSON_BODY, body: '{"query": "{ viewer' }, 400],
    ['an empty body', { headers: JSON_BODY, body: '' }, 400],
    ['a body that is no object', { headers: JSON_BODY, body: '"viewer"' }, 400],
    ['a body of another type', { headers: { 'content-type': 'text/csv' }, body: WANTED }, 415],
    ['an answer in another type', { headers: { ...JSON_BODY, accept: 'image/png' }, body: WANTED }, 406],
    ['another method', { method: 'PUT', headers: JSON_BODY, body: WANTED }, 405],
  ])(
    'of a request with %s have a code and its id, and nothing of the inside',
    async (_what, init, status) => {
      const response = await fetch(`${served.url}/graphql`, {
        method: 'POST',
        ...init,
        headers: { ...init.headers, authorization: `Bearer ${tenant.key}`, 'x-request-id': 'odd-1' },
      })
      expect([response.status, response.headers.get('x-request-id')]).toEqual([status, 'odd-1'])
      expect(await response.json()).toEqual({
        errors: [{ message: expect.any(String), extensions: { code: 'BAD_USER_INPUT', requestId: 'odd-1' } }],
      })
    },
  )

  test('of variables in an address that are no JSON are the same', async () => {
    const response = await fetch(`${served.url}/graphql?query={viewer{role}}&variables={`, {
      headers: { authorization: `Bearer ${tenant.key}` },
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
  })

  test('of a subscription that is asked for as JSON leave nothing open', async () => {
    const metrics = createMetrics(false)
    const own = await serveGraphql(database, { metrics })
    try {
      const query = 'subscription { anomalyDetected { cursor } }'
      const { status, errors } = await ask(own, tenant.key, query)
      expect([status, errors[0]?.extensions['code']]).toEqual([406, 'BAD_USER_INPUT'])
      await vi.waitFor(async () => {
        expect((await metrics.subscriptions.get()).values.map(({ value }) => value)).toEqual([0])
      })
    } finally {
      await own.stop()
    }
  })

  test('in variables refuse NUL before it reaches a database', async () => {
    expect(
      await codeOf(served, tenant.key, 'query($id: ID!) { anomaly(id: $id) { id } }', { id: 'a\0' }),
    ).toBe('BAD_USER_INPUT')
  })
})
