import { createHmac, generateKeyPairSync } from 'node:crypto'
import { decodeJwt, type JWTPayload, SignJWT } from 'jose'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { TokenExpired } from '../../src/tenancy/access-tokens.ts'
import { createApiKey, listApiKeys, revokeApiKey } from '../../src/tenancy/api-keys.ts'
import { Authenticator } from '../../src/tenancy/authenticate.ts'
import { newApiKey } from '../../src/tenancy/keys.ts'
import { resumeTenant, suspendTenant } from '../../src/tenancy/tenant.ts'
import { markDeleted } from '../../src/tenancy/tenants.ts'
import { createVault } from '../../src/tenancy/vault.ts'
import { testDatabase } from '../support/database.ts'
import { acting, clock, newTenant, quiet, vault } from './office.ts'

const ADMIN_KEY = 'bw_admin_0123456789abcdefghijklmn'

let database: Database
let authenticator: Authenticator
beforeAll(async () => {
  database = await testDatabase()
  authenticator = authenticatorWith({})
})
afterEach(() => authenticator.close())

const authenticatorWith = (parts: Partial<ConstructorParameters<typeof Authenticator>[0]>) =>
  new Authenticator({ database, vault, clock, adminKey: ADMIN_KEY, log: quiet, ...parts })

const ask = (key: string, tenantId?: string) =>
  authenticator.authenticate({ authorization: `Bearer ${key}`, tenantId })

const unauthenticated = expect.objectContaining({ code: 'UNAUTHENTICATED' })
const forbidden = expect.objectContaining({ code: 'FORBIDDEN' })

describe('a tenant key', () => {
  it('says whose it is, with which role, and who acts', async () => {
    const { id, key, apiKey, scope } = await newTenant(database)
    expect(await ask(key)).toEqual({
      actor: { kind: 'API_KEY', name: 'first admin key' },
      operator: false,
      tenantId: id,
      role: 'ADMIN',
      keyId: apiKey.id,
      expiresAt: undefined,
    })
    const viewer = await createApiKey(scope, acting, { role: 'VIEWER', name: 'wall' })
    expect(await ask(viewer.key, id)).toMatchObject({ role: 'VIEWER', tenantId: id })
  })

  it('is taken with any case of the scheme, and as the bare string of connectionParams', async () => {
    const { id, key } = await newTenant(database)
    for (const authorization of [`bearer ${key}`, `BEARER  ${key}`, key]) {
      expect(await authenticator.authenticate({ authorization, tenantId: undefined })).toMatchObject({
        tenantId: id,
      })
    }
  })

  it('is refused from the moment it is revoked, expired, or its tenant is suspended or deleted', async () => {
    const { id, key, scope } = await newTenant(database)
    const expiresAt = new Date(clock.now().getTime() + 1_000)
    const brief = await createApiKey(scope, acting, { role: 'VIEWER', expiresAt })
    clock.forward(0.999)
    await expect(ask(brief.key)).resolves.toBeDefined()
    clock.forward(0.001)
    await expect(ask(brief.key)).rejects.toEqual(unauthenticated)

    const other = await createApiKey(scope, acting, { role: 'VIEWER' })
    await revokeApiKey(scope, acting, other.apiKey.id)
    await expect(ask(other.key)).rejects.toEqual(unauthenticated)

    await suspendTenant(scope, acting)
    await expect(ask(key)).rejects.toEqual(unauthenticated)
    await resumeTenant(scope, acting)
    await expect(ask(key)).resolves.toBeDefined()
    await markDeleted(database, acting, id)
    await expect(ask(key)).rejects.toEqual(unauthenticated)
  })

  it('attack: unknown, mistyped, revoked and missing credentials get the very same answer', async () => {
    const { key, apiKey, scope } = await newTenant(database)
    await revokeApiKey(scope, acting, apiKey.id)
    const changed = key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a')
    const wrong = [
      key,
      newApiKey().key,
      changed,
      '',
      'x',
      'a.b.c',
      'bw_admin_wrong',
      '\u0000',
      `${key}\u0000`,
    ]
    const answers = await Promise.all(
      wrong.map((text) =>
        ask(text).then(
          () => 'let in',
          (error: unknown) =>
            JSON.stringify([Object(error).code, Object(error).message, Object(error).details]),
        ),
      ),
    )
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).toContain('UNAUTHENTICATED')
  })

  it("attack: x-tenant-id opens neither another tenant nor, alone, one's own", async () => {
    const [a, b] = [await newTenant(database), await newTenant(database)]
    await expect(ask(a.key, b.id)).rejects.toEqual(forbidden)
    await expect(ask(a.key, `${a.id},${b.id}`)).rejects.toEqual(forbidden)
    await expect(ask(a.key, 'ten_nobody')).rejects.toEqual(forbidden)
    await expect(authenticator.authenticate({ authorization: undefined, tenantId: a.id })).rejects.toEqual(
      unauthenticated,
    )
  })

  it('shows when it was last used, written at most once a minute and never on the way', async () => {
    const { key, scope } = await newTenant(database)
    const lastUsed = async () => (await listApiKeys(scope))[0]?.lastUsedAt
    const first = clock.now()
    await ask(key)
    expect(await lastUsed()).toBeNull()
    await authenticator.close()
    expect(await lastUsed()).toEqual(first)
    clock.forward(59)
    await ask(key)
    await authenticator.close()
    expect(await lastUsed()).toEqual(first)
    clock.forward(1)
    await ask(key)
    await authenticator.close()
    expect(await lastUsed()).toEqual(clock.now())
  })
})

describe('the operator key', () => {
  it('acts in no tenant, or as ADMIN in the one that is named, also a suspended one', async () => {
    const { id, scope } = await newTenant(database)
    expect(await ask(ADMIN_KEY)).toMatchObject({ operator: true, tenantId: undefined, role: undefined })
    await suspendTenant(scope, acting)
    expect(await ask(ADMIN_KEY, id)).toMatchObject({ operator: true, tenantId: id, role: 'ADMIN' })
  })

  it.each(['ten_nobody', '\u0000', "ten_' OR 1=1"])('finds no tenant %j', async (id) => {
    await expect(ask(ADMIN_KEY, id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('attack: nothing is the operator key where none is configured', async () => {
    const without = authenticatorWith({ adminKey: undefined })
    for (const authorization of [`Bearer ${ADMIN_KEY}`, 'Bearer ', 'Bearer undefined', '']) {
      await expect(without.authenticate({ authorization, tenantId: undefined })).rejects.toEqual(
        unauthenticated,
      )
    }
  })
})

describe('an access token', () => {
  it('is good for its tenant, role and subject until it ends, exactly', async () => {
    const { id, key, apiKey } = await newTenant(database)
    const { token, expiresAt } = await authenticator.createAccessToken(await ask(key), {
      role: 'MEMBER',
      ttlSeconds: 60,
      subject: 'Ada',
    })
    expect(await ask(token, id)).toEqual({
      actor: { kind: 'ACCESS_TOKEN', name: 'Ada' },
      operator: false,
      tenantId: id,
      role: 'MEMBER',
      keyId: apiKey.id,
      expiresAt,
    })
    const left = (expiresAt.getTime() - clock.now().getTime()) / 1000
    expect(left).toBeGreaterThanOrEqual(60)
    expect(left).toBeLessThan(61)
    clock.forward(left - 0.001)
    await expect(ask(token)).resolves.toBeDefined()
    clock.forward(0.001)
    await expect(ask(token)).rejects.toBeInstanceOf(TokenExpired)
  })

  it('is a VIEWER for a quarter of an hour unless more is asked for', async () => {
    const { key } = await newTenant(database)
    const { token, expiresAt } = await authenticator.createAccessToken(await ask(key), {})
    expect((await ask(token)).role).toBe('VIEWER')
    expect(Math.floor((expiresAt.getTime() - clock.now().getTime()) / 1000)).toBe(900)
  })

  it('ends with the key that made it, and with its tenant', async () => {
    const { id, key, scope, apiKey } = await newTenant(database)
    const { token } = await authenticator.createAccessToken(await ask(key), {})
    const byOperator = await authenticator.createAccessToken(await ask(ADMIN_KEY, id), { role: 'ADMIN' })
    expect(await ask(byOperator.token)).toMatchObject({ role: 'ADMIN', operator: false, tenantId: id })
    await revokeApiKey(scope, acting, apiKey.id)
    await expect(ask(token)).rejects.toEqual(unauthenticated)
    await expect(ask(byOperator.token)).resolves.toBeDefined()
    await suspendTenant(scope, acting)
    await expect(ask(byOperator.token)).rejects.toEqual(unauthenticated)
  })

  it('of an operator ends when the operator key is replaced', async () => {
    const { id } = await newTenant(database)
    const { token } = await authenticator.createAccessToken(await ask(ADMIN_KEY, id), {})
    for (const adminKey of ['bw_admin_another_one_of_24_characters', undefined]) {
      await expect(
        authenticatorWith({ adminKey }).authenticate({ authorization: token, tenantId: undefined }),
      ).rejects.toEqual(unauthenticated)
    }
  })

  it('attack: of an operator tells its holder nothing by which the operator key could be guessed', async () => {
    const { id } = await newTenant(database)
    const marks = ['one secret of a server, long enough', 'another secret of a server, as long'].map(
      async (secret) => {
        const server = authenticatorWith({ vault: createVault(secret) })
        const operator = await server.authenticate({ authorization: ADMIN_KEY, tenantId: id })
        const { token } = await server.createAccessToken(operator, {})
        return decodeJwt(token)['operator']
      },
    )
    const [one, another] = await Promise.all(marks)
    expect(one).toMatch(/^[0-9a-f]{16}$/)
    expect(another).not.toBe(one)
  })

  it('outlives a roll of BILLINGWATCH_SECRET', async () => {
    const { key } = await newTenant(database)
    const { token } = await authenticator.createAccessToken(await ask(key), {})
    const rolled = authenticatorWith({
      vault: createVault(
        'a wholly new secret of thirty-two characters',
        'a secret for tests, longer than thirty-two characters',
      ),
    })
    await expect(rolled.authenticate({ authorization: token, tenantId: undefined })).resolves.toMatchObject({
      role: 'VIEWER',
    })
  })

  it('attack: gives no more than its maker has: neither role, nor time, nor another tenant', async () => {
    const [a, b] = [await newTenant(database), await newTenant(database)]
    const member = await ask((await createApiKey(a.scope, acting, { role: 'MEMBER' })).key)
    await expect(authenticator.createAccessToken(member, { role: 'ADMIN' })).rejects.toEqual(forbidden)
    const first = await authenticator.createAccessToken(member, { ttlSeconds: 10 })
    const second = await authenticator.createAccessToken(await ask(first.token), { ttlSeconds: 80_000 })
    expect(second.expiresAt).toEqual(first.expiresAt)
    await expect(authenticator.createAccessToken(await ask(first.token), { role: 'MEMBER' })).rejects.toEqual(
      forbidden,
    )
    await expect(ask(first.token, b.id)).rejects.toEqual(forbidden)
    await expect(authenticator.createAccessToken(await ask(ADMIN_KEY), {})).rejects.toEqual(forbidden)
  })

  it.each([
    { ttlSeconds: 0 },
    { ttlSeconds: 86_401 },
    { ttlSeconds: 1.5 },
    { subject: 'a\nb' },
    { subject: '' },
  ])('is not made with %j', async (input) => {
    const { key } = await newTenant(database)
    await expect(authenticator.createAccessToken(await ask(key), input)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    })
  })

  describe('attack:', () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const read = (token: string, index: number): JWTPayload =>
      JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString())
    const good = async () => {
      const tenant = await newTenant(database)
      const { token } = await authenticator.createAccessToken(await ask(tenant.key), { role: 'VIEWER' })
      return { tenant, token, header: read(token, 0), payload: read(token, 1) }
    }
    const derived = vault.derive('access tokens')[0]
    if (!derived) throw new Error('no key')
    const sign = (payload: JWTPayload, header: object = {}, key: Uint8Array = derived.key) =>
      new SignJWT(payload).setProtectedHeader({ alg: 'HS256', kid: derived.keyId, ...header }).sign(key)

    it('the harness itself signs what is accepted', async () => {
      const { payload } = await good()
      await expect(ask(await sign(payload))).resolves.toBeDefined()
    })

    it.each(['none', 'None', 'NONE', 'HS512', 'RS256'])('alg %s is refused', async (alg) => {
      const { token, header, payload } = await good()
      const signature = token.split('.')[2]
      for (const end of ['', signature]) {
        const forged = `${part({ ...header, alg })}.${part({ ...payload, role: 'ADMIN' })}.${end}`
        await expect(ask(forged)).rejects.toEqual(unauthenticated)
      }
    })

    it('a changed payload, or a signature from another token, is refused', async () => {
      const [one, two] = [await good(), await good()]
      const [head, , signature] = one.token.split('.')
      await expect(ask(`${head}.${part({ ...one.payload, role: 'ADMIN' })}.${signature}`)).rejects.toEqual(
        unauthenticated,
      )
      await expect(ask(`${head}.${two.token.split('.')[1]}.${signature}`)).rejects.toEqual(unauthenticated)
    })

    it('a key of the attacker, brought in the header, is not used', async () => {
      const { payload } = await good()
      const { publicKey } = generateKeyPairSync('ed25519')
      const own = Buffer.alloc(32, 7)
      const jwk = { kty: 'oct', k: own.toString('base64url') }
      for (const header of [
        { jwk },
        { jku: 'http://127.0.0.1/keys' },
        { kid: 'other' },
        { kid: '../../dev/null' },
      ]) {
        await expect(ask(await sign(payload, header, own))).rejects.toEqual(unauthenticated)
      }
      const text = `${part({ alg: 'HS256', kid: derived.keyId })}.${part(payload)}`
      const pem = publicKey.export({ type: 'spki', format: 'pem' })
      const signature = createHmac('sha256', pem).update(text).digest('base64url')
      await expect(ask(`${text}.${signature}`)).rejects.toEqual(unauthenticated)
    })

    it('a key that was derived for something else does not sign', async () => {
      const { payload } = await good()
      const other = vault.derive('something else')[0]?.key
      await expect(ask(await sign(payload, {}, other))).rejects.toEqual(unauthenticated)
    })

    it.each<[string, Record<string, unknown>]>([
      ['no end', { exp: undefined }],
      ['another issuer', { iss: 'somebody' }],
      ['another audience', { aud: 'somewhere' }],
      ['an unknown role', { role: 'OWNER' }],
      ['neither key nor operator', { key: undefined }],
      ['both key and operator', { operator: 'x' }],
      ['a key that never was', { key: 'key_nobody' }],
      ["another tenant beside one's own key", { tenant: 'ten_nobody' }],
    ])('our own signature over %s is refused', async (_, change) => {
      const { payload } = await good()
      await expect(ask(await sign({ ...payload, ...change }))).rejects.toEqual(unauthenticated)
    })

    it('is an expired token that was forged told from one that was good', async () => {
      const { header, payload } = await good()
      const past = { ...payload, exp: 1 }
      await expect(ask(await sign(past))).rejects.toBeInstanceOf(TokenExpired)
      await expect(ask(`${part(header)}.${part(past)}.AAAA`)).rejects.not.toBeInstanceOf(TokenExpired)
    })
  })
})
