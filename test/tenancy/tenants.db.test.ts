import { describe, expect, it } from 'vitest'
import { StoredMemory } from '../../src/storage/detection/stored-memory.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import type { Insert, SystemSql } from '../../src/storage/sql.ts'
import { createApiKey, listApiKeys, revokeApiKey } from '../../src/tenancy/api-keys.ts'
import { addEndpoint, openToken } from '../../src/tenancy/endpoints.ts'
import { isApiKey } from '../../src/tenancy/keys.ts'
import { addSecret } from '../../src/tenancy/secrets.ts'
import { resumeTenant, showTenant, suspendTenant, updateTenant } from '../../src/tenancy/tenant.ts'
import { createTenant, listTenants } from '../../src/tenancy/tenants.ts'
import { testDatabase } from '../support/database.ts'
import { clock } from '../support/stepped-clock.ts'
import { acting, bad, kindsOf, newTenant, notFound, STRIPE_SECRET, vault } from './office.ts'

const database = await testDatabase()

describe('making a tenant', () => {
  it('gives an endpoint, a key shown once, a claim, and a feed that tells of it all', async () => {
    const { tenant, endpoint, token, apiKey, key, scope } = await newTenant(database, '  Acme  ')
    expect(tenant).toMatchObject({ name: 'Acme', timezone: 'UTC', suspendedAt: null })
    expect(endpoint.name).toBe('default')
    expect(openToken(vault, endpoint)).toBe(token)
    expect(isApiKey(key)).toBe(true)
    expect(apiKey.role).toBe('ADMIN')
    expect(await scope.db.claim.count()).toBe(1)
    expect(await kindsOf(scope)).toEqual([
      'TENANT_CREATED',
      'WEBHOOK_ENDPOINT_CREATED',
      'WEBHOOK_SECRET_ADDED',
      'API_KEY_CREATED',
    ])
    expect((await showTenant(scope)).seq).toBe(4n)
  })

  it('gives the rows as they are stored', async () => {
    const { tenant, endpoint, apiKey, scope } = await newTenant(database)
    const { tenantId } = scope
    expect(await scope.db.tenant.findFirst()).toEqual(tenant)
    expect(await scope.db.webhookEndpoint.findMany({ where: { tenantId } })).toEqual([endpoint])
    expect(await scope.db.apiKey.findMany({ where: { tenantId } })).toEqual([apiKey])
  })

  it('takes one transaction of a few inserts, and none of the client that would take ten times the CPU', async () => {
    const prisma = new Proxy(database.prisma, {
      get: (_, name) => {
        throw new Error(`${String(name)} was asked of the client`)
      },
    })
    const begun: string[][] = []
    const write: SystemSql['write'] = (work) =>
      database.sql.write((tx) => {
        const inserts: string[] = []
        begun.push(inserts)
        const counting = {
          enter: tx.enter.bind(tx),
          all: tx.all.bind(tx),
          run: tx.run.bind(tx),
          insert: (statement: Insert, rows: Parameters<typeof tx.insert>[1]) => {
            inserts.push(statement.table)
            return tx.insert(statement, rows)
          },
        }
        return work(counting)
      })
    const counted = { ...database, prisma, sql: { ...database.sql, write } }
    await createTenant(counted, acting, { name: 'Cheap', externalId: 'crm-2', webhookSecret: STRIPE_SECRET })
    expect(begun).toEqual([['Tenant', 'Claim', 'WebhookEndpoint', 'WebhookSecret', 'ApiKey', 'Activity']])
  })

  it('leaves neither key, token nor secret readable in any of its rows', async () => {
    const { token, key, scope } = await newTenant(database)
    const rows = JSON.stringify(
      [
        await scope.db.webhookEndpoint.findMany(),
        await scope.db.webhookSecret.findMany(),
        await scope.db.apiKey.findMany(),
        await scope.db.activity.findMany(),
      ],
      (_, value) => (typeof value === 'bigint' ? String(value) : value),
    )
    for (const hidden of [token, key, STRIPE_SECRET]) expect(rows).not.toContain(hidden)
  })

  it('makes one tenant for an externalId, however often and at once it is asked for', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => createTenant(database, acting, { name: 'Once', externalId: 'crm-1' })),
    )
    expect(answers.filter(({ existing }) => !existing)).toHaveLength(1)
    expect(new Set(answers.map(({ tenant }) => tenant.id)).size).toBe(1)
    expect(await database.prisma.tenant.count({ where: { externalId: 'crm-1' } })).toBe(1)
  })

  it.each([
    [{ name: '  ' }, /name must not be empty/],
    [{ name: 'x'.repeat(201) }, /at most 200/],
    [{ name: 'a\u0000b' }, /control characters/],
    [{ name: 'a\ud800b' }, /control characters/],
    [{ name: 'Acme', timezone: 'Mars/Olympus' }, /IANA/],
    [{ name: 'Acme', timezone: '+02:00' }, /IANA/],
    [{ name: 'Acme', country: 'UK' }, /ISO 3166-1/],
    [{ name: 'Acme', country: 'Germany' }, /ISO 3166-1/],
    [{ name: 'Acme', webhookSecret: 'sk_live_123456' }, /whsec_/],
    [{ name: 'Acme', webhookSecret: 'whsec_' }, /whsec_/],
  ])('refuses %j', async (input, issue) => {
    await expect(createTenant(database, acting, input)).rejects.toEqual(bad(issue))
  })

  it('names every thing that is wrong, with its path', async () => {
    await expect(createTenant(database, acting, { name: '', timezone: 'x' })).rejects.toMatchObject({
      details: { issues: [{ path: ['name'] }, { path: ['timezone'] }] },
    })
  })
})

describe('the list of tenants', () => {
  it('finds by part of the name in any case, by externalId, by id, and by whether it is suspended', async () => {
    const { id, scope } = await newTenant(database, 'Zwölf ÄPFEL 100%')
    const names = async (query: Parameters<typeof listTenants>[1]) =>
      (await listTenants(database, query)).map((tenant) => tenant.id)
    expect(await names({ search: 'äpfel' })).toEqual([id])
    expect(await names({ search: '0%' })).toEqual([id])
    expect(await names({ search: id })).toEqual([id])
    expect(await names({ search: 'no such thing' })).toEqual([])
    await suspendTenant(scope, acting)
    expect(await names({ search: 'äpfel', suspended: false })).toEqual([])
    expect(await names({ search: 'äpfel', suspended: true })).toEqual([id])
  })
})

describe('a tenant', () => {
  it('changes name, zone and limit, and records only what changed, with what it was', async () => {
    const { scope } = await newTenant(database)
    await updateTenant(scope, acting, { timezone: 'Asia/Kolkata', rateLimit: { requests: 5, seconds: 10 } })
    const again = await updateTenant(scope, acting, { timezone: 'Asia/Kolkata' })
    expect(again).toMatchObject({ timezone: 'Asia/Kolkata', rateRequests: 5, rateSeconds: 10 })
    expect(await updateTenant(scope, acting, { rateLimit: null })).toMatchObject({ rateRequests: null })
    const updates = await scope.db.activity.findMany({
      where: { kind: 'TENANT_UPDATED' },
      orderBy: { seq: 'asc' },
    })
    expect(updates.map(({ data }) => JSON.parse(data ?? ''))).toEqual([
      {
        timezone: 'Asia/Kolkata',
        rateRequests: 5,
        rateSeconds: 10,
        former: { timezone: 'UTC', rateRequests: null, rateSeconds: null },
      },
      { rateRequests: null, rateSeconds: null, former: { rateRequests: 5, rateSeconds: 10 } },
    ])
    await expect(updateTenant(scope, acting, { rateLimit: { requests: 0, seconds: 1 } })).rejects.toEqual(
      bad(/at least 1/),
    )
  })

  it('has the country of its zone until one is set, and again when that is taken back', async () => {
    const { id, scope } = await newTenant(database)
    const memory = new StoredMemory(scope.sql, id)
    const versionOf = async () => (await scope.db.claim.findFirst())?.version ?? 0
    expect(await memory.place()).toEqual({ timezone: 'UTC', country: undefined })
    await updateTenant(scope, acting, { timezone: 'Europe/Berlin' })
    expect(await memory.place()).toEqual({ timezone: 'Europe/Berlin', country: 'DE' })
    const version = await versionOf()
    await updateTenant(scope, acting, { country: 'at' })
    expect(await memory.place()).toEqual({ timezone: 'Europe/Berlin', country: 'AT' })
    expect(await versionOf(), 'what is judged meanwhile is judged again').toBeGreaterThan(version)
    await updateTenant(scope, acting, { country: null })
    expect(await memory.place()).toEqual({ timezone: 'Europe/Berlin', country: 'DE' })
  })

  it('is suspended and resumed once, however often that is said', async () => {
    const { scope } = await newTenant(database)
    await suspendTenant(scope, acting)
    expect((await suspendTenant(scope, acting)).suspendedAt).not.toBeNull()
    await resumeTenant(scope, acting)
    expect((await resumeTenant(scope, acting)).suspendedAt).toBeNull()
    expect((await kindsOf(scope)).slice(4)).toEqual(['TENANT_SUSPENDED', 'TENANT_RESUMED'])
  })

  it('that never was is not found, by any act', async () => {
    const nobody = scopeTo(database, 'ten_nobody')
    await expect(showTenant(nobody)).rejects.toEqual(notFound)
    await expect(updateTenant(nobody, acting, { name: 'x' })).rejects.toEqual(notFound)
    await expect(suspendTenant(nobody, acting)).rejects.toEqual(notFound)
    await expect(addEndpoint(nobody, acting, { name: 'x' })).rejects.toEqual(notFound)
    await expect(addSecret(nobody, acting, { secret: STRIPE_SECRET })).rejects.toEqual(notFound)
    await expect(createApiKey(nobody, acting, { role: 'ADMIN' })).rejects.toEqual(notFound)
  })
})

describe('API keys', () => {
  it('have a role, a name and an end, are listed without their hash opening anything, and are revoked once', async () => {
    const { scope } = await newTenant(database)
    const expiresAt = new Date(clock.now().getTime() + 1000)
    const { apiKey } = await createApiKey(scope, acting, { name: 'ci', role: 'MEMBER', expiresAt })
    expect(apiKey).toMatchObject({ name: 'ci', role: 'MEMBER', expiresAt, revokedAt: null })
    const revoked = await revokeApiKey(scope, acting, apiKey.id)
    clock.forward(5)
    expect(await revokeApiKey(scope, acting, apiKey.id)).toEqual(revoked)
    expect((await listApiKeys(scope)).map(({ name }) => name)).toEqual(['first admin key', 'ci'])
    expect((await kindsOf(scope)).slice(4)).toEqual(['API_KEY_CREATED', 'API_KEY_REVOKED'])
  })

  it('do not end before they begin', async () => {
    const { scope } = await newTenant(database)
    await expect(createApiKey(scope, acting, { role: 'VIEWER', expiresAt: clock.now() })).rejects.toEqual(
      bad(/in the future/),
    )
  })

  it("attack: another tenant's key cannot be revoked", async () => {
    const [a, b] = [await newTenant(database), await newTenant(database)]
    await expect(revokeApiKey(b.scope, acting, a.apiKey.id)).rejects.toEqual(notFound)
    expect((await listApiKeys(a.scope))[0]?.revokedAt).toBeNull()
  })
})
