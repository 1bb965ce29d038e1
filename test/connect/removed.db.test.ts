import { describe, expect, it } from 'vitest'
import { listedEvents } from '../../src/connect/listed-event.ts'
import { JobGoneError, storePage } from '../../src/storage/connect/pages.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { testDatabase } from '../support/database.ts'
import { data, serveForAll } from '../support/graphql.ts'
import { nowSeconds } from '../support/outside.ts'
import { pipelineOn, double as twice } from '../support/pipeline.ts'
import { charge } from '../support/stripe/charges.ts'
import { invalid } from '../support/stripe-api/refusal.ts'
import { PATIENT, payments, stripe } from './harness.ts'
import { type SteppedTenant, steppedTenant } from './steps.ts'

const database = await testDatabase()
const served = await serveForAll(database)
const { judgeAll } = pipelineOn(database)

const REMOVE = `mutation ($id: ID!) { disconnectStripe(input: {id: $id}) { disconnectedStripeConnectionId } }`

const statusesOf = ({ scope: { db, tenantId } }: SteppedTenant) =>
  db.stripeEvent.groupBy({
    by: ['source', 'status'],
    where: { tenantId },
    _count: true,
    orderBy: { source: 'asc' },
  })

describe('a connection that is removed in the middle of its import', () => {
  it(
    'leaves no event waiting for ever: what was fetched is judged, and what was made of older objects is gone',
    async () => {
      const now = nowSeconds()
      const account = await stripe()
      const charged = twice(now - 1_800, 'cus_now').map((event) => ({ ...event, livemode: true }))
      account.happen([...payments(250, { every: 7_200, until: now - 86_400 }), ...charged])
      account.objects['/v1/charges'].push(charge({ created: now - 40 * 86_400 }))
      account.objects['/v1/invoices'].push(charge({ object: 'invoice', created: now - 40 * 86_400 }))
      const tenant = await steppedTenant(database, account)
      await tenant.begin({ historyDays: 20 })
      account.trouble = ({ path, query }) =>
        path === '/v1/invoices' && query['starting_after'] === undefined
          ? invalid('It breaks here.')
          : undefined
      await expect(tenant.goOn()).rejects.toThrow('It breaks here.')
      expect(await statusesOf(tenant)).toMatchObject([
        { source: 'BACKFILL', status: 'PENDING', _count: 252 },
        { source: 'REBUILT', status: 'PENDING', _count: 1 },
      ])

      await data(served, tenant.key, REMOVE, { id: (await tenant.connection()).id })
      await judgeAll(nowSeconds() + 1)

      expect(await statusesOf(tenant)).toMatchObject([
        { source: 'BACKFILL', status: 'PROCESSED', _count: 252 },
      ])
      const found = await tenant.scope.db.anomaly.findMany({ where: { tenantId: tenant.id } })
      expect(found).toMatchObject([{ detector: 'DUPLICATE_CHARGE' }])
    },
    PATIENT,
  )

  it('ends as such where its tenant was deleted, too: what was under way is no failure', async () => {
    const [payment] = payments(1)
    const page = {
      tenantId: 'ten_deleted',
      jobId: 'imp_deleted',
      events: listedEvents(payment ?? {}, {
        endpointId: 'whe_deleted',
        source: 'BACKFILL',
        account: undefined,
      }),
      read: 1,
      progress: '{}',
      now: new Date(),
      holdUntil: new Date(),
    }
    expect(page.events).toHaveLength(1)
    await expect(storePage(scopeTo(database, page.tenantId).sql, page)).rejects.toThrow(JobGoneError)
  })
})
