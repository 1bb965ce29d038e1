import { describe, expect, test } from 'vitest'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { CONNECTED_KEY as KEY, CONNECTED_AT as MOMENT, storeConnection } from '../support/connection.ts'
import { testDatabase } from '../support/database.ts'
import { ask, connect, data, keyOf, listen, makeTenant, serveForAll } from '../support/graphql.ts'

const database = await testDatabase()
const served = await serveForAll(database)

const CONNECTIONS = `{ tenant { stripeConnections {
  id endpoint { id name } account livemode keyHint state trouble createdAt stripeEndpointStatus
  permissions { name granted }
  completeness { through atStripe stored filled missing }
  imports { id kind state read stored startedAt finishedAt error }
} } }`

/** A tenant with a connection that is complete up to a moment, and this many imports, one an hour. */
async function connected(imports: number) {
  const tenant = await makeTenant(database)
  return { ...tenant, connection: await storeConnection(database, tenant, imports) }
}

describe("a tenant's connections to Stripe", () => {
  test('are read by every role, with how complete the events are, and never with the key', async () => {
    const tenant = await connected(2)
    const { key } = await keyOf(database, tenant, 'VIEWER')
    const shown = await data(served, key, CONNECTIONS)
    expect(shown).toEqual({
      tenant: {
        stripeConnections: [
          {
            id: tenant.connection,
            endpoint: { id: tenant.endpointId, name: 'default' },
            account: 'acct_1',
            livemode: true,
            keyHint: 'rk_live_…0001',
            state: 'LIMITED',
            trouble: 'The key lacks Disputes: Read.',
            createdAt: '2026-05-01T12:00:00.000Z',
            stripeEndpointStatus: 'enabled',
            permissions: [{ name: 'rak_event_read', granted: true }],
            completeness: {
              through: '2026-05-01T12:00:00.000Z',
              atStripe: 12,
              stored: 11,
              filled: 3,
              missing: 1,
            },
            imports: [
              expect.objectContaining({ kind: 'BACKFILL', state: 'DONE', read: 1, error: null }),
              expect.objectContaining({ kind: 'HISTORY', startedAt: '2026-05-01T12:00:00.000Z' }),
            ],
          },
        ],
      },
    })
    expect(JSON.stringify(shown)).not.toContain(KEY)
  })

  test('show their newest 20 imports', async () => {
    const tenant = await connected(22)
    const query = '{ tenant { stripeConnections { imports { read } } } }'
    const { tenant: shown } = await data(served, tenant.key, query)
    expect(shown).toEqual({
      stripeConnections: [{ imports: Array.from({ length: 20 }, (_, index) => ({ read: 21 - index })) }],
    })
  })

  test('are nodes, as their imports are, and an import that has ended is followed to its end', async () => {
    const tenant = await connected(1)
    const job = `imp_${tenant.id.slice(4)}_0`
    const query = `query ($ids: [ID!]!) { nodes(ids: $ids) {
      id ... on StripeConnection { keyHint } ... on ImportJob { kind }
    } }`
    expect(await data(served, tenant.key, query, { ids: [tenant.connection, job] })).toEqual({
      nodes: [
        { id: tenant.connection, keyHint: 'rk_live_…0001' },
        { id: job, kind: 'HISTORY' },
      ],
    })
    const heard = listen(
      connect(served, tenant.key),
      'subscription ($id: ID!) { importProgress(id: $id) { kind state } }',
      { id: job },
    )
    await heard.done
    expect(heard.received).toEqual([{ importProgress: { kind: 'HISTORY', state: 'DONE' } }])
    const other = await makeTenant(database)
    expect((await ask(served, other.key, query, { ids: [tenant.connection, job] })).data).toEqual({
      nodes: [null, null],
    })
  })

  test('say of each event how it came', async () => {
    const tenant = await makeTenant(database)
    const { db } = scopeTo(database, tenant.id)
    const sources = ['WEBHOOK', 'API', 'BACKFILL', 'REBUILT', 'REPLAY']
    await db.stripeEvent.createMany({
      data: sources.map((source, index) => ({
        tenantId: tenant.id,
        stripeId: `evt_${index}`,
        endpointId: tenant.endpointId,
        livemode: true,
        type: 'charge.failed',
        createdAt: MOMENT,
        receivedAt: new Date(MOMENT.getTime() - index),
        status: 'PROCESSED',
        source,
      })),
    })
    expect(await data(served, tenant.key, '{ events { nodes { source } } }')).toEqual({
      events: {
        nodes: ['WEBHOOK', 'API', 'API', 'REBUILT', 'REPLAY'].map((source) => ({ source })),
      },
    })
  })
})
