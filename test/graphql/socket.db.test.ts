import { connect as netConnect } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import WebSocket from 'ws'
import { scopeTo } from '../../src/tenancy/scope.ts'
import { suspendTenant } from '../../src/tenancy/tenant.ts'
import { markDeleted } from '../../src/tenancy/tenants.ts'
import { raise } from '../support/anomalies.ts'
import { testDatabase } from '../support/database.ts'
import { DETECTED, resumeCursor, SOON, untilLive } from '../support/feed.ts'
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
  serveForAll,
  serveGraphql,
} from '../support/graphql.ts'

const database = await testDatabase()
const served = await serveForAll(database)

describe('a socket', () => {
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
    await vi.waitFor(() => expect(heard.received).toHaveLength(24), { timeout: 30_000, interval: 50 })
    expect(heard.errors).toEqual([])
  }, 60_000)

  test('from a page of another origin is refused', async () => {
    const guarded = await serveGraphql(database, {
      environment: { PUBLIC_URL: 'https://billing.example.com' },
    })
    onTestFinished(() => guarded.stop())
    const status = (origin: string) =>
      new Promise<number>((resolve) => {
        const socket = new WebSocket(`${guarded.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
          origin,
        })
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
        socket.on('open', () => {
          socket.terminate()
          resolve(101)
        })
        socket.on('error', () => {})
      })
    expect(await status('https://evil.example')).toBe(403)
    expect(await status('https://billing.example.com')).toBe(101)
  })

  test('is refused elsewhere than at /graphql, whatever the address looks like', async () => {
    const answer = (path: string) =>
      new Promise<string>((resolve) => {
        const raw = netConnect(Number(new URL(served.url).port), '127.0.0.1', () =>
          raw.write(
            `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
          ),
        )
        let text = ''
        raw.on('data', (chunk) => {
          text += String(chunk)
        })
        raw.on('close', () => resolve(text))
      })
    for (const path of ['/', '//', '/other?x=/graphql', 'http://[', '/graphql/']) {
      expect(await answer(path), path).toMatch(/^HTTP\/1\.1 404 .*"NOT_FOUND"/s)
    }
  })

  test('is held to the limits, the masking and the codes of HTTP', async () => {
    const guarded = await serveGraphql(database, {
      environment: { PUBLIC_URL: 'https://billing.example.com' },
    })
    onTestFinished(() => guarded.stop())
    const tenant = await makeTenant(database)
    const client = connect(guarded, tenant.key)
    const codes = []
    for (const query of [
      '{ __schema { types { name } } }',
      '{ anomalies(first: 200) { nodes { events(first: 200) { nodes { id stripeId type status objectId createdAt receivedAt } } activity(first: 200) { nodes { id at kind note data } } } } }',
      `{ ${'viewer { role } '.repeat(800)} }`,
      '{ nothing }',
      '{',
      'subscription { anomalyDetected(after: "x") { cursor } }',
      'query { anomaly(id: "x") { id } } query Second { viewer { role } }',
    ]) {
      const heard = listen(client, query)
      await heard.done
      const [error] = heard.errors as { message: string; extensions: Json }[]
      expect(error?.extensions['requestId']).toMatch(/.+/)
      expect(error?.extensions).not.toHaveProperty('http')
      codes.push(error?.extensions['code'])
    }
    expect(codes).toEqual([
      'BAD_USER_INPUT',
      'TOO_COMPLEX',
      'TOO_COMPLEX',
      'BAD_USER_INPUT',
      'BAD_USER_INPUT',
      'CURSOR_UNKNOWN',
      'BAD_USER_INPUT',
    ])
    const fine = listen(client, '{ viewer { role } }')
    await fine.done
    expect([fine.received, fine.errors]).toEqual([[{ viewer: { role: 'ADMIN' } }], []])
  })

  test('does queries and mutations too', async () => {
    const tenant = await makeTenant(database)
    const id = await raise(database, tenant.id)
    const heard = listen(
      connect(served, tenant.key),
      'mutation($id: ID!) { acknowledgeAnomaly(input: {id: $id}) { anomaly { status acknowledgedBy { kind } } } }',
      { id },
    )
    await heard.done
    expect(heard.received).toEqual([
      { acknowledgeAnomaly: { anomaly: { status: 'ACKNOWLEDGED', acknowledgedBy: { kind: 'API_KEY' } } } },
    ])
  })

  test('counts against the rate of its key', async () => {
    const limited = await serveGraphql(database, { environment: { API_RATE_LIMIT: '2/60' } })
    onTestFinished(() => limited.stop())
    const tenant = await makeTenant(database)
    const client = connect(limited, tenant.key)
    const codes = []
    for (let i = 0; i < 3; i++) {
      const heard = listen(client, '{ viewer { role } }')
      await heard.done
      codes.push((heard.errors as { extensions: Json }[])[0]?.extensions['code'])
    }
    expect(codes).toEqual([undefined, undefined, 'RATE_LIMITED'])
  })

  test('of a client that speaks the protocol badly is closed, and others go on', async () => {
    const tenant = await makeTenant(database)
    const other = listen(connect(served, tenant.key), DETECTED)
    const codeFor = (...messages: string[]) =>
      new Promise<number>((resolve) => {
        const socket = new WebSocket(`${served.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
        socket.on('open', () => {
          for (const message of messages) socket.send(message)
        })
        socket.on('close', resolve)
        socket.on('error', () => {})
      })
    const init = JSON.stringify({
      type: 'connection_init',
      payload: { authorization: `Bearer ${tenant.key}` },
    })
    expect(await codeFor('not json')).toBe(4400)
    expect(
      await codeFor(
        JSON.stringify({ type: 'subscribe', id: '1', payload: { query: '{ viewer { role } }' } }),
      ),
    ).toBe(4401)
    expect(await codeFor(init, init)).toBe(4429)
    expect(await codeFor(JSON.stringify({ type: 'ping' }), 'x'.repeat(300_000))).toBe(1009)
    expect(await codeFor()).toBe(4408)
    await untilLive(database, served, tenant.id, () => other.received.length)
  })

  test('forgets a subscription that its client has ended', async () => {
    const gauge = { inc: vi.fn(), dec: vi.fn() }
    const counting = await serveGraphql(database, {
      metrics: { subscriptions: Object.assign(Object.create(null), gauge) },
    })
    onTestFinished(() => counting.stop())
    const tenant = await makeTenant(database)
    const client = connect(counting, tenant.key, { lazy: false })
    const heard = listen(client, DETECTED)
    await untilLive(database, counting, tenant.id, () => heard.received.length)
    expect([gauge.inc.mock.calls.length, gauge.dec.mock.calls.length]).toEqual([1, 0])
    heard.stop()
    await vi.waitFor(() => expect(gauge.dec).toHaveBeenCalledTimes(1), SOON)
  })

  test('is refused to a tenant without the operator naming it', async () => {
    const tenant = await makeTenant(database)
    const lost = listen(connect(served, ADMIN_KEY), DETECTED)
    await lost.done
    expect(lost.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    const inside = connect(served, undefined, {
      connectionParams: { authorization: `Bearer ${ADMIN_KEY}`, tenantId: tenant.id },
    })
    const heard = listen(inside, DETECTED)
    await untilLive(database, served, tenant.id, () => heard.received.length)
  })
})
