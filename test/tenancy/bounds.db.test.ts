import { describe, expect, it } from 'vitest'
import { createApiKey, listApiKeys, revokeApiKey } from '../../src/tenancy/api-keys.ts'
import { addSecret, listSecrets, retireSecret } from '../../src/tenancy/secrets.ts'
import { testDatabase } from '../support/database.ts'
import { clock } from '../support/stepped-clock.ts'
import { acting, newTenant } from './office.ts'

const database = await testDatabase()

const conflict = expect.objectContaining({ code: 'CONFLICT' })

const rows = (tenantId: string, count: number, revokedAt: Date | null) =>
  Array.from({ length: count }, (_, n) => ({
    tenantId,
    id: `key_${tenantId}_${n}`,
    name: `${n}`,
    role: 'VIEWER',
    prefix: 'bw_live_x',
    hash: `hash ${tenantId} ${n}`,
    createdAt: new Date(clock.now().getTime() + n),
    revokedAt,
  }))

describe('the keys of a tenant', () => {
  it('are at most a hundred that work; one revoked or expired makes room, also when several are made at once', async () => {
    const { scope, id: tenantId } = await newTenant(database)
    const make = (expiresAt?: Date) => createApiKey(scope, acting, { name: 'a', role: 'VIEWER', expiresAt })
    const expiring = await make(new Date(clock.now().getTime() + 60_000))
    await scope.db.apiKey.createMany({ data: rows(tenantId, 98, null) })
    await expect(make()).rejects.toEqual(conflict)
    await revokeApiKey(scope, acting, expiring.apiKey.id)
    const results = await Promise.allSettled([make(new Date(clock.now().getTime() + 60_000)), make(), make()])
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await listApiKeys(scope)).filter(({ revokedAt }) => !revokedAt)).toHaveLength(100)
  })

  it('are listed with those that ended last, and no more', async () => {
    const { scope, id: tenantId } = await newTenant(database)
    const ended = rows(tenantId, 450, clock.now())
    await scope.db.apiKey.createMany({ data: ended })
    await createApiKey(scope, acting, { name: 'newest', role: 'VIEWER' })
    const names = (await listApiKeys(scope)).map(({ name }) => name)
    expect(names.filter((name) => /^\d+$/.test(name))).toEqual(ended.slice(50).map(({ name }) => name))
    expect(names).toHaveLength(402)
  })
})

it('the secrets of an endpoint that were retired are listed up to a number', async () => {
  const { scope } = await newTenant(database)
  for (let n = 0; n < 50; n++) {
    const { id } = await addSecret(scope, acting, { secret: `whsec_0123456789abcdefghij${n}` })
    clock.forward(1)
    await retireSecret(scope, acting, id)
  }
  await addSecret(scope, acting, { secret: 'whsec_0123456789abcdefghijlast' })
  expect(await listSecrets(scope)).toHaveLength(42)
})
