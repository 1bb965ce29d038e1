import { describe, expect, test } from 'vitest'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { revokeApiKey } from '../../src/tenancy/api-keys.ts'
import { suspendTenant } from '../../src/tenancy/tenant.ts'
import { systemClock } from '../../src/time.ts'
import {
  ADMIN_KEY,
  acting,
  codeOf,
  data,
  keyOf,
  makeTenant,
  serveGraphql,
  testApi,
} from '../support/graphql.ts'
import { rawSocket } from '../support/raw-socket.ts'
import { send, sessionsAt, VIEWER } from '../support/sessions.ts'

const { database, served } = await testApi()
const { signIn, tokenOf, tokenStatus } = sessionsAt(served)

describe('a session ends', () => {
  const signedIn = async () => {
    const tenant = await makeTenant(database)
    const made = await keyOf(database, tenant, 'ADMIN')
    const cookie = await signIn(made.key)
    const { token } = await tokenOf(cookie)
    const socket = await rawSocket(served)
    socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })
    await socket.next('connection_ack')
    return { tenant, keyId: made.id, cookie, token, socket, scope: scopeTo(database, tenant.id) }
  }

  const ENDS: Record<string, (session: Awaited<ReturnType<typeof signedIn>>) => Promise<unknown>> = {
    'by signing out': ({ cookie }) => send(served, 'DELETE', '/session', undefined, { cookie }),
    'when an admin ends it': async ({ tenant }) => {
      const { tenant: own } = await data(served, tenant.key, '{ tenant { sessions { id } } }')
      const [{ id } = { id: '' }] = (own as { sessions: { id: string }[] }).sessions
      return data(
        served,
        tenant.key,
        `mutation { revokeSession(input: {id: "${id}"}) { session { endedAt } } }`,
      )
    },
    'with its key': ({ scope, keyId }) => revokeApiKey(scope, acting, keyId),
    'with its tenant': ({ scope }) => suspendTenant(scope, acting),
  }

  test.each(Object.entries(ENDS))('%s, with its tokens and their sockets', async (_name, end) => {
    const session = await signedIn()
    expect(await data(served, session.token, VIEWER)).toBeTruthy()
    await end(session)
    expect(await codeOf(served, session.token, VIEWER)).toBe('UNAUTHENTICATED')
    expect(await tokenStatus(session.cookie)).toBe(401)
    const { status } = await send(served, 'GET', '/session', undefined, { cookie: session.cookie })
    expect(status).toBe(401)
    expect(await session.socket.closed).toBe(4401)
  })

  test('and its cookie is cleared; signing out twice is the same', async () => {
    const { cookie } = await signedIn()
    for (let n = 0; n < 2; n++) {
      const response = await send(served, 'DELETE', '/session', undefined, { cookie })
      expect(response.status).toBe(204)
      expect(response.headers.get('set-cookie')).toMatch(/^bw_session=; Max-Age=0; /)
    }
  })

  test('with tokens that were made from one of its own', async () => {
    const { token, cookie } = await signedIn()
    const { createAccessToken } = await data(
      served,
      token,
      'mutation { createAccessToken(input: {role: VIEWER}) { token } }',
    )
    const second = (createAccessToken as { token: string }).token
    expect(await data(served, second, VIEWER)).toBeTruthy()
    await send(served, 'DELETE', '/session', undefined, { cookie })
    expect(await codeOf(served, second, VIEWER)).toBe('UNAUTHENTICATED')
  })

  test('after 12 hours without use, and after 7 days however much it is used', async () => {
    let now = new Date('2026-03-02T10:00:00.000Z')
    const clock = { now: () => now, steady: () => systemClock.steady() }
    const hours = (count: number) => {
      now = new Date(now.getTime() + count * 3_600_000)
    }
    const then = await serveGraphql(database, { clock })
    const tenant = await makeTenant(database)
    const cookie = await signIn(tenant.key, 'Ann', then)
    hours(11.9)
    expect(await tokenStatus(cookie, {}, then)).toBe(200)
    hours(12)
    expect(await tokenStatus(cookie, {}, then)).toBe(401)
    const busy = await signIn(tenant.key, 'Ann', then)
    for (let used = 0; used < 167; used += 10) {
      expect(await tokenStatus(busy, {}, then)).toBe(200)
      hours(10)
    }
    expect(await tokenStatus(busy, {}, then)).toBe(401)
    await then.stop()
  })

  test('no earlier than the last token of its last minutes', async () => {
    let now = new Date('2026-03-02T10:00:00.000Z')
    const clock = { now: () => now, steady: () => systemClock.steady() }
    const then = await serveGraphql(database, { clock })
    const tenant = await makeTenant(database)
    const cookie = await signIn(tenant.key, 'Ann', then)
    await scopeTo(database, tenant.id).db.session.updateMany({
      where: { tenantId: tenant.id },
      data: { expiresAt: new Date(now.getTime() + 60_000) },
    })
    expect((await tokenOf(cookie, {}, then)).expiresAt).toBe('2026-03-02T10:01:00.000Z')
    now = new Date(now.getTime() + 60_000)
    expect(await tokenStatus(cookie, {}, then)).toBe(401)
    await then.stop()
  })
})

describe("an operator's session", () => {
  test('has no tenant until it chooses one, in which it acts as ADMIN under its own name', async () => {
    const tenant = await makeTenant(database)
    const cookie = await signIn(ADMIN_KEY, 'Olga')
    const wide = await tokenOf(cookie)
    expect(wide).toMatchObject({ role: null, name: 'Olga', operator: true })
    const minutes = (Date.parse(wide.expiresAt) - systemClock.now().getTime()) / 60_000
    expect(minutes).toBeLessThanOrEqual(5.1)
    expect(await data(served, wide.token, VIEWER)).toEqual({
      viewer: { name: 'Olga', role: null, operator: true, tenant: null },
    })
    expect(await data(served, wide.token, '{ tenants(first: 1) { nodes { id } } }')).toBeTruthy()
    expect(await codeOf(served, wide.token, '{ anomalies { totalCount } }')).toBe('FORBIDDEN')
    const inside = await tokenOf(cookie, { tenantId: tenant.id })
    expect(inside).toMatchObject({ role: 'ADMIN', name: 'Olga' })
    expect(await data(served, inside.token, VIEWER)).toEqual({
      viewer: { name: 'Olga', role: 'ADMIN', operator: false, tenant: { id: tenant.id } },
    })
    expect(await tokenStatus(cookie, { tenantId: 'ten_nobody' })).toBe(404)
    await send(served, 'DELETE', '/session', undefined, { cookie })
    for (const { token } of [wide, inside])
      expect(await codeOf(served, token, VIEWER)).toBe('UNAUTHENTICATED')
    expect(await tokenStatus(cookie)).toBe(401)
  })

  test('ends when the operator key is replaced', async () => {
    const cookie = await signIn(ADMIN_KEY, 'Olga')
    const replaced = await serveGraphql(database, {
      environment: { BILLINGWATCH_ADMIN_KEY: 'bw_admin_another_0123456789abcdefghijk' },
    })
    expect(await tokenStatus(cookie, {}, replaced)).toBe(401)
    await replaced.stop()
  })

  test('has sockets that end with it', async () => {
    const cookie = await signIn(ADMIN_KEY, 'Olga')
    const { token } = await tokenOf(cookie)
    const socket = await rawSocket(served)
    socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })
    await socket.next('connection_ack')
    await send(served, 'DELETE', '/session', undefined, { cookie })
    expect(await socket.closed).toBe(4401)
  })
})
