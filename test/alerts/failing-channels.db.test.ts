import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { alertsOn, deliveriesOf, tenantOn } from '../support/alerts.ts'
import { testDatabase } from '../support/database.ts'
import { receiverOfTest } from '../support/receiver.ts'
import { clock } from '../support/stepped-clock.ts'

const event = z.object({ type: z.string(), data: z.record(z.string(), z.unknown()) })

const alerts = alertsOn(await testDatabase())

describe('a channel that fails', () => {
  /** A tenant with one WEBHOOK at a receiver of its own. */
  async function setUp() {
    const tenant = await tenantOn(alerts)
    const receiver = await receiverOfTest()
    await alerts.webhookOf(tenant.scope, `${receiver.url}/alerts`)
    const events = () => receiver.requests.map(({ body }) => event.parse(JSON.parse(body)))
    return { ...tenant, receiver, events }
  }

  it('for three days delivers what waited once its receiver is back', async () => {
    const { receiver, raised, events, scope } = await setUp()
    receiver.answer = (_request, response) => response.writeHead(503).end()
    await raised()
    for (let hour = 0; hour < 72; hour += 1) {
      clock.forward(3_600)
      await alerts.tick()
    }
    const before = receiver.requests.length
    expect(before).toBeGreaterThan(5)
    receiver.answer = (_request, response) => response.end()
    for (let hour = 0; hour < 24; hour += 1) {
      clock.forward(3_600)
      await alerts.tick()
    }
    expect(receiver.requests.length).toBe(before + 1)
    expect(new Set(events().map(({ data }) => data['id'])).size).toBe(1)
    expect(await deliveriesOf(scope)).toMatchObject([{ reason: 'RAISED', state: 'DELIVERED', why: null }])
    const attempts = await scope.db.alertAttempt.findMany({ orderBy: { n: 'asc' } })
    expect(attempts.length).toBe(before + 1)
    expect(attempts[0]).toMatchObject({ status: 503, error: 'answered 503' })
  })

  it('waits as long as its receiver asks, with everything else that it has to send', async () => {
    const { receiver, raised } = await setUp()
    receiver.answer = (_request, response) => response.writeHead(429, { 'retry-after': '60' }).end()
    await raised({ severity: 'CRITICAL' })
    await alerts.tick()
    await raised({ severity: 'CRITICAL' })
    clock.forward(59)
    await alerts.tick()
    expect(receiver.requests.length).toBe(1)
    receiver.answer = (_request, response) => response.end()
    clock.forward(1)
    await alerts.tick()
    expect(receiver.requests.length).toBe(3)
  })

  it('because it is gone is disabled: the others say so, and what waits is kept', async () => {
    const { receiver, raised, scope } = await setUp()
    const other = await receiverOfTest()
    await alerts.webhookOf(scope, other.url, { name: 'other' })
    receiver.answer = (_request, response) => response.writeHead(410).end()
    await raised({ severity: 'CRITICAL' })
    await alerts.tick()
    await raised({ severity: 'CRITICAL' })
    await alerts.tick()
    expect(receiver.requests.length).toBe(1)
    const [channel] = await scope.db.alertChannel.findMany({ where: { name: 'receiver' } })
    expect(channel).toMatchObject({ state: 'DISABLED', reason: 'answered 410: it is gone' })
    const own = await scope.db.alertDelivery.findMany({
      where: { channelId: channel?.id ?? '' },
      orderBy: { seq: 'asc' },
    })
    expect(own.map(({ state, held }) => [state, held])).toEqual([
      ['FAILED', false],
      ['WAITING', true],
    ])
    const types = other.requests.map(({ body }) => event.parse(JSON.parse(body)).type)
    expect(types.sort()).toEqual(['anomaly.raised', 'anomaly.raised', 'channel.disabled'])
  })

  it('with every attempt for 5 days is disabled', async () => {
    const { receiver, raised, scope } = await setUp()
    receiver.answer = (_request, response) => response.writeHead(500).end()
    for (let day = 0; day < 6; day += 1) {
      await raised({ severity: 'CRITICAL' })
      await alerts.tick()
      clock.forward(86_400)
    }
    const [channel] = await scope.db.alertChannel.findMany()
    expect(channel).toMatchObject({ state: 'DISABLED' })
    expect(channel?.reason).toContain('5 days')
  })

  it('twice, more than 5 days apart, is not disabled: the days count from the second failure', async () => {
    const { receiver, raised, scope } = await setUp()
    receiver.answer = (_request, response) => response.writeHead(500).end()
    await raised({ severity: 'CRITICAL' })
    await alerts.tick()
    await scope.db.alertDelivery.updateMany({ data: { state: 'FAILED' } })
    clock.forward(8 * 86_400)
    const since = clock.now()
    await raised({ severity: 'CRITICAL' })
    await alerts.tick()
    const channel = () => scope.db.alertChannel.findFirst()
    expect(await channel()).toMatchObject({ state: 'ACTIVE', failingSince: since })
    for (let day = 1; day <= 4; day += 1) {
      clock.forward(86_400)
      await raised({ severity: 'CRITICAL' })
      await alerts.tick()
    }
    expect(await channel()).toMatchObject({ state: 'ACTIVE', failingSince: since })
    clock.forward(86_400)
    await raised({ severity: 'CRITICAL' })
    await alerts.tick()
    expect(await channel()).toMatchObject({ state: 'DISABLED', failingSince: since })
  })
})

it('a channel rests for as long as its provider takes no more, though nothing failed', async () => {
  const alerts = alertsOn(await testDatabase())
  const { scope, raised, wait } = await tenantOn(alerts)
  const discord = await receiverOfTest((_request, response) => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '30' }
    response.writeHead(200, headers).end('{"id":"900"}')
  })
  await alerts.createChannel(scope, { name: 'ops', target: { discord: { url: `${discord.url}/hook` } } })
  await raised({ severity: 'CRITICAL' })
  await raised({ severity: 'CRITICAL' })
  await wait(29)
  expect(discord.requests.length).toBe(1)
  await wait(1)
  expect(discord.requests.length).toBe(2)
})
