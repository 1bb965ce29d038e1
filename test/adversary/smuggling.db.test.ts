import { connect as netConnect } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { raise } from '../support/anomalies.ts'
import {
  ADMIN_KEY,
  ask,
  connect,
  type Json,
  listen,
  makeTenant,
  type TestTenant,
  testApi,
} from '../support/graphql.ts'
import { introduced, rawSocket } from '../support/raw-socket.ts'

const { database, served } = await testApi()
let victim: TestTenant
let thief: TestTenant

beforeAll(async () => {
  victim = await makeTenant(database, 'Victim')
  thief = await makeTenant(database, 'Thief')
  await raise(database, victim.id, { title: 'loot' })
})

const BODY = JSON.stringify({ query: '{ tenant { name } anomalies { totalCount } }' })

/** A request byte by byte: `fetch` would tidy the headers up. */
function exchange(path: string, method: string, headers: readonly string[], body = BODY): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = netConnect(Number(new URL(served.url).port), '127.0.0.1', () =>
      socket.write(
        [
          `${method} ${path} HTTP/1.1`,
          'host: localhost',
          'connection: close',
          'content-type: application/json',
          `content-length: ${Buffer.byteLength(body)}`,
          ...headers,
          '',
          body,
        ].join('\r\n'),
      ),
    )
    let text = ''
    socket.on('data', (chunk) => {
      text += String(chunk)
    })
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
}

/** What an attacker with the thief's key, or no key, tries in the headers. */
const SMUGGLED: [name: string, headers: () => string[]][] = [
  ['twice, the own first', () => [`x-tenant-id: ${thief.id}`, `x-tenant-id: ${victim.id}`]],
  ['twice, the own last', () => [`x-tenant-id: ${victim.id}`, `x-tenant-id: ${thief.id}`]],
  ['in another case', () => [`X-TENANT-ID: ${victim.id}`]],
  ['in two cases', () => [`X-Tenant-Id: ${thief.id}`, `x-tenant-id: ${victim.id}`]],
  ['as a list', () => [`x-tenant-id: ["${thief.id}","${victim.id}"]`]],
  ['with commas', () => [`x-tenant-id: ${thief.id},${victim.id}`]],
  ['with spaces about it', () => [`x-tenant-id: \t ${victim.id}  `]],
  ['in another case of the id', () => [`x-tenant-id: ${thief.id.toUpperCase()}`]],
  ['with a wildcard', () => ['x-tenant-id: %']],
  ['with an underscore', () => [`x_tenant_id: ${victim.id}`]],
  [
    'through a proxy header',
    () => [`x-forwarded-x-tenant-id: ${victim.id}`, `forwarded: x-tenant-id=${victim.id}`],
  ],
  ['as a trailer of Connection', () => ['connection: x-tenant-id', `x-tenant-id: ${victim.id}`]],
  ['in a cookie', () => [`cookie: x-tenant-id=${victim.id}; tenantId=${victim.id}`]],
  ['after a key of its own, with a second key', () => [`authorization: Bearer ${almost(victim.key)}`]],
]

/** Another key, but for its last character. */
const almost = (key: string): string => key.slice(0, -1) + (key.endsWith('x') ? 'y' : 'x')

describe('x-tenant-id', () => {
  test.each(SMUGGLED)('given %s opens nothing of another tenant', async (_name, headers) => {
    for (const [path, method] of [
      ['/graphql', 'POST'],
      [`/graphql?x-tenant-id=${victim.id}&tenantId=${victim.id}`, 'POST'],
      ['/export/anomalies.csv', 'GET'],
    ] as const) {
      const own = await exchange(path, method, [`authorization: Bearer ${thief.key}`, ...headers()])
      expect(own).toMatch(/^HTTP\/1\.1 (200|400|403) /)
      expect(own).not.toContain('Victim')
      expect(own).not.toContain('loot')
      if (own.startsWith('HTTP/1.1 200') && path.startsWith('/graphql'))
        expect(own).toContain('"data":{"tenant":{"name":"Thief"},"anomalies":{"totalCount":0}}')
      // Without credentials of one's own it is worth nothing at all.
      const without = await exchange(path, method, headers())
      expect(without).toMatch(/^HTTP\/1\.1 401 /)
    }
  })

  test('given twice does not let an operator act in a tenant by mistake', async () => {
    const headers = [`x-tenant-id: ${thief.id}`, `x-tenant-id: ${victim.id}`]
    const answer = await exchange('/graphql', 'POST', [`authorization: Bearer ${ADMIN_KEY}`, ...headers])
    expect(answer).toMatch(/^HTTP\/1\.1 404 /)
  })

  test('in the body of a request is heeded by nobody', async () => {
    const response = await fetch(`${served.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${thief.key}` },
      body: JSON.stringify({
        query: '{ tenant { name } }',
        variables: { tenantId: victim.id },
        extensions: { 'x-tenant-id': victim.id, headers: { 'x-tenant-id': victim.id } },
      }),
    })
    expect(await response.json()).toEqual({ data: { tenant: { name: 'Thief' } } })
  })
})

describe('connectionParams', () => {
  test.each<[string, () => Json]>([
    ['a list', () => ({ tenantId: [victim.id] })],
    ['an object', () => ({ tenantId: { id: victim.id, toString: victim.id } })],
    ['another name', () => ({ 'x-tenant-id': victim.id, 'X-Tenant-Id': victim.id, tenant: victim.id })],
    ['headers', () => ({ headers: { 'x-tenant-id': victim.id, authorization: `Bearer ${victim.key}` } })],
  ])('that name a tenant as %s name none', async (_name, params) => {
    const client = connect(served, undefined, {
      connectionParams: { authorization: `Bearer ${thief.key}`, ...params() },
    })
    const heard = listen(client, '{ tenant { name } anomalies { totalCount } }')
    await heard.done
    expect(heard.received).toEqual([{ tenant: { name: 'Thief' }, anomalies: { totalCount: 0 } }])
  })

  test('are what counts, not the headers of the upgrade', async () => {
    const raw = await rawSocket(served, {
      headers: { authorization: `Bearer ${victim.key}`, 'x-tenant-id': victim.id },
    })
    raw.send({ type: 'connection_init', payload: {} })
    expect(await raw.closed).toBe(4401)
  })

  test('cannot be changed by a second init', async () => {
    const raw = await introduced(served, thief.key)
    raw.send({ type: 'connection_init', payload: { authorization: `Bearer ${victim.key}` } })
    expect(await raw.closed).toBe(4429)
  })
})

test('a request hidden in the body of another is not answered', async () => {
  const hidden = `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${victim.key}\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`
  const both = await exchange(
    '/graphql',
    'POST',
    [`authorization: Bearer ${thief.key}`, 'transfer-encoding: chunked'],
    `0\r\n\r\n${hidden}`,
  )
  expect(both).toMatch(/^HTTP\/1\.1 400 /)
  expect(both).not.toContain('Victim')
})

test("a key swapped for another tenant's in the middle of a connection acts for that request alone", async () => {
  const names = []
  for (const key of [thief.key, victim.key, thief.key])
    names.push((await ask(served, key, '{ tenant { name } }')).data['tenant'])
  expect(names).toEqual([{ name: 'Thief' }, { name: 'Victim' }, { name: 'Thief' }])
})
