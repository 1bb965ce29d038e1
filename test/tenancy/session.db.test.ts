import { describe, expect, test } from 'vitest'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { systemClock } from '../../src/time.ts'
import { ask, data, EXPOSED, keyOf, makeTenant, serveGraphql, testApi } from '../support/graphql.ts'
import { cookieOf, HOME, send, sessionsAt, VIEWER } from '../support/sessions.ts'

const { database, served } = await testApi()
const { signIn, tokenOf, tokenStatus } = sessionsAt(served)

describe('signing in', () => {
  test('gives a cookie that no script can read, of which only the hash is stored', async () => {
    const tenant = await makeTenant(database)
    const response = await send(served, 'POST', '/session', { key: tenant.key, name: ' Ann ' })
    expect(response.status).toBe(204)
    const cookie = response.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/^bw_session=[0-9A-Za-z]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/)
    const [row] = await scopeTo(database, tenant.id).db.session.findMany({ where: { tenantId: tenant.id } })
    expect(row).toMatchObject({ name: 'Ann' })
    expect(JSON.stringify(row)).not.toContain(cookie.slice(11, 54))
    const shown = await send(served, 'GET', '/session', undefined, { cookie: cookieOf(response) })
    expect(shown.status).toBe(200)
    expect(await shown.json()).toMatchObject({
      id: row?.id,
      name: 'Ann',
      tenantId: tenant.id,
      operator: false,
    })
  })

  test('gives tokens of the API with the role of the key and the name of the person', async () => {
    const tenant = await makeTenant(database)
    const { key } = await keyOf(database, tenant, 'MEMBER')
    const cookie = await signIn(key, 'Grace Hopper')
    const { token, role, name, expiresAt } = await tokenOf(cookie)
    expect({ role, name }).toEqual({ role: 'MEMBER', name: 'Grace Hopper' })
    const minutes = (Date.parse(expiresAt) - systemClock.now().getTime()) / 60_000
    expect(minutes).toBeGreaterThan(10)
    expect(minutes).toBeLessThanOrEqual(15.1)
    expect(await data(served, token, VIEWER)).toEqual({
      viewer: { name: 'Grace Hopper', role: 'MEMBER', operator: false, tenant: { id: tenant.id } },
    })
    expect(await tokenStatus(cookie, { tenantId: tenant.id })).toBe(200)
    expect(await tokenStatus(cookie, { tenantId: (await makeTenant(database)).id })).toBe(403)
  })

  test('is refused for whatever is no key, with the same words', async () => {
    const tenant = await makeTenant(database)
    const { createAccessToken } = await data(
      served,
      tenant.key,
      'mutation { createAccessToken(input: {role: ADMIN}) { token } }',
    )
    const given = [
      'bw_live_nothing',
      'bw_admin_nothing',
      '',
      (createAccessToken as { token: string }).token,
      `${tenant.key.slice(0, -1)}_`,
    ]
    for (const key of given) {
      const response = await send(served, 'POST', '/session', { key, name: 'Ann' })
      expect([key, response.status]).toEqual([key, 401])
      expect(response.headers.get('set-cookie')).toBeNull()
      expect(await response.json()).toMatchObject({ error: { code: 'UNAUTHENTICATED' } })
    }
  })

  test.each([
    ['no name', {}],
    ['an empty name', { name: ' ' }],
    ['a name with a line end', { name: 'a\nb' }],
    ['no JSON', '{'],
    ['a list', []],
  ])('is refused with %s', async (_name, over) => {
    const tenant = await makeTenant(database)
    const body = typeof over === 'string' || Array.isArray(over) ? over : { key: tenant.key, ...over }
    const response = await send(served, 'POST', '/session', body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'BAD_USER_INPUT' } })
  })

  test('makes an address wait after ten failed tries, and lets a good key in all the same', async () => {
    const alone = await serveGraphql(database)
    const tenant = await makeTenant(database)
    const tries: number[] = []
    for (let n = 0; n < 11; n++)
      tries.push((await send(alone, 'POST', '/session', { key: `bw_live_${n}`, name: 'x' })).status)
    expect(tries).toEqual([...Array(10).fill(401), 429])
    const refused = await send(alone, 'POST', '/session', { key: 'bw_live_x', name: 'x' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    await signIn(tenant.key, 'Ann', alone)
    await alone.stop()
  })

  test('needs https where it is not a local set-up, and has a cookie that stays on this host', async () => {
    const tenant = await makeTenant(database)
    const safe = await serveGraphql(database, { environment: EXPOSED })
    const response = await send(safe, 'POST', '/session', { key: tenant.key, name: 'Ann' })
    expect(response.headers.get('set-cookie')).toMatch(/^__Host-bw_session=.+; Path=\/; .+; Secure$/)
    expect(await tokenStatus(cookieOf(response), {}, safe)).toBe(200)
    await safe.stop()
    const bare = await serveGraphql(database, {
      environment: { ...EXPOSED, PUBLIC_URL: 'http://billing.example.com' },
    })
    const refused = await send(bare, 'POST', '/session', { key: tenant.key, name: 'Ann' })
    expect(refused.status).toBe(403)
    expect(JSON.stringify(await refused.json())).toContain('https')
    await bare.stop()
  })
})

describe('a request for a session from another site', () => {
  const ROUTES = [
    ['POST', '/session'],
    ['GET', '/session'],
    ['DELETE', '/session'],
    ['POST', '/session/token'],
  ] as const

  test.each(ROUTES)('%s %s is refused, and changes nothing', async (method, path) => {
    const tenant = await makeTenant(database)
    const cookie = await signIn(tenant.key)
    const body = method === 'POST' ? JSON.stringify({ key: tenant.key, name: 'Ann' }) : undefined
    const json = { 'content-type': 'application/json', cookie }
    const attacks: Record<string, string>[] = [
      json,
      { ...json, 'sec-fetch-site': 'cross-site' },
      { ...json, 'sec-fetch-site': 'same-site' },
      { ...json, 'sec-fetch-site': 'cross-site', origin: served.url },
      { ...json, origin: 'https://evil.example' },
      { ...json, origin: 'null' },
      { ...json, origin: 'nonsense' },
      ...(body === undefined ? [] : [{ ...json, ...HOME, 'content-type': 'text/plain' }]),
    ]
    for (const headers of attacks) {
      const response = await fetch(`${served.url}${path}`, { method, headers, body: body ?? null })
      expect([headers, response.status]).toEqual([headers, 403])
      expect(response.headers.get('set-cookie')).toBeNull()
    }
    expect(await tokenStatus(cookie)).toBe(200)
  })

  test('is let in by an equal Origin where the browser says no more', async () => {
    const tenant = await makeTenant(database)
    const response = await fetch(`${served.url}/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: served.url },
      body: JSON.stringify({ key: tenant.key, name: 'Ann' }),
    })
    expect(response.status).toBe(204)
  })

  test('by another method is refused with those that there are', async () => {
    const response = await send(served, 'PUT', '/session', {})
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, DELETE'])
  })
})

test("a tenant's sessions are listed for its admins, and are nobody else's", async () => {
  const tenant = await makeTenant(database)
  const { token } = await tokenOf(await signIn(tenant.key, 'Ann'))
  await signIn((await keyOf(database, tenant, 'VIEWER')).key, 'Ben')
  const { tenant: own } = await data(
    served,
    token,
    '{ tenant { sessions { id name current endedAt expiresAt apiKey { role } } } }',
  )
  const { sessions } = own as { sessions: { id: string; name: string }[] }
  expect(sessions.map(({ name }) => name).sort()).toEqual(['Ann', 'Ben'])
  expect(sessions.find(({ name }) => name === 'Ann')).toMatchObject({ current: true, endedAt: null })
  expect(sessions.find(({ name }) => name === 'Ben')).toMatchObject({
    current: false,
    apiKey: { role: 'VIEWER' },
  })
  const id = sessions[0]?.id ?? ''
  const node = `{ node(id: "${id}") { __typename ... on Session { name } } }`
  expect(await data(served, token, node)).toMatchObject({ node: { __typename: 'Session' } })
  const { key: member } = await keyOf(database, tenant, 'MEMBER')
  const stranger = await makeTenant(database)
  for (const key of [member, stranger.key]) {
    expect(await data(served, key, node)).toEqual({ node: null })
    const { errors } = await ask(
      served,
      key,
      `mutation { revokeSession(input: {id: "${id}"}) { session { id } } }`,
    )
    expect(errors[0]?.extensions['code']).toBe(key === member ? 'FORBIDDEN' : 'NOT_FOUND')
  }
  expect(await data(served, token, VIEWER)).toBeTruthy()
})
