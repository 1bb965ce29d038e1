import { describe, expect, onTestFinished, test, vi } from 'vitest'
import WebSocket from 'ws'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { suspendTenant } from '../../src/tenancy/tenant.ts'
import { markDeleted } from '../../src/tenancy/tenants.ts'
import { raise } from '../support/anomalies.ts'
import { resumeCursor, untilLive } from '../support/feed.ts'
import {
  ADMIN_KEY,
  acting,
  connect,
  data,
  type Json,
  keyOf,
  listen,
  makeTenant,
  type Served,
  serveGraphql,
  testApi,
} from '../support/graphql.ts'

const { database, served } = await testApi()

/** How a socket was closed. */
const closing = (at: Served, connectionParams: Json | undefined) =>
  new Promise<number>((resolve, reject) => {
    const socket = new WebSocket(`${at.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    socket.on('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: connectionParams })),
    )
    socket.on('close', (code) => resolve(code))
    socket.on('error', reject)
  })

const openSocket = async (at: Served, key: string, tenantId?: string) => {
  let connected = () => {}
  const open = new Promise<void>((resolve) => {
    connected = resolve
  })
  let closed: (event: unknown) => void = () => {}
  const ending = new Promise<unknown>((resolve) => {
    closed = resolve
  }).then((event) => event as { code: number; reason: string })
  const code = ending.then((event) => event.code)
  const client = connect(at, key, {
    lazy: false,
    onNonLazyError: () => {},
    on: { connected, closed },
    ...(tenantId !== undefined && { connectionParams: { authorization: `Bearer ${key}`, tenantId } }),
  })
  await open
  return { client, code, ending }
}

describe('a socket', () => {
  test.each([
    ['no credentials', undefined],
    ['unknown credentials', { authorization: `Bearer bw_live_${'0'.repeat(42)}` }],
    ['credentials that are no text', { authorization: { $ne: null } }],
  ])('is closed with 4401 for %s', async (_name, params) => {
    expect(await closing(served, params)).toBe(4401)
  })

  test('is closed with 4401 for a header that names another tenant', async () => {
    const [tenant, other] = [await makeTenant(database), await makeTenant(database)]
    expect(await closing(served, { authorization: `Bearer ${tenant.key}`, tenantId: other.id })).toBe(4401)
  })

  test('is closed with 4401 within a second of the revoking of its key', async () => {
    const tenant = await makeTenant(database)
    const { id, key } = await keyOf(database, tenant, 'VIEWER')
    const { code } = await openSocket(served, key)
    await data(
      served,
      tenant.key,
      'mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id } } }',
      { id },
    )
    expect(await code).toBe(4401)
  })

  test.each([
    ['suspended', (id: string) => suspendTenant(scopeTo(database, id), acting)],
    ['deleted', (id: string) => markDeleted(database, acting, id)],
  ])('is closed with 4401 when its tenant is %s, also that of an operator inside', async (reason, act) => {
    const tenant = await makeTenant(database)
    const own = await openSocket(served, tenant.key)
    const operators = await openSocket(served, ADMIN_KEY, tenant.id)
    await act(tenant.id)
    for (const { ending } of [own, operators]) expect(await ending).toMatchObject({ code: 4401, reason })
  })

  test('is closed with 4403 when its token expires, and for one that has', async () => {
    const tenant = await makeTenant(database)
    const { createAccessToken } = (await data(
      served,
      tenant.key,
      'mutation { createAccessToken(input: {ttlSeconds: 2, subject: "Ada"}) { token } }',
    )) as { createAccessToken: { token: string } }
    const { code } = await openSocket(served, createAccessToken.token)
    expect(await code).toBe(4403)
    expect(await closing(served, { authorization: `Bearer ${createAccessToken.token}` })).toBe(4403)
  })

  test('is closed with 1001 when the server drains', async () => {
    const draining = await serveGraphql(database)
    const tenant = await makeTenant(database)
    const { code } = await openSocket(draining, tenant.key)
    await draining.stop()
    expect(await code).toBe(1001)
  })

  test('is closed with 1013 when its client does not take what is live', async () => {
    const strict = await serveGraphql(database, { maxUnsent: 64 * 1024 })
    onTestFinished(() => strict.stop())
    const tenant = await makeTenant(database)
    const socket = new WebSocket(`${strict.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    onTestFinished(() => socket.terminate())
    const code = new Promise<number>((resolve) => socket.on('close', resolve))
    let heard = 0
    socket.on('message', (text) => {
      const { type } = JSON.parse(String(text))
      if (type === 'connection_ack') {
        socket.send(
          JSON.stringify({
            id: '1',
            type: 'subscribe',
            payload: { query: 'subscription { anomalyDetected { node { message } } }' },
          }),
        )
      }
      if (type === 'next') heard++
    })
    socket.on('open', () =>
      socket.send(
        JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${tenant.key}` } }),
      ),
    )
    await untilLive(database, strict, tenant.id, () => heard)
    socket.pause()
    // More than the system's own buffers between the two ends hold.
    for (let i = 0; i < 24; i++) {
      await raise(database, tenant.id, { message: 'x'.repeat(1_000_000) })
      strict.bus.publish(`feed:${tenant.id}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    socket.resume()
    expect(await code).toBe(1013)
  }, 60_000)

  test('of a client that is slow but far behind is not closed: the backlog waits for it', async () => {
    const strict = await serveGraphql(database, { maxUnsent: 64 * 1024 })
    onTestFinished(() => strict.stop())
    const tenant = await makeTenant(database)
    const after = await resumeCursor(strict, tenant.key)
    for (let i = 0; i < 24; i++) await raise(database, tenant.id, { message: 'x'.repeat(1_000_000) })
    const heard = listen(
      connect(strict, tenant.key),
      'subscription($after: String) { anomalyDetected(after: $after) { cursor node { id message } } }',
      { after },
    )
    await vi.waitFor(() => expect(heard.received).toHaveLength(24), { timeout: 45_000, interval: 50 })
    expect(heard.errors).toEqual([])
  }, 60_000)
})
