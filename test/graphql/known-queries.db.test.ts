import { parse } from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { KnownQueries } from '../../src/graphql/operations/known-queries.ts'
import { schema } from '../../src/graphql/schema.ts'
import { raise } from '../support/anomalies.ts'
import { ask, EXPOSED, keyOf, makeTenant, type TestTenant, testApi } from '../support/graphql.ts'

const { database, served } = await testApi({ environment: EXPOSED })
let tenant: TestTenant
let other: TestTenant

beforeAll(async () => {
  tenant = await makeTenant(database)
  other = await makeTenant(database)
  for (let n = 0; n < 3; n++) await raise(database, tenant.id, { title: `Trouble ${n}` })
  await raise(database, other.id, { title: 'Of another' })
})

/** The first answer is the engine's, the others are those of a known query. */
async function thrice(key: string, query: string, variables = {}) {
  const answers = []
  for (let n = 0; n < 3; n++) {
    const { status, data, errors } = await ask(served, key, query, variables)
    // The id is each request's own.
    const shown = errors.map(({ extensions: { requestId: _id, ...extensions }, ...error }) => ({
      ...error,
      extensions,
    }))
    answers.push({ status, data, errors: shown })
  }
  expect(answers[1]).toEqual(answers[0])
  expect(answers[2]).toEqual(answers[0])
  return answers[0]
}

describe('a query that is asked again', () => {
  test.each([
    [
      'rows',
      '{ anomalies(first: 2) { nodes { title severity startedAt } totalCount pageInfo { hasNextPage } } }',
      {},
    ],
    [
      'variables',
      'query($first: Int = 1, $no: Boolean!) { anomalies(first: $first) { nodes { title @skip(if: $no) status } } }',
      { no: true },
    ],
    ['aliases', '{ a: anomalies(first: 1) { edges { b: node { c: title } } } __typename }', {}],
    [
      'a failure in a field',
      '{ anomalies(first: 1) { nodes { title } } b: anomalies(first: 900) { nodes { id } } }',
      {},
    ],
    ['a cursor of nobody', '{ anomalies(after: "nonsense") { nodes { id } } }', {}],
    ['an event that is not there', '{ event(id: "evn_x") { id } node(id: "anm_x") { id } }', {}],
  ])('with %s is answered as before', async (_what, query, variables) => {
    const answer = await thrice(tenant.key, query, variables)
    expect(answer?.status).toBe(200)
  })

  test.each([
    ['of the wrong type', 'query($first: Int) { anomalies(first: $first) { totalCount } }', { first: 'x' }],
    ['that are missing', 'query($first: Int!) { anomalies(first: $first) { totalCount } }', {}],
    ['with NUL', 'query($id: ID!) { node(id: $id) { id } }', { id: 'a\0' }],
    [
      'that ask for too much',
      'query($n: Int) { anomalies(first: $n) { nodes { series { at observed expected lower upper } } } }',
      { n: 200 },
    ],
  ])('is refused for variables %s, also when it was known before', async (_what, query, variables) => {
    const good = { first: 1, id: 'anm_x', n: 1 }
    const names = Object.keys(good).filter((name) => query.includes(`$${name}:`))
    const fitting = Object.fromEntries(Object.entries(good).filter(([name]) => names.includes(name)))
    expect((await ask(served, tenant.key, query, fitting)).errors).toEqual([])
    const answer = await thrice(tenant.key, query, variables)
    expect(answer?.errors[0]?.extensions['code']).toMatch(/BAD_USER_INPUT|TOO_COMPLEX/)
  })

  test('shows each tenant its own, and each role what it may see', async () => {
    const query = '{ anomalies { nodes { title } } activity(first: 1) { totalCount } }'
    const viewer = await keyOf(database, tenant, 'VIEWER')
    const [admins, others, viewers] = [
      await thrice(tenant.key, query),
      await thrice(other.key, query),
      await thrice(viewer.key, query),
    ]
    expect(JSON.stringify(others)).toContain('Of another')
    expect(JSON.stringify([admins, viewers])).not.toContain('Of another')
    expect(admins?.errors).toEqual([])
    expect(viewers?.errors).toMatchObject([{ path: ['activity'], extensions: { code: 'FORBIDDEN' } }])
    expect(viewers?.data).toMatchObject({ anomalies: { nodes: expect.any(Array) }, activity: null })
  })

  test('is not answered to whoever has no key any more', async () => {
    const query = '{ viewer { role } }'
    await thrice(tenant.key, query)
    expect((await ask(served, `${tenant.key}x`, query)).status).toBe(401)
  })
})

describe('what is known', () => {
  const add = (known: KnownQueries, text: string, name?: string) => known.add(parse(text), text, name)

  test('are queries alone, each under its text and the name of its operation', () => {
    const known = new KnownQueries(schema)
    const two = 'query A { viewer { role } } query B { tenant { id } }'
    expect(add(known, 'mutation { createAccessToken(input: {}) { token } }')).toBeUndefined()
    expect(add(known, 'subscription { eventReceived { id } }')).toBeUndefined()
    expect(add(known, two, 'A')).not.toBe(add(known, two, 'B'))
    expect(known.find(two, 'A')).toBe(add(known, two, 'A'))
    expect(known.find(two, undefined)).toBeUndefined()
    expect(known.size).toBe(2)
  })

  test('is bounded in number and in size: what was used last stays', () => {
    const known = new KnownQueries(schema)
    const text = (n: number, padding = 0) => `{ viewer { role } } # ${n} ${'x'.repeat(padding)}`
    for (let n = 0; n < 400; n++) {
      add(known, text(n))
      known.find(text(0), undefined)
    }
    expect(known.size).toBe(300)
    expect(known.find(text(0), undefined)).toBeDefined()
    expect(known.find(text(1), undefined)).toBeUndefined()
    for (let n = 1_000; n < 1_030; n++) add(known, text(n, 30_000))
    expect(known.size).toBeLessThan(20)
    expect(known.find(text(1_029, 30_000), undefined)).toBeDefined()
  })
})
