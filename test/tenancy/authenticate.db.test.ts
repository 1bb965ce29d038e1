import { describe, expect, it } from 'vitest'
import { createApiKey, listApiKeys, revokeApiKey } from '../../src/tenancy/api-keys.ts'
import { newKey } from '../../src/tenancy/keys.ts'
import { resumeTenant, suspendTenant } from '../../src/tenancy/tenant.ts'
import { markDeleted } from '../../src/tenancy/tenants.ts'
import { testDatabase } from '../support/database.ts'
import { clock } from '../support/stepped-clock.ts'
import { ADMIN_KEY, forbidden, keepGate, unauthenticated } from './gatekeeper.ts'
import { acting, newTenant } from './office.ts'

const database = await testDatabase()
const { authenticator, authenticatorWith, ask } = keepGate(database)

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
    const wrong = [key, newKey().key, changed, '', 'x', 'a.b.c', 'bw_admin_wrong', '\u0000', `${key}\u0000`]
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
