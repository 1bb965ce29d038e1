import { describe, expect, it } from 'vitest'
import { addEndpoint } from '../../src/tenancy/endpoints.ts'
import { testDatabase } from '../support/database.ts'
import { acting } from '../support/graphql.ts'
import { nowSeconds } from '../support/outside.ts'
import { pipelineOn, double as twice } from '../support/pipeline.ts'
import type { Json } from '../support/stripe/basics.ts'
import { invalid } from '../support/stripe-api/refusal.ts'
import type { StripeDouble } from '../support/stripe-api.ts'
import { PATIENT, payments, stripe } from './harness.ts'
import { type SteppedTenant, steppedTenant } from './steps.ts'

const database = await testDatabase()
const { deliver, judgeAll } = pipelineOn(database)

const tenantOf = (account: StripeDouble) => steppedTenant(database, account)

/** What was found, and what detection remembers, but for when that was. */
async function knownOf({ scope: { db } }: SteppedTenant) {
  const anomalies = await db.anomaly.findMany({ orderBy: [{ detector: 'asc' }, { startedAt: 'asc' }] })
  const charges = await db.metricBucket.aggregate({
    _sum: { chargesSucceeded: true, chargesFailed: true, events: true },
  })
  return {
    anomalies: anomalies.map(({ detector, startedAt, occurrences, severity, origin, status }) => ({
      detector,
      startedAt,
      occurrences,
      severity,
      origin,
      status,
    })),
    charges: charges._sum,
    open: await db.stripeEvent.count({ where: { status: 'PENDING' } }),
    events: await db.stripeEvent.count(),
  }
}

const live = (events: readonly Json[]) => events.map((event) => ({ ...event, livemode: true }))

/** Weeks of payments with a double charge in them, and one more double charge in the last hour. */
function trade() {
  const now = nowSeconds()
  const past = [
    ...payments(300, { every: 7_200, until: now - 86_400 }),
    ...live(twice(now - 20 * 86_400, 'cus_long_ago')),
    ...live(twice(now - 2 * 86_400, 'cus_lately')),
  ]
  return { now, past, fresh: live(twice(now - 1_800, 'cus_now')) }
}

/** Reads events until Stripe refuses the third page. */
async function breakOffAtPage(tenant: SteppedTenant, account: StripeDouble) {
  let pages = 0
  account.trouble = ({ path, query }) =>
    path === '/v1/events' && query['starting_after'] !== undefined && ++pages === 2
      ? invalid('It breaks here.')
      : undefined
  await expect(tenant.goOn()).rejects.toThrow('It breaks here.')
}

describe('the past of a connection', () => {
  it(
    'is judged in its order where deliveries were judged before, as it is where none was',
    async () => {
      const { now, past, fresh } = trade()
      const account = await stripe()
      account.happen([...past, ...fresh])
      const first = await tenantOf(account)
      await first.begin()
      await first.goOn()
      const wanted = await knownOf(first)
      expect(wanted).toMatchObject({ open: 0, events: past.length + 2 })
      expect(wanted.anomalies.map(({ detector }) => detector)).toEqual(Array(3).fill('DUPLICATE_CHARGE'))

      const second = await tenantOf(account)
      await deliver(second, fresh)
      await judgeAll(now)
      expect((await knownOf(second)).anomalies).toMatchObject([{ origin: 'LIVE' }])
      await second.begin()
      await second.goOn()
      const known = await knownOf(second)
      expect(known).toMatchObject({ charges: wanted.charges, open: 0, events: wanted.events })
      expect(
        known.anomalies.map(({ detector, startedAt, occurrences, origin }) => ({
          detector,
          startedAt,
          occurrences,
          origin,
        })),
      ).toEqual(
        wanted.anomalies.map(({ detector, startedAt, occurrences }, index) => ({
          detector,
          startedAt,
          occurrences,
          origin: index === 2 ? 'LIVE' : 'HISTORY',
        })),
      )
      // Nothing of it is done twice when it is done once more.
      await second.begin()
      await second.goOn()
      expect(await knownOf(second)).toEqual(known)
    },
    PATIENT,
  )

  it(
    'goes on being judged where it was broken off between the pages, the reading and the rebuild',
    async () => {
      const { now, past, fresh } = trade()
      const account = await stripe()
      account.happen([...past, ...fresh])
      const tenant = await tenantOf(account)
      await deliver(tenant, fresh)
      await judgeAll(now)
      await tenant.begin()
      await breakOffAtPage(tenant, account)
      account.trouble = () => undefined
      // Then each time that something was judged it is broken off, until nothing is left to be judged.
      for (let stops = 0; stops < 2; stops += 1)
        await expect(tenant.goOn({ breakWhen: ({ step }) => step === 'judging' })).rejects.toThrow(
          'broken off',
        )
      await tenant.goOn()
      const rebuilds = await tenant.scope.db.rebuild.findMany()
      expect(rebuilds).toMatchObject([{ state: 'DONE' }])
      expect(await knownOf(tenant)).toMatchObject({ open: 0, events: past.length + 2 })
    },
    PATIENT,
  )

  it(
    'holds up deliveries of which none was judged yet, for an hour without progress at most',
    async () => {
      const { now, past, fresh } = trade()
      const account = await stripe()
      account.happen(past)
      const tenant = await tenantOf(account)
      await tenant.begin()
      await breakOffAtPage(tenant, account)
      await deliver(tenant, fresh)
      await judgeAll(now + 3_000)
      expect((await knownOf(tenant)).anomalies).toEqual([])
      await judgeAll(now + 3_700)
      expect((await knownOf(tenant)).anomalies).toMatchObject([
        { detector: 'DUPLICATE_CHARGE', origin: 'LIVE' },
      ])
      // What comes after is judged live, and the past once it is there.
      account.trouble = () => undefined
      await tenant.goOn()
      const { anomalies, open } = await knownOf(tenant)
      expect(open).toBe(0)
      expect(anomalies.map(({ origin }) => origin)).toEqual(['HISTORY', 'HISTORY', 'LIVE'])
    },
    PATIENT,
  )

  it(
    'of a second account is put right by its rebuild: deliveries of a tenant that is judged live wait for nothing',
    async () => {
      const { now, past, fresh } = trade()
      const account = await stripe()
      account.happen(past)
      const tenant = await tenantOf(account)
      await deliver(tenant, payments(3, { name: 'of_the_first', every: 60, until: now - 2_000 }))
      await judgeAll(now)
      const { endpoint } = await addEndpoint(tenant.scope, acting, { name: 'second' })
      await tenant.begin({ endpoint: endpoint.id })
      await breakOffAtPage(tenant, account)
      await deliver({ id: tenant.id, endpoint }, fresh)
      await judgeAll(now)
      expect((await knownOf(tenant)).anomalies).toMatchObject([{ origin: 'LIVE' }])
      account.trouble = () => undefined
      await tenant.goOn()

      account.happen(fresh)
      const alone = await tenantOf(account)
      await alone.begin()
      await alone.goOn()
      const wanted = await knownOf(alone)
      const { anomalies, open, events } = await knownOf(tenant)
      expect({ open, events }).toEqual({ open: 0, events: wanted.events + 3 })
      expect(anomalies).toEqual(
        wanted.anomalies.map((one, index) => ({ ...one, origin: index === 2 ? 'LIVE' : 'HISTORY' })),
      )
      // The first account has what it had.
      expect(await tenant.scope.db.stripeEvent.count({ where: { endpointId: tenant.endpoint.id } })).toBe(3)
    },
    PATIENT,
  )

  it(
    'is kept apart by account on a platform',
    async () => {
      const now = nowSeconds()
      const account = await stripe()
      const tenant = await tenantOf(account)
      const accounts = ['acct_A', 'acct_B', 'acct_C']
      for (const [index, name] of accounts.entries()) {
        account.happen(payments(40 + index, { name }), name)
        account.happen(live(twice(now - 5 * 86_400, 'cus_shared')), name)
        const [seen] = payments(1, { name: `seen_${name}`, until: now - 60 })
        if (seen !== undefined) await deliver(tenant, [{ ...seen, account: name }])
      }
      await judgeAll(now)
      await tenant.begin()
      await tenant.goOn()
      const { db } = tenant.scope
      for (const [index, name] of accounts.entries()) {
        expect(await db.stripeEvent.count({ where: { account: name, status: 'PROCESSED' } })).toBe(43 + index)
        expect(await db.anomaly.findMany({ where: { account: name } })).toMatchObject([
          { detector: 'DUPLICATE_CHARGE', origin: 'HISTORY', occurrences: 2 },
        ])
      }
      expect(await db.anomaly.count()).toBe(3)
      expect(new Set(account.requests.map((request) => request.account))).toEqual(
        new Set([undefined, ...accounts]),
      )
    },
    PATIENT,
  )

  it(
    'goes on without a connected account that the key may not read, which another key reads then',
    async () => {
      const now = nowSeconds()
      const account = await stripe()
      account.happen(payments(20))
      const tenant = await tenantOf(account)
      const [seen] = payments(1, { name: 'seen', until: now - 60 })
      if (seen !== undefined) await deliver(tenant, [{ ...seen, account: 'acct_A' }])
      await judgeAll(now)
      await tenant.begin({ historyDays: 10 })
      await tenant.goOn()
      const { db } = tenant.scope
      expect(await tenant.connection()).toMatchObject({
        state: 'CONNECTED',
        trouble: expect.stringContaining('the key may not read the events of acct_A'),
        permissions: expect.stringContaining('{"name":"rak_event_read","granted":true}'),
        reconcileAt: expect.any(Date),
      })
      expect(await db.stripeEvent.count({ where: { status: 'PROCESSED' } })).toBe(21)

      account.happen(payments(30, { name: 'A' }), 'acct_A')
      await tenant.replace(account.addKey('rk_live_51Nwhole000001'))
      await tenant.goOn()
      expect(await db.stripeEvent.count({ where: { account: 'acct_A', status: 'PROCESSED' } })).toBe(31)
      expect(await tenant.connection()).toMatchObject({ trouble: null, reconcileAt: expect.any(Date) })
      await tenant.compare()
      expect(await tenant.connection()).toMatchObject({ trouble: null })
    },
    PATIENT,
  )
})
