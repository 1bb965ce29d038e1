import { createHmac, generateKeyPairSync } from 'node:crypto'
import { decodeJwt, type JWTPayload, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { TokenExpired } from '../../src/tenancy/access-tokens.ts'
import { createApiKey, revokeApiKey } from '../../src/tenancy/api-keys.ts'
import { suspendTenant } from '../../src/tenancy/tenant.ts'
import { createVault } from '../../src/tenancy/vault.ts'
import { testDatabase } from '../support/database.ts'
import { clock } from '../support/stepped-clock.ts'
import { ADMIN_KEY, forbidden, keepGate, unauthenticated } from './gatekeeper.ts'
import { acting, newTenant, vault } from './office.ts'

const database = await testDatabase()
const { authenticator, authenticatorWith, ask } = keepGate(database)

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
