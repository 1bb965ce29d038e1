import { beforeAll, expect, test } from 'vitest'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { ask, connect, type Json, listen, makeTenant, type TestTenant, testApi } from '../support/graphql.ts'
import { eventRow } from '../support/rows.ts'

// A tenant can sign what it likes: bodies as large and as deep as its endpoint takes.

const MIB = 1024 * 1024
const { database, served } = await testApi()
let large: TestTenant
let deep: TestTenant

beforeAll(async () => {
  large = await makeTenant(database)
  deep = await makeTenant(database)
  const bodies = Array.from({ length: 40 }, () => Buffer.from(`{"x":"${'y'.repeat(MIB - 8)}"}`))
  await store(large, bodies)
  await store(deep, [
    Buffer.from(`{"x":${'['.repeat(MIB / 4)}${']'.repeat(MIB / 4)}}`),
    Buffer.from('{"x":1}'),
  ])
})

async function store({ id, endpointId }: TestTenant, payloads: Buffer<ArrayBuffer>[]): Promise<void> {
  const { db } = scopeTo(database, id)
  for (const [n, payload] of payloads.entries())
    await db.stripeEvent.create({ data: { ...eventRow(id, endpointId, `evt_${n}`), payload } })
}

const codesOf = (errors: readonly { extensions: Json }[]) => [
  ...new Set(errors.map(({ extensions }) => extensions['code'])),
]

test.each([
  ['as many rows', '{ events(first: 40) { nodes { stripeId payload } } }', 40],
  [
    'one row under many names',
    `{ events(first: 1) { nodes { stripeId ${Array.from({ length: 25 }, (_, n) => `p${n}: payload`).join(' ')} } } }`,
    25 - 16,
  ],
  [
    'one row in many lists',
    `{ ${Array.from({ length: 25 }, (_, n) => `e${n}: events(first: 1) { nodes { payload } }`).join(' ')} }`,
    25 - 16,
  ],
])('more than 16 MiB of payloads are not shown at once, asked for by %s', async (_how, query, refused) => {
  const { status, errors } = await ask(served, large.key, query)
  expect(status).toBe(200)
  expect(codesOf(errors)).toEqual(['TOO_COMPLEX'])
  expect(errors).toHaveLength(refused)
})

test('up to that they are', async () => {
  const { errors, data } = await ask(served, large.key, '{ events(first: 16) { nodes { payload } } }')
  expect(errors).toEqual([])
  expect(data).toMatchObject({ events: { nodes: Array(16).fill({ payload: { x: expect.any(String) } }) } })
})

test('one that is nested too deeply to be written again is refused alone, by whatever way it is asked for', async () => {
  const query = '{ events(first: 2) { nodes { stripeId payload } } }'
  const nodes = expect.arrayContaining([
    { stripeId: 'evt_0', payload: null },
    { stripeId: 'evt_1', payload: { x: 1 } },
  ])
  const { data, errors } = await ask(served, deep.key, query)
  expect([data, codesOf(errors)]).toEqual([{ events: { nodes } }, ['TOO_COMPLEX']])

  const heard = listen(connect(served, deep.key), query)
  await heard.done
  expect(heard.received).toEqual([{ events: { nodes } }])

  const response = await fetch(`${served.url}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${deep.key}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body: JSON.stringify({ query }),
  })
  expect(await response.text()).toContain('TOO_COMPLEX')
})
