import { describe, expect, it } from 'vitest'
import { toDate } from '../../src/time.ts'
import { testDatabase } from '../support/database.ts'
import { nowSeconds } from '../support/outside.ts'
import { pipelineOn } from '../support/pipeline.ts'
import { dispute } from '../support/stripe/charges.ts'
import { notAllowed, throttled } from '../support/stripe-api/refusal.ts'
import type { StripeDouble } from '../support/stripe-api.ts'
import { LIVE_KEY, onOneEngine, payments, stripe, TEST_KEY } from './harness.ts'
import { type SteppedTenant, steppedTenant } from './steps.ts'

const database = await testDatabase()
const { deliver, judgeAll } = pipelineOn(database)

const tenantOf = (account: StripeDouble) => steppedTenant(database, account)

/** A look a day later, when key and endpoint are looked at again. */
async function lookADayLater({ scope, reconciler }: SteppedTenant): Promise<void> {
  const yesterday = toDate(nowSeconds() - 86_401)
  await scope.db.stripeConnection.updateMany({
    data: { reconcileAt: yesterday, probedAt: yesterday, rationSpent: 0 },
  })
  await reconciler().look()
}

describe('a key', { timeout: 60_000 }, () => {
  onOneEngine('of test mode is refused where live events are judged', async () => {
    const account = await stripe()
    account.addKey(TEST_KEY)
    const tenant = await tenantOf(account)
    await deliver(tenant, payments(1))
    await judgeAll(nowSeconds())
    await expect(tenant.begin({ key: TEST_KEY })).rejects.toThrow(
      /test-mode key, but this tenant has live events.* in a tenant of its own/,
    )
    expect(await tenant.scope.db.stripeConnection.count()).toBe(0)
  })

  onOneEngine('of another account is refused, and the connection stays as it is', async () => {
    const account = await stripe()
    const tenant = await tenantOf(account)
    await tenant.begin()
    await tenant.scope.db.stripeConnection.updateMany({ data: { account: 'acct_1Other' } })
    const before = await tenant.connection()
    const refused =
      /is connected to acct_1Other, and this key is of acct_1Platform: give a key of acct_1Other/
    await expect(tenant.begin()).rejects.toThrow(refused)
    await expect(tenant.replace(account.addKey('rk_live_51Nother000001'))).rejects.toThrow(refused)
    expect(await tenant.connection()).toEqual(before)
  })

  onOneEngine('that may do everything is taken where that is said alone', async () => {
    const account = await stripe()
    const secret = account.addKey('sk_live_51Nsecret00001', 'all')
    const tenant = await tenantOf(account)
    await expect(tenant.begin({ key: secret })).rejects.toThrow('create a restricted key')
    await tenant.begin({ key: secret, allowSecretKey: true })
    expect(await tenant.connection()).toMatchObject({ state: 'CONNECTED', keyHint: 'sk_live_…0001' })
    await expect(tenant.replace(secret)).rejects.toThrow('create a restricted key')
  })

  it('that is allowed more at Stripe reads what was left out after the look of the next day', async () => {
    const account = await stripe()
    const at = nowSeconds() - 40 * 86_400
    account.objects['/v1/disputes'].push(dispute({ id: 'dp_1', charge: 'ch_1', created: at }))
    account.without(LIVE_KEY, 'rak_dispute_read')
    const tenant = await tenantOf(account)
    await tenant.begin({ historyDays: 56 })
    await tenant.goOn()
    const told = () => tenant.scope.db.stripeEvent.findMany({ select: { stripeId: true, status: true } })
    expect(await told()).toEqual([])
    await lookADayLater(tenant)
    expect(await tenant.connection()).toMatchObject({ state: 'LIMITED', reconcileAt: expect.any(Date) })
    account.addKey(LIVE_KEY)
    await lookADayLater(tenant)
    expect(await tenant.connection()).toMatchObject({ state: 'CONNECTED', reconcileAt: null })
    await tenant.goOn()
    expect(await told()).toEqual([{ stripeId: 'evt_bw_dp_1_created', status: 'PROCESSED' }])
    expect(await tenant.connection()).toMatchObject({ trouble: null, reconcileAt: expect.any(Date) })
  })
})

describe('an endpoint at Stripe', { timeout: 60_000 }, () => {
  onOneEngine('that somebody deleted is said, and made again by the next connect', async () => {
    const account = await stripe()
    const tenant = await tenantOf(account)
    await tenant.begin({ makeEndpoint: true })
    await tenant.goOn()
    const [first] = account.endpoints.all
    account.endpoints.remove(first?.id ?? '')
    await lookADayLater(tenant)
    expect(await tenant.connection()).toMatchObject({
      state: 'CONNECTED',
      stripeEndpointStatus: 'deleted',
      trouble: `The webhook endpoint ${first?.id} is not at Stripe any more: run \`connect\` again, which creates one.`,
    })
    await tenant.begin({ makeEndpoint: true })
    const [second, ...more] = account.endpoints.all
    expect(more).toEqual([])
    expect(await tenant.connection()).toMatchObject({
      stripeEndpointId: second?.id,
      stripeEndpointStatus: 'enabled',
      trouble: null,
    })
  })

  onOneEngine('that somebody disabled is said by the next connect at once', async () => {
    const account = await stripe()
    const tenant = await tenantOf(account)
    await tenant.begin({ makeEndpoint: true })
    const [endpoint] = account.endpoints.all
    if (endpoint !== undefined) endpoint.status = 'disabled'
    await tenant.begin({ makeEndpoint: true })
    expect(await tenant.connection()).toMatchObject({
      stripeEndpointStatus: 'disabled',
      trouble: expect.stringContaining('enable it in Stripe'),
    })
    await tenant.replace(account.addKey('rk_live_51Nother000001'))
    expect((await tenant.connection()).trouble).toContain('enable it in Stripe')
    if (endpoint !== undefined) endpoint.status = 'enabled'
    await tenant.begin({ makeEndpoint: true })
    expect(await tenant.connection()).toMatchObject({ trouble: null, troubleSince: null })
  })

  onOneEngine(
    'with the same address is taken while its deliveries are verified, with what it listens to; others are left alone',
    async () => {
      const account = await stripe()
      const [known, unknown] = [await tenantOf(account), await tenantOf(account)]
      for (const tenant of [known, unknown]) {
        await tenant.begin({ makeEndpoint: true })
        const made = account.endpoints.all.at(-1)
        // As if a person had made it.
        if (made !== undefined) Object.assign(made, { metadata: {}, enabledEvents: ['customer.created'] })
        await tenant.scope.db.importJob.deleteMany({})
        await tenant.scope.db.stripeConnection.deleteMany({})
      }
      await known.scope.db.webhookEndpoint.updateMany({ data: { lastDeliveryAt: new Date() } })
      const before = account.endpoints.all.map(({ id }) => id)
      await known.begin({ makeEndpoint: true })
      expect(await known.connection()).toMatchObject({ stripeEndpointId: before[0], adopted: true })
      expect(account.endpoints.all[0]?.enabledEvents).toEqual(
        expect.arrayContaining(['customer.created', 'charge.succeeded']),
      )

      // Its secret is forgotten, and nothing shows any more that the stored one is right: another one is made.
      await known.scope.db.importJob.deleteMany({})
      await known.scope.db.stripeConnection.deleteMany({})
      await known.scope.db.webhookEndpoint.updateMany({ data: { lastDeliveryAt: null } })
      await known.begin({ makeEndpoint: true })
      expect(account.endpoints.all[0]).toMatchObject({ id: before[0], metadata: { billingwatch: '' } })
      const [another] = account.endpoints.all.splice(2, 1)
      expect(await known.connection()).toMatchObject({ stripeEndpointId: another?.id, adopted: false })

      await unknown.begin({ makeEndpoint: true })
      expect(account.endpoints.all.map(({ id }) => id).slice(0, 2)).toEqual(before)
      expect(await unknown.connection()).toMatchObject({
        stripeEndpointId: account.endpoints.all[2]?.id,
        adopted: false,
      })
      expect(account.endpoints.all[1]).toMatchObject({ metadata: {}, enabledEvents: ['customer.created'] })
    },
  )

  onOneEngine(
    'that the key may see but not make is left to a person, and the past is fetched all the same',
    async () => {
      const account = await stripe()
      account.happen(payments(5))
      account.trouble = ({ method, path }) =>
        method === 'POST' && path === '/v1/webhook_endpoints'
          ? notAllowed(LIVE_KEY, account.account, 'rak_webhook_write')
          : undefined
      const tenant = await tenantOf(account)
      await tenant.begin({ makeEndpoint: true })
      await tenant.goOn()
      expect(await tenant.connection()).toMatchObject({
        state: 'LIMITED',
        trouble: expect.stringContaining('Webhook Endpoints: Write (add the endpoint in Stripe by hand'),
        stripeEndpointId: null,
        stored: 5,
      })
    },
  )
})

describe('an import', { timeout: 60_000 }, () => {
  it('that Stripe throttles for long says so, and goes on where it was', async () => {
    const account = await stripe()
    const past = payments(150)
    account.happen(past)
    const tenant = await tenantOf(account)
    await tenant.begin()
    account.trouble = ({ query }) => (query['starting_after'] === undefined ? undefined : throttled(0))
    await expect(tenant.goOn()).rejects.toThrow('Stripe throttles')
    const { db } = tenant.scope
    expect(await db.importJob.findMany()).toMatchObject([
      { state: 'RUNNING', read: 100, error: expect.stringContaining('Stripe throttles') },
    ])
    expect(await tenant.connection()).toMatchObject({
      state: 'CONNECTED',
      trouble: expect.stringContaining('Stripe throttles'),
    })
    // Webhooks go on: what comes is stored.
    await deliver(tenant, [...payments(1, { name: 'fresh', until: nowSeconds() - 5 }), ...past.slice(0, 1)])
    account.trouble = () => undefined
    await tenant.goOn()
    await judgeAll(nowSeconds())
    expect(await db.importJob.findMany()).toMatchObject([{ state: 'DONE', read: 150, error: null }])
    expect(await db.stripeEvent.groupBy({ by: ['status'], _count: true })).toEqual([
      { status: 'PROCESSED', _count: 151 },
    ])
    await tenant.compare()
    expect(await tenant.connection()).toMatchObject({ trouble: null, missing: 0 })
  })
})
