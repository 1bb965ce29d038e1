import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { planSummaries } from '../../src/alerts/summary.ts'
import type { Database } from '../../src/storage/database.ts'
import { alertsOn, deliveriesOf, tenantOn } from '../support/alerts.ts'
import { record } from '../support/anomalies.ts'
import { testDatabase } from '../support/database.ts'
import { startReceiver } from '../support/receiver.ts'
import { clock } from '../tenancy/office.ts'

const body = z.object({
  type: z.string(),
  data: z.looseObject({
    id: z.string().optional(),
    anomalies: z.array(z.looseObject({ id: z.string() })).optional(),
    more: z.number().optional(),
  }),
})

describe('a digest', () => {
  let database: Database
  let alerts: ReturnType<typeof alertsOn>
  beforeAll(async () => {
    database = await testDatabase()
    alerts = alertsOn(database)
  })

  async function setUp(over: Parameters<typeof alerts.webhookOf>[2] = {}) {
    const tenant = await tenantOn(alerts)
    const receiver = await startReceiver()
    onTestFinished(() => receiver.close())
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
    expect(
      bodies().map(({ type, data }) => [type, data.anomalies?.map(({ id }) => id).sort() ?? data.id]),
    ).toEqual([
      ['anomaly.digest', [one, two].sort()],
      ['anomaly.ended', one],
    ])
  })

  it('sums up the week on Monday at nine, also when all was well', async () => {
    const { bodies, scope } = await setUp({ schedule: { weeklySummary: true } })
    const plan = () => planSummaries({ ...alerts.parts, database })
    await plan()
    const [channel] = await scope.db.alertChannel.findMany()
    const due = channel?.summaryAt ?? clock.now()
    clock.forward((due.getTime() - clock.now().getTime()) / 1_000 - 1)
    await plan()
    await alerts.tick()
    expect(bodies()).toEqual([])
    clock.forward(1)
    await Promise.all([plan(), plan()])
    await plan()
    await alerts.tick()
    expect(bodies()).toMatchObject([{ type: 'summary', data: { title: 'All was well this week' } }])
  })
})
