import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { alertsOn, deliveriesOf, tenantOn } from '../support/alerts.ts'
import { record } from '../support/anomalies.ts'
import { testDatabase } from '../support/database.ts'
import { receiverOfTest } from '../support/receiver.ts'
import { clock } from '../support/stepped-clock.ts'

const body = z.object({
  type: z.string(),
  data: z.looseObject({
    id: z.string().optional(),
    anomalies: z.array(z.looseObject({ id: z.string() })).optional(),
    more: z.number().optional(),
  }),
})

const ALL = ['RAISED', 'UPDATED', 'ESCALATED', 'ENDED'] as const

/** What is sent, and about which anomalies. */
const brief = (bodies: readonly z.infer<typeof body>[]) =>
  bodies.map(({ type, data }) => [type, data.anomalies?.map(({ id }) => id).sort() ?? data.id])

const database = await testDatabase()
const alerts = alertsOn(database)

describe('a digest', () => {
  async function setUp(over: Parameters<typeof alerts.webhookOf>[2] = {}) {
    const tenant = await tenantOn(alerts)
    const receiver = await receiverOfTest()
    await alerts.webhookOf(tenant.scope, receiver.url, over)
    const bodies = () => receiver.requests.map((request) => body.parse(JSON.parse(request.body)))
    return { ...tenant, receiver, bodies }
  }

  it('takes the place of single messages after ten in ten minutes, and names every anomaly in bodies under 20 kB', async () => {
    const { raised, bodies, receiver, scope } = await setUp()
    const ids: string[] = []
    for (let i = 0; i < 40; i += 1) ids.push(await raised({ message: 'x'.repeat(900) }))
    await alerts.tick()
    clock.forward(10)
    await alerts.tick()
    expect(bodies().map(({ type }) => type)).toEqual(Array(10).fill('anomaly.raised'))
    clock.forward(50)
    await alerts.tick()
    const digests = bodies().slice(10)
    expect(digests.every(({ type }) => type === 'anomaly.digest')).toBe(true)
    expect(digests.length).toBeGreaterThan(1)
    expect(digests.at(-1)?.data.more).toBe(0)
    expect(receiver.requests.every(({ body: text }) => text.length < 20_000)).toBe(true)
    const named = bodies().flatMap(({ data }) => data.anomalies?.map(({ id }) => id) ?? [data.id])
    expect(named.sort()).toEqual(ids.sort())
    expect((await deliveriesOf(scope)).every(({ state }) => state === 'DELIVERED')).toBe(true)
    // Ten minutes after the first digest comes the next one.
    await raised()
    clock.forward(300)
    await raised()
    await alerts.tick()
    const before = receiver.requests.length
    clock.forward(240)
    await alerts.tick()
    expect(receiver.requests.length).toBe(before)
    clock.forward(70)
    await alerts.tick()
    expect(
      bodies()
        .slice(before)
        .map(({ type }) => type),
    ).toEqual(['anomaly.digest'])
  })

  it('of a flood stays together when one of it ends or grows before: a program hears of that by itself, after it', async () => {
    const { raised, ended, wait, bodies, id: tenantId } = await setUp({ routing: { reasons: [...ALL] } })
    const ids: string[] = []
    for (let i = 0; i < 13; i += 1) ids.push(await raised())
    await wait(10)
    const [over = '', grown = '', other = ''] = ids.slice(10)
    await ended(over)
    await record(database, tenantId, [{ kind: 'ANOMALY_UPDATED', anomalyId: grown }])
    await wait(40)
    expect(bodies().length).toBe(10)
    await wait(20)
    expect(brief(bodies().slice(10))).toEqual([
      ['anomaly.digest', [over, grown, other].sort()],
      ['anomaly.ended', over],
    ])
    await ended(grown)
    await wait(0)
    expect(brief(bodies().slice(12))).toEqual([['anomaly.ended', grown]])
  })

  it.each(['slack', 'discord'])('of a flood on %s only counts what ended before it', async (kind) => {
    const { raised, ended, wait, scope } = await tenantOn(alerts)
    const chat = await receiverOfTest((_request, response) => response.end('{"id":"900"}'))
    await alerts.createChannel(scope, { name: 'ops', target: { [kind]: { url: `${chat.url}/hook` } } })
    const ids: string[] = []
    for (let i = 0; i < 13; i += 1) ids.push(await raised({ title: `Trouble ${i}` }))
    // Ten seconds of waiting, and one message a second.
    for (let i = 0; i < 25; i += 1) await wait(1)
    expect(chat.requests.length).toBe(10)
    await ended(ids[10] ?? '')
    await wait(120)
    const [digest, ...rest] = chat.requests.slice(10).map((request) => request.body)
    expect(rest).toEqual([])
    expect(digest).toContain('1 more was raised and ended in the meantime.')
    expect(digest).toMatch(/Trouble 11.*Trouble 12/s)
    expect(digest).not.toContain('Trouble 10')
  })

  it('lets what is CRITICAL through alone, also in quiet hours', async () => {
    const { raised, bodies } = await setUp({ schedule: { quietFrom: '00:00', quietTo: '23:59' } })
    const held = await raised()
    await alerts.tick()
    const urgent = await raised({ severity: 'CRITICAL' })
    await alerts.tick()
    expect(bodies().map(({ data }) => data.id)).toEqual([urgent])
    clock.forward(86_400)
    await alerts.tick()
    expect(bodies().map(({ data }) => data.id)).toEqual([urgent, held])
  })

  it('follows with the end of what it named, in order', async () => {
    const { raised, bodies, id: tenantId } = await setUp({ schedule: { mode: 'HOURLY' } })
    const [one, two] = [await raised(), await raised()]
    await alerts.tick()
    clock.forward(3_600)
    await alerts.tick()
    await record(database, tenantId, [{ kind: 'ANOMALY_ENDED', anomalyId: one }])
    await alerts.tick()
    clock.forward(3_600)
    await alerts.tick()
    expect(brief(bodies())).toEqual([
      ['anomaly.digest', [one, two].sort()],
      ['anomaly.ended', one],
    ])
  })
})
