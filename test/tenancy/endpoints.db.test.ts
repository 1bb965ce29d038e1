import { describe, expect, it } from 'vitest'
import { EndpointDirectory } from '../../src/tenancy/endpoint-directory.ts'
import {
  addEndpoint,
  listEndpoints,
  openToken,
  resolveEndpoint,
  rotateToken,
  webhookUrl,
} from '../../src/tenancy/endpoints.ts'
import { rewrapAll } from '../../src/tenancy/rewrap.ts'
import { addSecret, listSecrets, openSecret, retireSecret } from '../../src/tenancy/secrets.ts'
import { createVault } from '../../src/tenancy/vault.ts'
import { testDatabase } from '../support/database.ts'
import { endpointRow } from '../support/rows.ts'
import { clock } from '../support/stepped-clock.ts'
import { acting, bad, kindsOf, newTenant, notFound, STRIPE_SECRET, vault } from './office.ts'

const database = await testDatabase()

describe('endpoints', () => {
  it('are one for each name, each with a URL of its own', async () => {
    const { scope, token } = await newTenant(database)
    const [first, second] = await Promise.all([
      addEndpoint(scope, acting, { name: 'Shop EU' }),
      addEndpoint(scope, acting, { name: 'Shop EU' }),
    ])
    expect(first).toEqual(second)
    expect(first.token).not.toBe(token)
    expect((await listEndpoints(scope)).map(({ name }) => name)).toEqual(['default', 'Shop EU'])
    expect(webhookUrl({ publicUrl: undefined, port: 4000 }, token)).toBe(
      `http://localhost:4000/webhook/${token}`,
    )
    expect(webhookUrl({ publicUrl: 'https://bw.example.com', port: 4000 }, token)).toBe(
      `https://bw.example.com/webhook/${token}`,
    )
  })

  it('have to be named where it is not clear which', async () => {
    const { scope } = await newTenant(database)
    const { endpoint } = await addEndpoint(scope, acting, { name: 'second' })
    const unsaid = /say which endpoint, there are several: default \(whe_\w+\), second \(whe_\w+\)/
    await expect(addSecret(scope, acting, { secret: 'whsec_for_which_one' })).rejects.toEqual(bad(unsaid))
    await expect(rotateToken(scope, acting)).rejects.toEqual(bad(unsaid))
    const byName = await addSecret(scope, acting, { secret: 'whsec_for_the_second', endpoint: 'second' })
    expect(byName.endpointId).toBe(endpoint.id)
    await expect(addSecret(scope, acting, { secret: 'whsec_for_nobody', endpoint: 'third' })).rejects.toEqual(
      notFound,
    )
  })

  it('get a new token while the former one lives on for the grace', async () => {
    const { scope, token } = await newTenant(database)
    const rotated = await rotateToken(scope, acting, { graceSeconds: 60 })
    expect(rotated.token).not.toBe(token)
    expect(rotated.endpoint.previousTokenExpiresAt).toEqual(new Date(clock.now().getTime() + 60_000))
    expect((await rotateToken(scope, acting, { graceSeconds: 0 })).endpoint.previousTokenExpiresAt).toBeNull()
    await expect(rotateToken(scope, acting, { graceSeconds: -1 })).rejects.toEqual(bad(/at least 0/))
  })

  it('have at most ten former tokens that still work; ending the present one at once is always possible', async () => {
    const { scope } = await newTenant(database)
    for (let n = 1; n <= 10; n++) await rotateToken(scope, acting, { graceSeconds: n * 60 })
    const present = await resolveEndpoint(scope.db, scope.tenantId)
    await expect(rotateToken(scope, acting)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/10 former URLs of this endpoint still work/),
    })
    expect(await resolveEndpoint(scope.db, scope.tenantId)).toEqual(present)
    await rotateToken(scope, acting, { graceSeconds: 0 })
    clock.forward(60)
    await rotateToken(scope, acting)
  })

  it('are at most a hundred', async () => {
    const { id, scope } = await newTenant(database)
    await scope.db.webhookEndpoint.createMany({ data: Array.from({ length: 99 }, () => endpointRow(id)) })
    await expect(addEndpoint(scope, acting, { name: 'one more' })).rejects.toMatchObject({ code: 'CONFLICT' })
    expect((await addEndpoint(scope, acting, { name: 'default' })).endpoint.name).toBe('default')
  })

  it('lose no token when two people rotate it at the same moment', async () => {
    const { scope, token } = await newTenant(database)
    const both = await Promise.allSettled([1, 2].map(() => rotateToken(scope, acting, { graceSeconds: 60 })))
    const directory = new EndpointDirectory({ database, vault, clock })
    const given = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value.token] : []))
    expect(given.length).toBeGreaterThan(0)
    for (const one of [token, ...given]) expect(await directory.find(one)).toBeDefined()
    for (const one of both)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'CONFLICT' })
  })
})

describe('webhook secrets', () => {
  it('are at most ten at a time, since each delivery is held against them all', async () => {
    const { scope } = await newTenant(database)
    const add = (n: number) => addSecret(scope, acting, { secret: `whsec_number_${n}_of_this_endpoint` })
    const live = async () => (await listSecrets(scope)).filter(({ retiredAt }) => retiredAt === null)
    for (let n = (await live()).length; n < 10; n++) await add(n)
    await expect(add(10)).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await add(9)).toBeDefined()
    const [oldest] = await live()
    await retireSecret(scope, acting, oldest?.id ?? '')
    expect(await add(10)).toBeDefined()
  })

  it.each([
    ['whsec_test_secret', 'whsec_t…t'],
    ['whsec_prod_secret', 'whsec_p…t'],
    ['whsec_abcd', 'whsec_…d'],
    ['whsec_0123456789abcdef', 'whsec_01…ef'],
    ['whsec_0123456789abcdefgh', 'whsec_…efgh'],
    [STRIPE_SECRET, 'whsec_…mnop'],
  ])('are told apart by a hint: %s by %s', async (secret, hint) => {
    const { scope } = await newTenant(database)
    expect((await addSecret(scope, acting, { secret })).hint).toBe(hint)
  })

  it('are refused with the place of the mistake', async () => {
    const { scope } = await newTenant(database)
    await expect(addSecret(scope, acting, { secret: 'sk_live_1' })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { issues: [{ path: ['secret'] }] },
    })
  })

  it('may be several; the same one is there once; retiring one again changes nothing', async () => {
    const { scope } = await newTenant(database)
    const added = await addSecret(scope, acting, { secret: 'whsec_second_secret_of_this_one' })
    expect(await addSecret(scope, acting, { secret: 'whsec_second_secret_of_this_one' })).toEqual(added)
    expect(added.hint).toBe('whsec_…_one')
    expect(openSecret(vault, added)).toBe('whsec_second_secret_of_this_one')
    const retired = await retireSecret(scope, acting, added.id)
    clock.forward(5)
    expect(await retireSecret(scope, acting, added.id)).toEqual(retired)
    expect((await listSecrets(scope)).filter(({ retiredAt }) => !retiredAt)).toHaveLength(1)
    expect((await kindsOf(scope)).slice(4)).toEqual(['WEBHOOK_SECRET_ADDED', 'WEBHOOK_SECRET_RETIRED'])
  })

  it("attack: another tenant's secret cannot be retired, nor its sealed text be opened as one's own", async () => {
    const [a, b] = [await newTenant(database), await newTenant(database)]
    const [secret] = await listSecrets(a.scope)
    if (!secret) throw new Error('no secret')
    await expect(retireSecret(b.scope, acting, secret.id)).rejects.toEqual(notFound)
    expect((await listSecrets(a.scope))[0]?.retiredAt).toBeNull()
    expect(() => openSecret(vault, { ...secret, tenantId: b.id })).toThrow()
  })

  it('all move to a new BILLINGWATCH_SECRET, tokens too, and to move them again is nothing', async () => {
    const own = await testDatabase()
    const { scope, token } = await newTenant(own)
    const rolled = createVault(
      'the new secret, also longer than thirty-two characters',
      'a secret for tests, longer than thirty-two characters',
    )
    expect(await rewrapAll(own, rolled)).toBe(2)
    expect(await rewrapAll(own, rolled)).toBe(0)
    const alone = createVault('the new secret, also longer than thirty-two characters')
    const [secret] = await listSecrets(scope)
    const [endpoint] = await listEndpoints(scope)
    expect(secret && openSecret(alone, secret)).toBe(STRIPE_SECRET)
    expect(endpoint && openToken(alone, endpoint)).toBe(token)
  })
})
