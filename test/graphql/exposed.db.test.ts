import { describe, expect, test, vi } from 'vitest'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { raise } from '../support/anomalies.ts'
import {
  ADMIN_KEY,
  ask,
  codeOf,
  data,
  EXPOSED,
  keyOf,
  makeTenant,
  type Served,
  serveForAll,
  serveGraphql,
  testApi,
} from '../support/graphql.ts'

const { database, served } = await testApi({ environment: { API_RATE_LIMIT: '100000/60' } })
const guarded = await serveForAll(database, { environment: EXPOSED })
const tenant = await makeTenant(database)

describe('an endpoint that faces the internet', () => {
  test('suggests nothing and shows no schema', async () => {
    const guess = await ask(guarded, tenant.key, '{ anomalie { totalCount } }')
    expect(guess.errors[0]?.message).not.toMatch(/did you mean/i)
    expect((await ask(served, tenant.key, '{ anomalie { totalCount } }')).errors[0]?.message).toMatch(
      /did you mean/i,
    )
    const asked = await ask(guarded, tenant.key, '{ __schema { types { name } } }')
    expect(asked.errors).not.toEqual([])
    expect(asked.data).toEqual({})
    const enumeration = await ask(
      guarded,
      tenant.key,
      'query($s: [Severity!]) { anomalies(filter: {severities: $s}) { totalCount } }',
      { s: ['HIG'] },
    )
    expect(enumeration.errors[0]?.message).not.toMatch(/did you mean/i)
  })

  test('serves GraphiQL in a local set-up only', async () => {
    const page = (at: Served) => fetch(`${at.url}/graphql`, { headers: { accept: 'text/html' } })
    expect(await (await page(served)).text()).toContain('graphiql')
    expect(await (await page(guarded)).text()).not.toContain('graphiql')
  })

  test.each([
    [
      'levels',
      `{ anomalies { nodes { activity { nodes { ${'anomaly { activity { nodes { '.repeat(8)} id ${'} } }'.repeat(8)} } } } } }`,
    ],
    ['aliases', `{ ${Array.from({ length: 40 }, (_, i) => `a${i}: viewer { role }`).join(' ')} }`],
    ['tokens', `{ ${'viewer { role } '.repeat(800)} }`],
    ['directives', `{ viewer { role ${'@include(if: true) '.repeat(60)} } }`],
    [
      'rows',
      '{ anomalies(first: 200) { nodes { events(first: 200) { nodes { id stripeId type status objectId createdAt receivedAt } } activity(first: 200) { nodes { id at kind note data } } } } }',
    ],
  ])('refuses too many %s', async (_what, query) => {
    const answer = await ask(guarded, tenant.key, query)
    expect([answer.errors[0]?.extensions['code'], answer.status]).toEqual(['TOO_COMPLEX', 400])
    expect(answer.data).toEqual({})
  })

  test('weighs the rows that variables ask for, in the operation that runs', async () => {
    const query = `query Cheap { viewer { role } }
      query Dear($n: Int) { anomalies(first: $n) { nodes { activity(first: $n) { nodes { id at kind note data } } events(first: $n) { nodes { id stripeId type status } } } } }`
    const run = async (operationName: string, n: number) => {
      const response = await fetch(`${guarded.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.key}` },
        body: JSON.stringify({ query, operationName, variables: { n } }),
      })
      return JSON.stringify(await response.json())
    }
    expect(await run('Cheap', 200)).not.toContain('TOO_COMPLEX')
    expect(await run('Dear', 200)).toContain('TOO_COMPLEX')
    expect(await run('Dear', 10)).not.toContain('TOO_COMPLEX')
  })

  test('survives fragments that contain themselves', async () => {
    const answer = await ask(
      guarded,
      tenant.key,
      '{ viewer { ...A } } fragment A on Viewer { role ...B } fragment B on Viewer { ...A }',
    )
    expect(answer.status).toBe(400)
  })

  test('takes no batch', async () => {
    const response = await fetch(`${guarded.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.key}` },
      body: JSON.stringify([{ query: '{ viewer { role } }' }, { query: '{ viewer { role } }' }]),
    })
    expect(response.ok).toBe(false)
  })

  test('takes no body over its limit', async () => {
    const answer = await ask(guarded, tenant.key, '{ viewer { role } }', { padding: 'x'.repeat(300_000) })
    expect(answer.status).toBe(413)
  })

  test('takes no mutation by GET, and no form of another page', async () => {
    const url = new URL(`${guarded.url}/graphql`)
    url.searchParams.set('query', 'mutation { createAccessToken(input: {}) { token } }')
    const get = await fetch(url, { headers: { authorization: `Bearer ${tenant.key}` } })
    expect(get.status).toBe(405)
    const form = await fetch(`${guarded.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify({ query: '{ viewer { role } }' }),
    })
    expect(form.ok).toBe(false)
  })

  test('lets only allowed origins in, and says so to browsers', async () => {
    const preflight = (origin: string) =>
      fetch(`${guarded.url}/graphql`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization',
        },
      })
    const good = await preflight('https://app.example.com')
    expect(good.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
    expect(good.headers.get('access-control-allow-credentials')).toBeNull()
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
    expect(
      await codeOf(guarded, tenant.key, '{ viewer { role } }', {}, { origin: 'https://evil.example' }),
    ).toBe('FORBIDDEN')
    expect(
      await data(guarded, tenant.key, '{ viewer { role } }', {}, { origin: 'https://billing.example.com' }),
    ).toEqual({
      viewer: { role: 'ADMIN' },
    })
  })

  test('is not misled by __proto__ in variables', async () => {
    const response = await fetch(`${guarded.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.key}` },
      body: '{"query":"query($f: AnomalyFilter) { anomalies(filter: $f) { totalCount } }","variables":{"f":{"__proto__":{"search":"x"},"constructor":1}}}',
    })
    expect(response.status).toBeLessThan(500)
    expect(Object.hasOwn(Object.prototype, 'search')).toBe(false)
  })

  test('counts the requests of each key by itself', async () => {
    const limited = await serveGraphql(database, { environment: { API_RATE_LIMIT: '3/60' } })
    try {
      const [a, b] = [await keyOf(database, tenant, 'VIEWER'), await keyOf(database, tenant, 'VIEWER')]
      const statuses = []
      for (let i = 0; i < 4; i++) statuses.push((await ask(limited, a.key, '{ viewer { role } }')).status)
      expect(statuses).toEqual([200, 200, 200, 429])
      const refused = await ask(limited, a.key, '{ viewer { role } }')
      expect(refused.errors[0]?.extensions['code']).toBe('RATE_LIMITED')
      expect(Number(refused.headers.get('retry-after'))).toBe(
        refused.errors[0]?.extensions['retryAfterSeconds'],
      )
      expect((await ask(limited, b.key, '{ viewer { role } }')).status).toBe(200)
    } finally {
      await limited.stop()
    }
  })

  test('cuts off a suspended tenant at once, and lets the operator look into it', async () => {
    const doomed = await makeTenant(database, 'Doomed')
    await raise(database, doomed.id)
    await data(
      served,
      ADMIN_KEY,
      'mutation($id: ID!) { suspendTenant(input: {id: $id}) { tenant { suspended } } }',
      { id: doomed.id },
    )
    await vi.waitFor(async () =>
      expect((await ask(served, doomed.key, '{ viewer { role } }')).status).toBe(401),
    )
    expect(
      await data(served, ADMIN_KEY, '{ anomalies { totalCount } }', {}, { 'x-tenant-id': doomed.id }),
    ).toEqual({ anomalies: { totalCount: 1 } })
    expect(scopeTo(database, doomed.id).tenantId).toBe(doomed.id)
  })
})
