import { describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { ask, connect, EXPOSED, listen, makeTenant, testApi } from '../support/graphql.ts'

const { database, served } = await testApi({ environment: EXPOSED })
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
