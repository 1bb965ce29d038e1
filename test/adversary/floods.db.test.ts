import { describe, expect, test } from 'vitest'
import { ask, EXPOSED, makeTenant, testApi } from '../support/graphql.ts'

const { database, served } = await testApi({ environment: EXPOSED })
const tenant = await makeTenant(database)

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
