import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { takeStep } from '../../src/anomalies/lifecycle.ts'
import type { Scope } from '../../src/storage/scope/scope.ts'
import { alertsOn, deliveriesOf, tenantOn } from '../support/alerts.ts'
import { record, T0 } from '../support/anomalies.ts'
import { testDatabase } from '../support/database.ts'
import { receiverOfTest } from '../support/receiver.ts'
import { clock } from '../support/stepped-clock.ts'
import { acting } from '../tenancy/office.ts'

const event = z.object({ type: z.string(), timestamp: z.string(), data: z.record(z.string(), z.unknown()) })

const database = await testDatabase()
const alerts = alertsOn(database)

describe('an alert', () => {
  /** A tenant with one WEBHOOK at a receiver of its own. */
  async function setUp(over: Parameters<typeof alerts.webhookOf>[2] = {}) {
    const tenant = await tenantOn(alerts)
    const receiver = await receiverOfTest()
    const { channel, secret } = await alerts.webhookOf(tenant.scope, `${receiver.url}/alerts`, over)
    const events = () => receiver.requests.map(({ body }) => event.parse(JSON.parse(body)))
    return { ...tenant, receiver, channel, secret, events }
  }

  const statesOf = async (scope: Scope) =>
    (await deliveriesOf(scope)).map(({ reason, state, why }) => [reason, state, why])

  it('reaches a WEBHOOK, signed, with the fields of GraphQL and the page of the anomaly', async () => {
    const { receiver, secret, raised, events, scope } = await setUp()
    const id = await raised({
      severity: 'CRITICAL',
      title: 'Charged twice',
      impact: { amount: 2_900, currency: 'usd' },
    })
    await alerts.tick()
    const [request] = receiver.requests
    if (request === undefined || secret === undefined) throw new Error('nothing came')
    // By the receiver's clock, which this test's is not.
    const headers = { ...request.headers, 'webhook-timestamp': String(Math.floor(Date.now() / 1_000)) }
    expect(() => new Webhook(secret).verify(request.body, stringsOf(headers))).toThrow('matching')
    expect(events()).toMatchObject([
      {
        type: 'anomaly.raised',
        data: {
          id,
          severity: 'CRITICAL',
          title: 'Charged twice',
          status: 'OPEN',
          impact: { amount: 2_900, currency: 'USD', decimal: '29.00', formatted: '$29.00' },
          related: [],
          snoozedUntil: null,
          snoozedUntilItGrows: false,
          url: `https://billing.example.com/a/${id}`,
        },
      },
    ])
    expect(await statesOf(scope)).toEqual([['RAISED', 'DELIVERED', null]])
  })

  it('waits 10 s below CRITICAL', async () => {
    const { raised, events } = await setUp()
    await raised()
    await alerts.tick()
    clock.forward(9)
    await alerts.tick()
    expect(events()).toEqual([])
    clock.forward(1)
    await alerts.tick()
    expect(events().map(({ type }) => type)).toEqual(['anomaly.raised'])
  })

  it('is planned once, however often and by however many it is planned', async () => {
    const { raised, scope } = await setUp()
    await raised()
    await Promise.all([alerts.plan(), alerts.plan(), alerts.plan()])
    await alerts.plan()
    expect((await deliveriesOf(scope)).length).toBe(1)
  })

  it('is not sent below minSeverity, and the reason is kept; grown over it, it is ESCALATED', async () => {
    const { raised, scope, id: tenantId, events } = await setUp()
    const id = await raised({ severity: 'MEDIUM' })
    await alerts.tick()
    expect(await statesOf(scope)).toEqual([['RAISED', 'MUTED', 'below HIGH']])
    await record(database, tenantId, [{ kind: 'ANOMALY_UPDATED', anomalyId: id }])
    await alerts.tick()
    expect((await deliveriesOf(scope)).length).toBe(1)
    await scope.db.anomaly.updateMany({ where: { id }, data: { severity: 2 } })
    await record(database, tenantId, [{ kind: 'ANOMALY_UPDATED', anomalyId: id }])
    await alerts.tick()
    expect(events().map(({ type }) => type)).toEqual(['anomaly.escalated'])
  })

  it.each([
    ['RESOLVED', { status: 'RESOLVED' }],
    ['a false positive', { status: 'FALSE_POSITIVE' }],
    ['ended', { endedAt: T0 }],
  ] as const)('never escalates what is %s', async (_name, over) => {
    const { raised, wait, scope, id: tenantId, events } = await setUp()
    const sent = await raised()
    const quiet = await raised({ severity: 'LOW' })
    await wait(10)
    await scope.db.anomaly.updateMany({ data: { ...over, severity: 3 } })
    await record(
      database,
      tenantId,
      [sent, quiet].map((anomalyId) => ({ kind: 'ANOMALY_UPDATED' as const, anomalyId })),
    )
    await wait(60)
    expect(events().map(({ type, data }) => [type, data['id']])).toEqual([['anomaly.raised', sent]])
  })

  it.each([
    ['history', { origin: 'HISTORY' }, []],
    ['test mode', { livemode: false }, [['RAISED', 'MUTED', 'of test mode']]],
    [
      'a false positive',
      { status: 'FALSE_POSITIVE' },
      [['RAISED', 'MUTED', 'it was marked as a false positive']],
    ],
  ] as const)('is never begun for %s', async (_name, seed, states) => {
    const { raised, scope, receiver } = await setUp()
    await raised(seed)
    clock.forward(10)
    await alerts.tick()
    expect(await statesOf(scope)).toEqual(states)
    expect(receiver.requests).toEqual([])
  })

  it('tells an end only where the beginning was told', async () => {
    const { raised, id: tenantId, events } = await setUp()
    const told = await raised()
    const quiet = await raised({ severity: 'LOW' })
    clock.forward(10)
    await alerts.tick()
    await record(database, tenantId, [
      { kind: 'ANOMALY_ENDED', anomalyId: quiet },
      { kind: 'ANOMALY_ENDED', anomalyId: told },
    ])
    await alerts.tick()
    expect(events().map(({ type, data }) => [type, data['id']])).toEqual([
      ['anomaly.raised', told],
      ['anomaly.ended', told],
    ])
  })

  it('keeps the order of one anomaly while its first message is tried again, and lets others pass', async () => {
    const { receiver, raised, events, id: tenantId } = await setUp()
    const first = await raised()
    clock.forward(10)
    receiver.answer = (_request, response) => response.writeHead(500).end()
    await alerts.tick()
    receiver.answer = (_request, response) => response.end()
    await record(database, tenantId, [{ kind: 'ANOMALY_ENDED', anomalyId: first }])
    const other = await raised({ severity: 'CRITICAL' })
    await alerts.tick()
    clock.forward(6)
    await alerts.tick()
    expect(events().map(({ type, data }) => [type, data['id']])).toEqual([
      ['anomaly.raised', first],
      ['anomaly.raised', other],
      ['anomaly.raised', first],
      ['anomaly.ended', first],
    ])
    const ids = receiver.requests.map(({ headers }) => headers['webhook-id'])
    expect(ids[2]).toBe(ids[0])
    expect(receiver.requests[2]?.body).toBe(receiver.requests[0]?.body)
    expect(new Set(ids).size).toBe(3)
  })

  it('leaves out what a person undid within 10 s', async () => {
    const { raised, scope, events } = await setUp({
      routing: { reasons: ['RAISED', 'ACKNOWLEDGED', 'REOPENED'] },
    })
    const id = await raised()
    clock.forward(10)
    await alerts.tick()
    await takeStep(scope, acting, 'acknowledge', id)
    await alerts.tick()
    clock.forward(5)
    await takeStep(scope, acting, 'reopen', id)
    await alerts.tick()
    clock.forward(60)
    await alerts.tick()
    expect(events().map(({ type }) => type)).toEqual(['anomaly.raised'])
    // A later undo is news.
    await takeStep(scope, acting, 'acknowledge', id)
    clock.forward(10)
    await alerts.tick()
    clock.forward(10)
    await takeStep(scope, acting, 'reopen', id)
    clock.forward(10)
    await alerts.tick()
    expect(events().map(({ type }) => type)).toEqual([
      'anomaly.raised',
      'anomaly.acknowledged',
      'anomaly.reopened',
    ])
  })

  it('is not sent when it is marked as a false positive within 10 s', async () => {
    const { raised, scope, receiver } = await setUp()
    const id = await raised()
    await alerts.plan()
    await takeStep(scope, acting, 'markFalsePositive', id, 'known')
    clock.forward(20)
    await alerts.tick()
    expect(receiver.requests).toEqual([])
    expect(await statesOf(scope)).toEqual([
      ['RAISED', 'SUPERSEDED', 'marked as a false positive before it was sent'],
    ])
  })

  it('is MUTED while the channel is paused', async () => {
    const { raised, scope, channel } = await setUp()
    await scope.db.alertChannel.updateMany({ where: { id: channel.id }, data: { state: 'PAUSED' } })
    await raised()
    clock.forward(10)
    await alerts.tick()
    expect(await statesOf(scope)).toEqual([['RAISED', 'MUTED', 'the channel is paused']])
  })

  it('goes to its own tenant alone', async () => {
    const one = await setUp()
    const two = await setUp()
    await one.raised({ severity: 'CRITICAL' })
    await alerts.tick()
    expect(one.receiver.requests.length).toBe(1)
    expect(two.receiver.requests.length).toBe(0)
  })
})

const stringsOf = (headers: Record<string, string | string[] | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
