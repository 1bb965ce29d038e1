import { describe, expect, it } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { connect, data, listen, serveForAll } from '../support/graphql.ts'
import { nowSeconds } from '../support/outside.ts'
import { pipelineOn } from '../support/pipeline.ts'
import { rebuildingOn } from '../support/rebuild.ts'
import type { Json } from '../support/stripe/basics.ts'
import { charge, dispute, refund } from '../support/stripe/charges.ts'
import { invoice } from '../support/stripe/invoices.ts'
import { subscription } from '../support/stripe/subscriptions.ts'
import type { StripeDouble } from '../support/stripe-api.ts'
import { LIVE_KEY, PATIENT, payments, stripe } from './harness.ts'
import { type SteppedTenant, steppedTenant } from './steps.ts'

const database = await testDatabase()
const served = await serveForAll(database)
const pipeline = pipelineOn(database)
const { rebuilt } = rebuildingOn(pipeline.pipeline)

const DAY = 86_400

/** Objects of the seven weeks before the last 30 days, with a double charge among them. */
function age(account: StripeDouble): { from: number } {
  const from = nowSeconds() - 79 * DAY
  const charges = Array.from({ length: 160 }, (_, index) => {
    const id = `ch_old_${String(index).padStart(4, '0')}`
    const created = from + Math.floor((index * 48 * DAY) / 160)
    const failed = index % 20 === 19
    return charge({
      id,
      created,
      customer: `cus_${id}`,
      amount: 2_000,
      // As it stands now: given back since.
      ...(index === 5 ? { refunded: true, amount_refunded: 2_000 } : {}),
      ...(failed ? { status: 'failed', paid: false, captured: false, failure_code: 'card_declined' } : {}),
    })
  })
  const twice = [0, 5].map((after) =>
    charge({ created: from + 20 * DAY + after, customer: 'cus_twice', amount: 7_700 }),
  )
  const at = from + 10 * DAY
  account.objects['/v1/charges'].push(...charges, ...twice)
  account.objects['/v1/refunds'].push(
    refund({ id: 're_1', charge: 'ch_old_0005', amount: 2_000, created: at }),
    refund({ id: 're_gone', charge: 'ch_old_0006', amount: 2_000, created: at, status: 'failed' }),
  )
  account.objects['/v1/disputes'].push(dispute({ id: 'dp_1', charge: 'ch_old_0007', created: at }))
  account.objects['/v1/invoices'].push(
    invoice({ id: 'in_1', status: 'paid', created: at, status_transitions: { paid_at: at + 3_600 } }),
    // Paid within the time of which the events are there.
    invoice({ id: 'in_2', status: 'paid', created: at, status_transitions: { paid_at: nowSeconds() - DAY } }),
  )
  account.objects['/v1/subscriptions'].push(
    subscription({ id: 'sub_1', created: at, status: 'active' }),
    subscription({ id: 'sub_2', created: at, status: 'canceled', ended_at: at + 5 * DAY }),
  )
  return { from }
}

async function toldOf({ scope: { db } }: SteppedTenant): Promise<string[]> {
  const events = await db.stripeEvent.findMany({
    where: { source: 'REBUILT' },
    orderBy: { stripeId: 'asc' },
    select: { stripeId: true, type: true, status: true },
  })
  return events
    .filter(({ stripeId }) => !stripeId.startsWith('evt_bw_ch_'))
    .map(({ stripeId, type, status }) => `${stripeId} ${type} ${status}`)
}

const METRICS = `query ($range: DateTimeRange!) {
  metrics(range: $range, interval: WEEK) { events chargesSucceeded chargesFailed disputes refunds { amount } anomalies }
}`

async function countedOf({ key }: SteppedTenant, from: number) {
  const moment = (at: number): string => new Date(at * 1_000).toISOString()
  const range = { from: moment(from - 7 * DAY), to: moment(nowSeconds() - 30 * DAY) }
  const { metrics } = await data(served, key, METRICS, { range })
  const points = metrics as (Record<string, number> & { refunds: { amount: number }[] })[]
  const sum = (name: string) => points.reduce((all, point) => all + (point[name] ?? 0), 0)
  return {
    events: sum('events'),
    succeeded: sum('chargesSucceeded'),
    failed: sum('chargesFailed'),
    disputes: sum('disputes'),
    refunds: points.flatMap(({ refunds }) => refunds.map(({ amount }) => amount)).reduce((a, b) => a + b, 0),
    anomalies: sum('anomalies'),
  }
}

const learned = async ({ scope: { db } }: SteppedTenant) => {
  const states = await db.detectorState.findMany({ where: { key: '' }, select: { detector: true } })
  return new Set(states.map(({ detector }) => detector))
}

const TOLD = [
  'evt_bw_dp_1_created charge.dispute.created PROCESSED',
  'evt_bw_in_1_paid invoice.paid PROCESSED',
  'evt_bw_re_1_created refund.created PROCESSED',
  'evt_bw_sub_1_created customer.subscription.created PROCESSED',
  'evt_bw_sub_2_created customer.subscription.created PROCESSED',
  'evt_bw_sub_2_deleted customer.subscription.deleted PROCESSED',
]
const COUNTED = { events: 0, succeeded: 154, failed: 8, disputes: 1, refunds: 2_000, anomalies: 0 }

describe('older objects', () => {
  it(
    'become events of their own times, which teach what is usual, are counted and raise nothing',
    async () => {
      const account = await stripe()
      account.happen(payments(60, { every: 6 * 3_600, name: 'new' }))
      const { from } = age(account)
      const tenant = await steppedTenant(database, account)
      const heard = listen(connect(served, tenant.key), 'subscription { eventReceived { stripeId source } }')
      await tenant.begin({ historyDays: 56 })
      await tenant.goOn()
      const jobs = await tenant.scope.db.importJob.findMany({ where: { kind: 'HISTORY' } })
      expect(jobs).toMatchObject([{ state: 'DONE', read: 162 + 2 + 1 + 2 + 2, stored: 162 + TOLD.length }])
      expect(await toldOf(tenant)).toEqual(TOLD)
      expect(await countedOf(tenant, from)).toEqual(COUNTED)
      expect(await tenant.scope.db.anomaly.findMany()).toEqual([])
      expect(await learned(tenant)).toContain('CHARGE_FAILURE_SPIKE')
      expect(heard.received).toEqual([])

      // Neither does judging them anew.
      await rebuilt(tenant)
      expect(await tenant.scope.db.anomaly.findMany()).toEqual([])
      expect(await countedOf(tenant, from)).toEqual(COUNTED)
      const preview = listen(
        connect(served, tenant.key),
        'subscription { detectorPreview(name: DUPLICATE_CHARGE, range: {}) { progress presentCount events } }',
      )
      await preview.done
      expect(preview.received.at(-1)).toEqual({
        detectorPreview: { progress: 1, presentCount: 0, events: 60 + 162 + TOLD.length },
      })
    },
    PATIENT,
  )

  it(
    'do the same where deliveries were judged before',
    async () => {
      const account = await stripe()
      const happened: Json[] = payments(60, { every: 6 * 3_600, name: 'new' })
      account.happen(happened)
      const { from } = age(account)
      const tenant = await steppedTenant(database, account)
      await pipeline.deliver(tenant, happened.slice(-5))
      await pipeline.judgeAll(nowSeconds())
      await tenant.begin({ historyDays: 56 })
      await tenant.goOn()
      expect(await toldOf(tenant)).toEqual(TOLD)
      expect(await countedOf(tenant, from)).toEqual(COUNTED)
      expect(await tenant.scope.db.anomaly.findMany()).toEqual([])
      expect(await learned(tenant)).toContain('CHARGE_FAILURE_SPIKE')
    },
    PATIENT,
  )

  it(
    'are read as far as the key may, and not at all where none are wanted',
    async () => {
      const account = await stripe()
      const { from } = age(account)
      const key = account.without('rk_live_51Nlimited0001', 'rak_charge_read', 'rak_invoice_read')
      const limited = await steppedTenant(database, account, key)
      await limited.begin({ historyDays: 56 })
      await limited.goOn()
      expect(await toldOf(limited)).toEqual(TOLD.filter((one) => /_(dp|sub)_/.test(one)))
      expect((await countedOf(limited, from)).succeeded).toBe(0)

      const none = await steppedTenant(database, account)
      await none.begin({ historyDays: 0 })
      await none.goOn()
      expect(await toldOf(none)).toEqual([])
      expect(await none.scope.db.importJob.count()).toBe(1)
    },
    PATIENT,
  )

  it(
    'go on without a list that the key may no longer read, which another key reads then',
    async () => {
      const account = await stripe()
      account.happen(payments(30, { every: 6 * 3_600, name: 'new' }))
      const { from } = age(account)
      const tenant = await steppedTenant(database, account)
      await tenant.begin({ historyDays: 56 })
      account.without(LIVE_KEY, 'rak_dispute_read')
      await tenant.goOn()
      const { db } = tenant.scope
      const lacking = {
        state: 'LIMITED',
        trouble: expect.stringContaining('Disputes: Read (what is usual of disputes is learned'),
        permissions: expect.stringContaining('{"name":"rak_dispute_read","granted":false}'),
      }
      expect(await tenant.connection()).toMatchObject({ ...lacking, reconcileAt: expect.any(Date) })
      const history = () => db.importJob.findFirstOrThrow({ where: { kind: 'HISTORY' } })
      expect(await history()).toMatchObject({ state: 'DONE', error: null })
      expect(await toldOf(tenant)).toEqual(TOLD.filter((one) => !one.includes('_dp_')))
      expect(await countedOf(tenant, from)).toEqual({ ...COUNTED, disputes: 0 })
      expect(
        await db.activity.findMany({ where: { kind: 'STRIPE_KEY_REVOKED' }, select: { note: true } }),
      ).toEqual([{ note: expect.stringContaining('Disputes: Read') }])

      // One that lacks the same changes nothing.
      await tenant.replace(account.without('rk_live_51Nalike000001', 'rak_dispute_read'))
      expect(await tenant.connection()).toMatchObject({ ...lacking, reconcileAt: expect.any(Date) })
      await tenant.replace(account.addKey('rk_live_51Nwhole000001'))
      expect(await history()).toMatchObject({ state: 'RUNNING' })
      const sent = account.requests.length
      await tenant.goOn()
      expect(account.requests.slice(sent).map(({ path }) => path)).toEqual(['/v1/disputes'])
      expect(await history()).toMatchObject({ state: 'DONE', error: null })
      expect(await tenant.connection()).toMatchObject({
        state: 'CONNECTED',
        trouble: null,
        reconcileAt: expect.any(Date),
      })
      expect(await toldOf(tenant)).toEqual(TOLD)
      expect(await countedOf(tenant, from)).toEqual(COUNTED)
      expect(await db.anomaly.findMany()).toEqual([])
    },
    PATIENT,
  )

  it(
    'of lists that a key was never allowed are read with one that is, while it is at work even',
    async () => {
      const account = await stripe()
      age(account)
      const key = account.without('rk_live_51Nless0000001', 'rak_dispute_read')
      const tenant = await steppedTenant(database, account, key)
      await tenant.begin({ historyDays: 56 })
      const whole = account.addKey('rk_live_51Nwhole000001')
      let replaced: Promise<void> | undefined
      account.trouble = ({ path }) => {
        if (path === '/v1/subscriptions') replaced ??= tenant.replace(whole)
        return undefined
      }
      await tenant.goOn()
      await replaced
      // The replacement itself may come after the end of the work.
      if ((await tenant.connection()).reconcileAt === null) await tenant.goOn()
      expect(await toldOf(tenant)).toEqual(TOLD)
      expect(await tenant.connection()).toMatchObject({ state: 'CONNECTED', reconcileAt: expect.any(Date) })
    },
    PATIENT,
  )
})
