import { connect as netConnect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { ask, data, keyOf, makeTenant, type TestTenant, testApi } from '../support/graphql.ts'
import { introduced } from '../support/raw-socket.ts'

// Who is cut off has begun something before and goes on with it.

const { database, served } = await testApi()

const LEAVE_BEHIND =
  'mutation { createWebhookEndpoint(input: {name: "left behind"}) { webhookEndpoint { id } } }'

/** Revokes the key; resolves when this process has noticed. */
async function cutOff(tenant: TestTenant, { id, key }: { id: string; key: string }): Promise<void> {
  const witness = await introduced(served, key)
  await data(served, tenant.key, 'mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id } } }', {
    id,
  })
  expect(await witness.closed).toBe(4401)
}

const endpointsOf = async ({ key }: TestTenant) =>
  (await data(served, key, '{ tenant { webhookEndpoints { name } } }'))['tenant']

const ONLY_THE_FIRST = { webhookEndpoints: [{ name: 'default' }] }

test('a request whose head came before its key was revoked is refused when its body comes after', async () => {
  const tenant = await makeTenant(database)
  const admin = await keyOf(database, tenant, 'ADMIN')
  const body = JSON.stringify({ query: LEAVE_BEHIND })
  const socket = netConnect(Number(new URL(served.url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const answer = new Promise<string>((resolve) => socket.once('data', (bytes) => resolve(String(bytes))))
  socket.write(
    `POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${admin.key}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 1)}`,
  )
  // The answer to another request tells that the head has been read.
  expect((await ask(served, admin.key, '{ viewer { role } }')).status).toBe(200)
  await cutOff(tenant, admin)
  socket.write(body.slice(1))
  expect(await answer).toMatch(/^HTTP\/1\.1 401 .*UNAUTHENTICATED/s)
  expect(await endpointsOf(tenant)).toEqual(ONLY_THE_FIRST)
})

test('a socket that does not answer its closing is not listened to any more', async () => {
  const tenant = await makeTenant(database)
  const admin = await keyOf(database, tenant, 'ADMIN')
  const raw = await introduced(served, admin.key)
  // It reads nothing, so it does not learn that it was closed.
  raw.socket.pause()
  await cutOff(tenant, admin)
  raw.send({ type: 'subscribe', id: '1', payload: { query: LEAVE_BEHIND } })
  raw.socket.resume()
  expect(await raw.closed).toBe(4401)
  expect(await endpointsOf(tenant)).toEqual(ONLY_THE_FIRST)
})
