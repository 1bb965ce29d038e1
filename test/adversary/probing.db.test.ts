import { describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { testDatabase } from '../support/database.ts'
import { ask, connect, listen, makeTenant, serveForAll } from '../support/graphql.ts'

const database = await testDatabase()
/** As it faces the internet. */
const served = await serveForAll(database, {
  environment: {
    PUBLIC_URL: 'https://billing.example.com',
    ALLOWED_ORIGINS: 'https://app.example.com',
    API_RATE_LIMIT: '100000/60',
  },
})
const tenant = await makeTenant(database)

/** The answer over HTTP and over a socket, as text. */
async function everywhere(query: string, variables = {}): Promise<string[]> {
  const url = new URL(`${served.url}/graphql`)
  url.searchParams.set('query', query)
  url.searchParams.set('variables', JSON.stringify(variables))
  const heard = listen(connect(served, tenant.key), query, variables)
  await heard.done
  return [
    JSON.stringify(await ask(served, tenant.key, query, variables)),
    await (await fetch(url, { headers: { authorization: `Bearer ${tenant.key}` } })).text(),
    JSON.stringify([heard.received, heard.errors]),
  ]
}

describe('outside a local set-up the schema is not told', () => {
  test.each([
    ['asked for', '{ __schema { queryType { name } } }'],
    ['asked for under another name', '{ a: __schema { types { name } } }'],
    ['asked for by type', '{ __type(name: "Query") { fields { name } } }'],
    ['asked for in a fragment', '{ ...F } fragment F on Query { __schema { types { name } } }'],
    ['asked for in an inline fragment', '{ ... on Query { ... { __type(name: "Tenant") { name } } } }'],
    ['asked for beside something honest', '{ viewer { role } __schema { types { name } } }'],
    ['asked for when skipped', '{ viewer { role } __schema @include(if: false) { types { name } } }'],
  ])('%s', async (_name, query) => {
    for (const answer of await everywhere(query)) {
      expect(answer).toContain('BAD_USER_INPUT')
      expect(answer).not.toMatch(/"(queryType|types|fields|role)":|__Directive|ADMIN/)
    }
  })

  test.each([
    ['a field', '{ tenan { id } }', {}],
    ['a field below', '{ tenant { nam } }', {}],
    ['an argument', '{ anomalies(frist: 1) { totalCount } }', {}],
    ['a type', '{ ... on Anomali { id } }', {}],
    ['a variable type', 'query($f: AnomalyFilte) { anomalies(filter: $f) { totalCount } }', {}],
    ['an enum value', '{ anomalies(filter: {severities: [HIG]}) { totalCount } }', {}],
    [
      'an enum value in a variable',
      'query($f: AnomalyFilter) { anomalies(filter: $f) { totalCount } }',
      { f: { severities: ['HIG'] } },
    ],
    ['an input field', '{ anomalies(filter: {severitie: [HIGH]}) { totalCount } }', {}],
    [
      'an input field in a variable',
      'query($f: AnomalyFilter) { anomalies(filter: $f) { totalCount } }',
      { f: { severitie: [] } },
    ],
    ['a directive', '{ viewer @skp(if: true) { role } }', {}],
    ['a mutation', 'mutation { resolveAnomal(input: {id: "x"}) { anomaly { id } } }', {}],
  ])('by a guess at %s', async (_name, query, variables) => {
    const question = query + JSON.stringify(variables)
    for (const answer of await everywhere(query, variables)) {
      expect(answer).not.toMatch(/did you mean|suggest/i)
      // What stands near the guess in the schema is nowhere in the answer, unless it was in the question.
      for (const near of ['severities', '"first"', 'resolveAnomaly', 'HIGH', '"skip"', 'AnomalyFeedFilter'])
        if (!question.includes(near)) expect(answer).not.toContain(near)
    }
  })

  test('though __typename, which clients need, is', async () => {
    expect((await ask(served, tenant.key, '{ __typename viewer { __typename } }')).data).toEqual({
      __typename: 'Query',
      viewer: { __typename: 'Viewer' },
    })
  })
})

describe('a flood in one request', () => {
  const times = (count: number, make: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => make(n)).join(' ')

  test.each<[string, string]>([
    ['of aliases at the top', `{ ${times(100, (n) => `a${n}: viewer { role }`)} }`],
    ['of aliases below', `{ anomalies { ${times(100, (n) => `a${n}: totalCount`)} } }`],
    [
      'of aliases in a fragment',
      `{ ...F } fragment F on Query { ${times(100, (n) => `a${n}: tenant { id }`)} }`,
    ],
    [
      'of mutations',
      `mutation { ${times(100, (n) => `m${n}: createAccessToken(input: {}) { expiresAt }`)} }`,
    ],
    [
      'of fragments that double each other',
      `{ viewer { ...F0 } } ${times(25, (n) => `fragment F${n} on Viewer { ...F${n + 1} ...F${n + 1} }`)} fragment F25 on Viewer { role }`,
    ],
    [
      'of aliases that double by fragments',
      `{ viewer { ...F0 } } ${times(12, (n) => `fragment F${n} on Viewer { a${n}: tenant { id } ...F${n + 1} b${n}: tenant { id } ...F${n + 1} }`)} fragment F12 on Viewer { role }`,
    ],
    [
      'of depth',
      `{ anomaly(id: "x") { ${'activity { nodes { anomaly { '.repeat(20)} id ${'} } }'.repeat(20)} } }`,
    ],
    [
      'of depth hidden in fragments',
      `{ anomaly(id: "x") { ...F0 } } ${times(10, (n) => `fragment F${n} on Anomaly { activity { nodes { anomaly { ...F${n + 1} } } } }`)} fragment F10 on Anomaly { id }`,
    ],
    [
      'of brackets',
      `{ anomalies(filter: {severities: ${'['.repeat(3_000)}HIGH${']'.repeat(3_000)}}) { totalCount } }`,
    ],
    [
      'of fragments in a circle',
      '{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...C } fragment C on Viewer { ...A }',
    ],
    ['of a fragment in itself', '{ viewer { ...A } } fragment A on Viewer { tenant { id } ...A }'],
    ['of operations', times(300, (n) => `query Q${n} { viewer { role } }`)],
    ['of errors', `{ ${times(500, (n) => `x${n}`)} }`],
    ['of directives', `{ viewer { role ${'@skip(if: false) '.repeat(200)} } }`],
    [
      'of points',
      `{ anomalies(first: 200) { nodes { ${times(18, (n) => `s${n}: series { at observed expected lower upper }`)} } } }`,
    ],
    [
      'of rows',
      '{ anomalies(first: 200) { nodes { activity(first: 200) { nodes { anomaly { events(first: 200) { nodes { id } } } } } } } }',
    ],
  ])('%s is refused before it runs, at once', async (_name, query) => {
    const began = performance.now()
    const answers = [await ask(served, tenant.key, query)]
    expect(performance.now() - began).toBeLessThan(3_000)
    for (const answer of answers) {
      expect(answer.status).toBe(400)
      expect(['TOO_COMPLEX', 'BAD_USER_INPUT']).toContain(answer.errors[0]?.extensions['code'])
      expect(answer.errors.length).toBeLessThanOrEqual(101)
      expect(answer.data).toEqual({})
    }
  })

  test('of a thousand queries in a list is refused', async () => {
    const response = await fetch(`${served.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.key}` },
      body: JSON.stringify(Array(1_000).fill({ query: '{ viewer { role } }' })),
    })
    expect(response.status).toBe(400)
    expect(await response.text()).not.toContain('ADMIN')
  })

  test.each<[string, string, number]>([
    [
      'deep ones',
      `{"query":"{ viewer { role } }","variables":{"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}}`,
      400,
    ],
    [
      'deep ones in a filter',
      `{"query":"query($f: AnomalyFilter) { anomalies(filter: $f) { totalCount } }","variables":{"f":${'{"detected":'.repeat(4_000)}1${'}'.repeat(4_000)}}}`,
      400,
    ],
    [
      'a long list',
      JSON.stringify({
        query: 'query($ids: [ID!]!) { nodes(ids: $ids) { id } }',
        variables: { ids: Array(10_000).fill('x') },
      }),
      400,
    ],
    [
      'a long list in a filter, which is compared with each event',
      JSON.stringify({
        query: 'query($f: StripeEventFilter) { events(filter: $f) { totalCount } }',
        variables: { f: { types: Array(1_000).fill('x') } },
      }),
      400,
    ],
    [
      'long lists in the document itself',
      JSON.stringify({
        query: `{ events(filter: {types: [${'"x" '.repeat(700)}], statuses: [${'FAILED '.repeat(700)}]}) { totalCount } }`,
      }),
      400,
    ],
    [
      'many that nobody asked for',
      JSON.stringify({
        query: '{ viewer { role } }',
        variables: Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`v${n}`, n])),
      }),
      400,
    ],
    [
      'long names',
      JSON.stringify({ query: '{ viewer { role } }', variables: { ['x'.repeat(40_000)]: 1 } }),
      400,
    ],
    [
      'none, in a document that goes on and on',
      JSON.stringify({ query: `{ viewer { role } } #${'x'.repeat(40_000)}` }),
      400,
    ],
    [
      'as many as there may be',
      JSON.stringify({
        query: 'query($ids: [ID!]!) { nodes(ids: $ids) { id } }',
        variables: { ids: Array(100).fill('x'.repeat(200)) },
      }),
      200,
    ],
    [
      'more than fits',
      JSON.stringify({ query: '{ viewer { role } }', variables: { x: 'x'.repeat(300_000) } }),
      413,
    ],
    [
      'a number beyond all',
      '{"query":"query($n: Int) { anomalies(first: $n) { totalCount } }","variables":{"n":1e999}}',
      400,
    ],
  ])('of variables (%s) is taken or refused, and breaks nothing', async (_name, body, status) => {
    const response = await fetch(`${served.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${tenant.key}`,
        accept: 'application/graphql-response+json',
      },
      body,
    })
    expect(await response.text()).not.toContain('INTERNAL_SERVER_ERROR')
    expect(response.status).toBe(status)
  })
})

describe('JSON that reaches for prototypes', () => {
  test.each([
    '{"query":"{ viewer { role } }","__proto__":{"query":"{ tenant { id } }"}}',
    '{"query":"{ viewer { role } }","variables":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}',
    '{"query":"query($f: AnomalyFilter) { anomalies(filter: $f) { totalCount } }","variables":{"f":{"__proto__":{"polluted":1}}}}',
    '{"query":"{ viewer { role } }","extensions":{"__proto__":{"polluted":1}}}',
    '{"__proto__":{"query":"{ viewer { role } }"}}',
  ])('%s changes none', async (body) => {
    const response = await fetch(`${served.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.key}` },
      body,
    })
    expect(response.status).toBeLessThan(500)
    await response.text()
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })

  test.each(['__proto__=x', 'constructor=x', 'toString=x', '__proto__[severities]=HIGH', 'search[]=x'])(
    'nor does ?%s at the export, which is refused',
    async (query) => {
      const response = await fetch(`${served.url}/export/anomalies.csv?${query}`, {
        headers: { authorization: `Bearer ${tenant.key}` },
      })
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ error: { code: 'BAD_USER_INPUT' } })
    },
  )
})

describe('a page of another origin', () => {
  const ORIGINS = [
    'https://evil.example',
    'null',
    'http://billing.example.com',
    'https://billing.example.com:8443',
    'https://billing.example.com.evil.example',
    'https://evilbilling.example.com',
    'https://app.example.com@evil.example',
    'https://app.example.com, https://evil.example',
    'file://',
    'https://APP.example.com.',
    'chrome-extension://abc',
    '*',
  ]
  const upgrade = (origin: string) =>
    new Promise<number>((resolve) => {
      const socket = new WebSocket(`${served.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
        headers: { origin },
      })
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
      socket.on('open', () => {
        socket.terminate()
        resolve(101)
      })
      socket.on('error', () => {})
    })

  test.each(ORIGINS)('%s gets neither a socket nor an answer', async (origin) => {
    expect(await upgrade(origin)).toBe(403)
    const answer = await ask(served, tenant.key, '{ viewer { role } }', {}, { origin })
    expect([answer.status, answer.data]).toEqual([403, {}])
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })

  test.each(['https://app.example.com', 'https://billing.example.com'])(
    '%s, which is one of ours, gets both',
    async (origin) => {
      expect(await upgrade(origin)).toBe(101)
      expect((await ask(served, tenant.key, '{ viewer { role } }', {}, { origin })).status).toBe(200)
    },
  )
})
