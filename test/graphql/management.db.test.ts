import { describe, expect, test, vi } from 'vitest'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { raise } from '../support/anomalies.ts'
import { SOON } from '../support/feed.ts'
import { ADMIN_KEY, ask, codeOf, data, keyOf, makeTenant, testApi } from '../support/graphql.ts'

const { database, served } = await testApi({ environment: { PUBLIC_URL: 'http://localhost:4000' } })

describe('keys', () => {
  test('are made, shown once, listed by prefix, and revoked', async () => {
    const tenant = await makeTenant(database)
    const { createApiKey } = (await data(
      served,
      tenant.key,
      'mutation { createApiKey(input: {name: "frontend", role: MEMBER, expiresAt: "2999-01-01T00:00:00Z"}) { secret apiKey { id name role prefix expiresAt revokedAt } } }',
    )) as { createApiKey: { secret: string; apiKey: { id: string; prefix: string } } }
    expect(createApiKey.secret.startsWith(createApiKey.apiKey.prefix)).toBe(true)
    expect(await data(served, createApiKey.secret, '{ viewer { role apiKey { name } } }')).toEqual({
      viewer: { role: 'MEMBER', apiKey: { name: 'frontend' } },
    })
    const list =
      '{ tenant { apiKeys(first: 1) { nodes { name } totalCount pageInfo { hasNextPage endCursor } } } }'
    expect(await data(served, tenant.key, list)).toMatchObject({
      tenant: {
        apiKeys: { nodes: [{ name: 'first admin key' }], totalCount: 2, pageInfo: { hasNextPage: true } },
      },
    })
    const revoke = 'mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { revokedAt } } }'
    const first = await data(served, tenant.key, revoke, { id: createApiKey.apiKey.id })
    expect(await data(served, tenant.key, revoke, { id: createApiKey.apiKey.id })).toEqual(first)
    expect((await ask(served, createApiKey.secret, '{ viewer { role } }')).status).toBe(401)
  })

  test.each([
    [
      'an expiry that has passed',
      '{name: "x", role: VIEWER, expiresAt: "2020-01-01T00:00:00Z"}',
      ['expiresAt'],
    ],
    ['no name', '{name: " ", role: VIEWER}', ['name']],
  ])('are not made with %s', async (_name, input, path) => {
    const tenant = await makeTenant(database)
    const { errors } = await ask(served, tenant.key, `mutation { createApiKey(input: ${input}) { secret } }`)
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', issues: [{ path }] } }])
  })
})

describe('endpoints and secrets', () => {
  test('are made, rolled and retired, and never shown', async () => {
    const tenant = await makeTenant(database)
    const { createWebhookEndpoint } = (await data(
      served,
      tenant.key,
      'mutation { createWebhookEndpoint(input: {name: "second"}) { webhookEndpoint { id name url } } }',
    )) as { createWebhookEndpoint: { webhookEndpoint: { id: string; url: string } } }
    const { id, url } = createWebhookEndpoint.webhookEndpoint
    expect(url).toMatch(/^http:\/\/localhost:4000\/webhook\/\w{32}$/)
    const secret = 'whsec_management_0123456789abcdefXYZ'
    const { addWebhookSecret } = (await data(
      served,
      tenant.key,
      'mutation($id: ID!, $secret: String!) { addWebhookSecret(input: {endpointId: $id, secret: $secret}) { webhookSecret { id hint } } }',
      { id, secret },
    )) as { addWebhookSecret: { webhookSecret: { id: string; hint: string } } }
    expect(addWebhookSecret.webhookSecret.hint).not.toBe(secret)
    const { rotateWebhookToken } = (await data(
      served,
      tenant.key,
      'mutation($id: ID!) { rotateWebhookToken(input: {endpointId: $id, graceSeconds: 60}) { webhookEndpoint { url previousTokenExpiresAt } } }',
      { id },
    )) as { rotateWebhookToken: { webhookEndpoint: { url: string; previousTokenExpiresAt: string } } }
    expect(rotateWebhookToken.webhookEndpoint.url).not.toBe(url)
    expect(rotateWebhookToken.webhookEndpoint.previousTokenExpiresAt).toEqual(expect.any(String))
    await data(
      served,
      tenant.key,
      'mutation($id: ID!) { retireWebhookSecret(input: {id: $id}) { webhookSecret { retiredAt } } }',
      { id: addWebhookSecret.webhookSecret.id },
    )
    const shown = await data(
      served,
      tenant.key,
      '{ tenant { webhookEndpoints { name secrets { hint retiredAt } } } }',
    )
    expect(shown).toMatchObject({
      tenant: {
        webhookEndpoints: [
          { name: 'default', secrets: [] },
          { name: 'second', secrets: [{ retiredAt: expect.any(String) }] },
        ],
      },
    })
    expect(JSON.stringify(shown)).not.toContain(secret)
    const log = await data(served, tenant.key, '{ activity { nodes { kind data } } }')
    expect(JSON.stringify(log)).toContain('WEBHOOK_TOKEN_ROTATED')
    expect(JSON.stringify(log)).not.toContain(secret)
  })

  test('tell what became of their deliveries, and how late they come', async () => {
    const tenant = await makeTenant(database)
    const { db } = scopeTo(database, tenant.id)
    const now = Date.now()
    const slot = Math.floor(now / 300_000)
    const counts = { accepted: 5, duplicates: 2, badSignature: 1, throttled: 3 }
    for (const at of [slot, slot - 1, slot - 1_000])
      await db.deliveryBucket.create({
        data: { tenantId: tenant.id, endpointId: tenant.endpointId, slot: at, ...counts },
      })
    for (const [index, lag] of [1, 2, 3, 4, 100].entries()) {
      await db.stripeEvent.create({
        data: {
          tenantId: tenant.id,
          stripeId: `evt_${index}`,
          endpointId: tenant.endpointId,
          livemode: true,
          type: 'charge.failed',
          createdAt: new Date(now - lag * 1_000),
          receivedAt: new Date(now),
          status: 'PROCESSED',
        },
      })
    }
    const query =
      '{ tenant { webhookEndpoints { deliveries { accepted duplicates badSignature throttled } lagSecondsP50 lagSecondsP95 } onboarding { name done doneAt } } }'
    expect(await data(served, tenant.key, query)).toEqual({
      tenant: {
        webhookEndpoints: [
          {
            deliveries: { accepted: 10, duplicates: 4, badSignature: 2, throttled: 6 },
            lagSecondsP50: 3,
            lagSecondsP95: 100,
          },
        ],
        onboarding: [
          { name: 'webhook-secret', done: false, doneAt: null },
          { name: 'first-event', done: true, doneAt: new Date(now).toISOString() },
          { name: 'live-mode', done: false, doneAt: null },
        ],
      },
    })
  })
})

describe('tenants', () => {
  test('are made once for each externalId, found, changed, suspended and deleted by the operator', async () => {
    const create =
      'mutation($input: CreateTenantInput!) { createTenant(input: $input) { tenant { id name } apiKey { role } secret } }'
    const input = {
      name: 'Initech',
      externalId: 'crm-7',
      timezone: 'America/New_York',
      webhookSecret: 'whsec_initech_0123456789',
    }
    const { createTenant } = (await data(served, ADMIN_KEY, create, { input })) as {
      createTenant: { tenant: { id: string }; apiKey: { role: string }; secret: string }
    }
    const { id } = createTenant.tenant
    expect(createTenant.apiKey.role).toBe('ADMIN')
    expect(await data(served, ADMIN_KEY, create, { input })).toEqual({
      createTenant: { tenant: { id, name: 'Initech' }, apiKey: null, secret: null },
    })
    expect(
      await data(
        served,
        ADMIN_KEY,
        '{ tenants(search: "INITE") { nodes { id externalId timezone suspended webhookEndpoints { name url secrets { hint } } apiKeys { totalCount } } totalCount } }',
      ),
    ).toMatchObject({
      tenants: {
        totalCount: 1,
        nodes: [
          {
            id,
            externalId: 'crm-7',
            timezone: 'America/New_York',
            suspended: false,
            webhookEndpoints: [
              { name: 'default', url: expect.stringContaining('/webhook/'), secrets: [expect.anything()] },
            ],
            apiKeys: { totalCount: 1 },
          },
        ],
      },
    })
    const update =
      'mutation($input: UpdateTenantInput!) { updateTenant(input: $input) { tenant { name rateLimit { requests seconds } } } }'
    expect(
      await data(served, ADMIN_KEY, update, {
        input: { id, name: 'Initrode', rateLimit: { requests: 5, seconds: 1 } },
      }),
    ).toEqual({ updateTenant: { tenant: { name: 'Initrode', rateLimit: { requests: 5, seconds: 1 } } } })
    expect(await data(served, ADMIN_KEY, update, { input: { id, rateLimit: null } })).toEqual({
      updateTenant: { tenant: { name: 'Initrode', rateLimit: { requests: 6000, seconds: 60 } } },
    })

    const act = (name: string) =>
      data(served, ADMIN_KEY, `mutation($id: ID!) { ${name}(input: {id: $id}) { tenant { suspended } } }`, {
        id,
      })
    expect(await act('suspendTenant')).toEqual({ suspendTenant: { tenant: { suspended: true } } })
    expect(await data(served, ADMIN_KEY, '{ tenants(suspended: true) { nodes { id } } }')).toEqual({
      tenants: { nodes: [{ id }] },
    })
    expect((await ask(served, createTenant.secret, '{ viewer { role } }')).status).toBe(401)
    expect(await act('resumeTenant')).toEqual({ resumeTenant: { tenant: { suspended: false } } })
    expect((await ask(served, createTenant.secret, '{ viewer { role } }')).status).toBe(200)

    const remove =
      'mutation($id: ID!, $name: String!) { deleteTenant(input: {id: $id, confirmName: $name}) { deletedTenantId } }'
    expect(await codeOf(served, ADMIN_KEY, remove, { id, name: 'Initech' })).toBe('BAD_USER_INPUT')
    expect(await data(served, ADMIN_KEY, remove, { id, name: 'Initrode' })).toEqual({
      deleteTenant: { deletedTenantId: id },
    })
    expect((await ask(served, createTenant.secret, '{ viewer { role } }')).status).toBe(401)
    expect(await codeOf(served, ADMIN_KEY, remove, { id, name: 'Initrode' })).toBe('NOT_FOUND')
    await vi.waitFor(async () => expect(await database.prisma.tenant.count({ where: { id } })).toBe(0), SOON)
  })

  test('let their admin change name, zone and country, and nothing else', async () => {
    const tenant = await makeTenant(database)
    const update =
      'mutation($input: UpdateTenantInput!) { updateTenant(input: $input) { tenant { name timezone country } } }'
    const { id } = tenant
    expect(
      await data(served, tenant.key, update, { input: { id, name: 'New', timezone: 'Asia/Tokyo' } }),
    ).toEqual({
      updateTenant: { tenant: { name: 'New', timezone: 'Asia/Tokyo', country: 'JP' } },
    })
    expect(await data(served, tenant.key, update, { input: { id, country: 'KR' } })).toMatchObject({
      updateTenant: { tenant: { timezone: 'Asia/Tokyo', country: 'KR' } },
    })
    expect(
      await codeOf(served, tenant.key, update, { input: { id, rateLimit: { requests: 1, seconds: 1 } } }),
    ).toBe('FORBIDDEN')
    expect(await codeOf(served, tenant.key, update, { input: { id, timezone: 'Mars/Base' } })).toBe(
      'BAD_USER_INPUT',
    )
    const member = await keyOf(database, tenant, 'MEMBER')
    expect(await codeOf(served, member.key, update, { input: { id, name: 'x' } })).toBe('FORBIDDEN')
  })
})

describe('node', () => {
  test('takes every id that is shown, in order, and knows no other', async () => {
    const tenant = await makeTenant(database)
    await raise(database, tenant.id)
    const shown = await data(
      served,
      tenant.key,
      '{ tenant { id webhookEndpoints { id } apiKeys { nodes { id } } } anomalies { nodes { id activity { nodes { id } } } } detectors { id } }',
    )
    const ids = [...JSON.stringify(shown).matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id)
    const query = 'query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }'
    const { nodes } = (await data(served, tenant.key, query, { ids })) as { nodes: { id: string }[] }
    expect(nodes.map(({ id }) => id)).toEqual(ids)
    const odd = ['', 'x', 'anm_', 'act_', 'evn_%', 'det_x', 'ten_x', '__proto___', `act_${'A'.repeat(500)}`]
    expect(await data(served, tenant.key, query, { ids: odd })).toEqual({ nodes: odd.map(() => null) })
    expect(await codeOf(served, tenant.key, query, { ids: Array(101).fill('x') })).toBe('BAD_USER_INPUT')
  })
})
