import { connect as netConnect } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import WebSocket from 'ws'
import { raise } from '../support/anomalies.ts'
import { DETECTED, SOON, untilLive } from '../support/feed.ts'
import {
  ADMIN_KEY,
  connect,
  type Json,
  listen,
  makeTenant,
  serveGraphql,
  testApi,
} from '../support/graphql.ts'

const { database, served } = await testApi()

describe('a socket', () => {
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
