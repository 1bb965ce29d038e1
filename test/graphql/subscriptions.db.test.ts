import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { takeStep } from '../../src/anomalies/lifecycle.ts'
import { newId } from '../../src/ids.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { raise, record } from '../support/anomalies.ts'
import { CHANGED, changesOf, DETECTED, idsOf, resumeCursor, SOON, told } from '../support/feed.ts'
import { acting, connect, data, listen, makeTenant, serveGraphql, testApi } from '../support/graphql.ts'

const { database, served } = await testApi()

describe('anomalyDetected', () => {
  test('tells of everything after a cursor, then live, in order and once', async () => {
    const tenant = await makeTenant(database)
    await raise(database, tenant.id)
    const from = await resumeCursor(served, tenant.key)
    const missed = [await raise(database, tenant.id), await raise(database, tenant.id)]
    const heard = listen(connect(served, tenant.key), DETECTED, { after: from })
    await vi.waitFor(() => expect(idsOf(heard)).toEqual(missed), SOON)
    const live: string[] = []
    for (let i = 0; i < 5; i++) {
      live.push(await raise(database, tenant.id))
      served.bus.publish(`feed:${tenant.id}`)
    }
    await vi.waitFor(() => expect(idsOf(heard)).toEqual([...missed, ...live]), SOON)
    expect(heard.errors).toEqual([])
  })

  test('tells without a hint from the bus as well', async () => {
    const polling = await serveGraphql(database, { pollMs: 50 })
    onTestFinished(() => polling.stop())
    const tenant = await makeTenant(database)
    const heard = listen(connect(polling, tenant.key), DETECTED, {
      after: await resumeCursor(polling, tenant.key),
    })
    const id = await raise(database, tenant.id)
    await vi.waitFor(() => expect(idsOf(heard)).toEqual([id]), SOON)
    const next = await raise(database, tenant.id)
    await vi.waitFor(() => expect(idsOf(heard)).toEqual([id, next]), SOON)
  })

  test('resumes across a restart from the cursor of an empty page, without gap or repeat', async () => {
    const tenant = await makeTenant(database)
    const first = await serveGraphql(database)
    const from = await resumeCursor(first, tenant.key)
    const before = listen(connect(first, tenant.key), DETECTED, { after: from })
    const a = await raise(database, tenant.id)
    first.bus.publish(`feed:${tenant.id}`)
    await vi.waitFor(() => expect(idsOf(before)).toEqual([a]), SOON)
    await first.stop()
    const b = await raise(database, tenant.id)

    const second = await serveGraphql(database)
    onTestFinished(() => second.stop())
    const again = listen(connect(second, tenant.key), DETECTED, { after: told(before)[0]?.cursor })
    const whole = listen(connect(second, tenant.key), DETECTED, { after: from })
    await vi.waitFor(() => expect([idsOf(again), idsOf(whole)]).toEqual([[b], [a, b]]), SOON)
    const c = await raise(database, tenant.id)
    second.bus.publish(`feed:${tenant.id}`)
    await vi.waitFor(
      () =>
        expect([idsOf(again), idsOf(whole)]).toEqual([
          [b, c],
          [a, b, c],
        ]),
      SOON,
    )
  })

  test('resumes from an edge of a page in the order of recording', async () => {
    const tenant = await makeTenant(database)
    await raise(database, tenant.id)
    const page = (await data(served, tenant.key, '{ anomalies(last: 1) { edges { cursor } } }')) as {
      anomalies: { edges: { cursor: string }[] }
    }
    const next = await raise(database, tenant.id)
    const heard = listen(connect(served, tenant.key), DETECTED, { after: page.anomalies.edges[0]?.cursor })
    await vi.waitFor(() => expect(idsOf(heard)).toEqual([next]), SOON)
  })

  test('catches up with more than a page of missed ones while new ones come', async () => {
    const tenant = await makeTenant(database)
    const from = await resumeCursor(served, tenant.key)
    const all: string[] = []
    for (let i = 0; i < 120; i++) all.push(await raise(database, tenant.id))
    const heard = listen(connect(served, tenant.key), DETECTED, { after: from })
    for (let i = 0; i < 30; i++) {
      all.push(await raise(database, tenant.id))
      served.bus.publish(`feed:${tenant.id}`)
    }
    await vi.waitFor(() => expect(idsOf(heard)).toEqual(all), SOON)
  })

  test('heeds its filter', async () => {
    const tenant = await makeTenant(database)
    const from = await resumeCursor(served, tenant.key)
    const filters = [
      { severities: ['CRITICAL'] },
      { detectors: ['REFUND_SPIKE'] },
      { customerId: 'cus_1' },
      { livemode: false },
      { account: 'acct_1' },
    ]
    const heard = filters.map((filter) =>
      listen(connect(served, tenant.key), DETECTED, { after: from, filter }),
    )
    await raise(database, tenant.id)
    const wanted = [
      await raise(database, tenant.id, { severity: 'CRITICAL' }),
      await raise(database, tenant.id, { detector: 'REFUND_SPIKE' }),
      await raise(database, tenant.id, { customerId: 'cus_1' }),
      await raise(database, tenant.id, { livemode: false }),
      await raise(database, tenant.id, { account: 'acct_1' }),
    ]
    served.bus.publish(`feed:${tenant.id}`)
    await vi.waitFor(() => expect(heard.map(idsOf)).toEqual(wanted.map((id) => [id])), SOON)
  })

  test.each([
    ['damaged', () => 'bm90IGEgY3Vyc29y'],
    ['no text', () => '\u{1f600}'],
    [
      "another tenant's",
      async () => {
        const other = await makeTenant(database, 'Other')
        await raise(database, other.id)
        return resumeCursor(served, other.key)
      },
    ],
  ])('refuses a cursor that is %s', async (_name, make) => {
    const tenant = await makeTenant(database)
    for (let i = 0; i < 3; i++) await raise(database, tenant.id)
    const heard = listen(connect(served, tenant.key), DETECTED, { after: await make() })
    await heard.done
    expect(heard.errors).toMatchObject([{ extensions: { code: 'CURSOR_UNKNOWN' } }])
    expect(heard.received).toEqual([])
  })

  test('refuses a cursor beyond the head of the feed, as after a restored backup', async () => {
    const tenant = await makeTenant(database)
    await raise(database, tenant.id)
    const ahead = await resumeCursor(served, tenant.key)
    const { db } = scopeTo(database, tenant.id)
    await db.tenant.updateMany({ where: { id: tenant.id }, data: { seq: { decrement: 1 } } })
    const heard = listen(connect(served, tenant.key), DETECTED, { after: ahead })
    await heard.done
    expect(heard.errors).toMatchObject([{ extensions: { code: 'CURSOR_UNKNOWN' } }])
  })
})

describe('anomalyChanged', () => {
  test('tells of every act but the first, with the newest state', async () => {
    const tenant = await makeTenant(database)
    const id = await raise(database, tenant.id)
    const from = await resumeCursor(served, tenant.key)
    const heard = listen(connect(served, tenant.key), CHANGED, { after: from })
    const mutation =
      'mutation($id: ID!) { acknowledgeAnomaly(input: {id: $id, note: "mine"}) { anomaly { status } } }'
    await data(served, tenant.key, mutation, { id })
    await vi.waitFor(
      () =>
        expect(changesOf(heard)).toMatchObject([
          { kind: 'ANOMALY_ACKNOWLEDGED', anomaly: { id, status: 'ACKNOWLEDGED', note: 'mine' } },
        ]),
      SOON,
    )
    await raise(database, tenant.id)
    await data(served, tenant.key, mutation.replaceAll('acknowledge', 'resolve'), { id })
    await vi.waitFor(
      () =>
        expect(changesOf(heard).map(({ kind }) => kind)).toEqual([
          'ANOMALY_ACKNOWLEDGED',
          'ANOMALY_RESOLVED',
        ]),
      SOON,
    )
  })

  test('may tell several missed changes of one anomaly as one, the last', async () => {
    const tenant = await makeTenant(database)
    const [a, b] = [await raise(database, tenant.id), await raise(database, tenant.id)]
    const from = await resumeCursor(served, tenant.key)
    await record(database, tenant.id, [
      { kind: 'ANOMALY_UPDATED', anomalyId: a },
      { kind: 'ANOMALY_UPDATED', anomalyId: b },
      { kind: 'ANOMALY_ENDED', anomalyId: a },
    ])
    const heard = listen(connect(served, tenant.key), CHANGED, { after: from })
    await vi.waitFor(() => expect(heard.received.length).toBeGreaterThanOrEqual(2), SOON)
    expect(changesOf(heard).map(({ kind, anomaly }) => [kind, anomaly['id']])).toEqual([
      ['ANOMALY_UPDATED', b],
      ['ANOMALY_ENDED', a],
    ])
  })

  test('goes on from the cursor of a change', async () => {
    const tenant = await makeTenant(database)
    const id = await raise(database, tenant.id)
    const from = await resumeCursor(served, tenant.key)
    const scope = scopeTo(database, tenant.id)
    await takeStep(scope, acting, 'acknowledge', id)
    const before = listen(connect(served, tenant.key), CHANGED, { after: from })
    await vi.waitFor(() => expect(before.received).toHaveLength(1), SOON)
    before.stop()
    await takeStep(scope, acting, 'resolve', id)
    const heard = listen(connect(served, tenant.key), CHANGED, { after: changesOf(before)[0]?.cursor })
    await vi.waitFor(
      () => expect(changesOf(heard).map(({ kind }) => kind)).toEqual(['ANOMALY_RESOLVED']),
      SOON,
    )
  })
})

describe('eventReceived', () => {
  const store = (tenantId: string, endpointId: string, type: string) =>
    scopeTo(database, tenantId).db.stripeEvent.create({
      data: {
        tenantId,
        stripeId: `evt_${newId('evn')}`,
        endpointId,
        livemode: true,
        type,
        createdAt: new Date(),
        receivedAt: new Date(),
        status: 'PENDING',
      },
    })

  test('tells of events as they are stored, and of no earlier one', async () => {
    const tenant = await makeTenant(database)
    await store(tenant.id, tenant.endpointId, 'charge.failed')
    const heard = listen(
      connect(served, tenant.key),
      'subscription { eventReceived(filter: {types: ["charge.failed"]}) { stripeId type status } }',
    )
    const live: string[] = []
    await vi.waitFor(async () => {
      await store(tenant.id, tenant.endpointId, 'charge.succeeded')
      const { stripeId } = await store(tenant.id, tenant.endpointId, 'charge.failed')
      live.push(stripeId)
      served.bus.publish(`events:${tenant.id}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(heard.received.length).toBeGreaterThanOrEqual(3)
    }, SOON)
    const told = heard.received.map((data) => (data['eventReceived'] as { stripeId: string }).stripeId)
    expect(new Set(told).size).toBe(told.length)
    // Which was the first to be told depends on when the subscription stood; from there on none is left out.
    expect(told).toEqual(live.slice(live.indexOf(told[0] ?? ''), live.indexOf(told[0] ?? '') + told.length))
  })
})
