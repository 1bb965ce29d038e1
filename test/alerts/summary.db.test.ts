import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { planSummaries } from '../../src/alerts/summary.ts'
import { takeStep } from '../../src/anomalies/lifecycle.ts'
import { alertsOn, tenantOn } from '../support/alerts.ts'
import { testDatabase } from '../support/database.ts'
import { receiverOfTest } from '../support/receiver.ts'
import { endpointRow, eventRow } from '../support/rows.ts'
import { clock } from '../support/stepped-clock.ts'
import { acting } from '../tenancy/office.ts'

const body = z.object({
  type: z.literal('summary'),
  data: z.looseObject({ title: z.string(), text: z.array(z.string()) }),
})

const database = await testDatabase()
const alerts = alertsOn(database)

describe('the weekly summary', () => {
  /** A tenant with a channel that sums up the week, just before it does. */
  async function setUp() {
    const tenant = await tenantOn(alerts)
    const { scope, id: tenantId } = tenant
    const receiver = await receiverOfTest()
    const routing = { minSeverity: 'CRITICAL' }
    await alerts.webhookOf(scope, receiver.url, { routing, schedule: { weeklySummary: true } })
    const plan = () => planSummaries({ ...alerts.parts, database })
    await plan()
    const due = (await scope.db.alertChannel.findFirstOrThrow()).summaryAt ?? clock.now()
    clock.forward((due.getTime() - clock.now().getTime()) / 1_000 - 1)
    return {
      ...tenant,
      plan,
      receiveEvents: async (count: number) => {
        const endpoint = endpointRow(tenantId)
        await scope.db.webhookEndpoint.create({ data: endpoint })
        const receivedAt = clock.now()
        const rows = Array.from({ length: count }, (_, i) => eventRow(tenantId, endpoint.id, `evt_${i}`))
        await scope.db.stripeEvent.createMany({ data: rows.map((row) => ({ ...row, receivedAt })) })
      },
      /** What is sent once it is due. */
      sumUp: async () => {
        clock.forward(1)
        await plan()
        await alerts.tick()
        return receiver.requests.map((request) => body.parse(JSON.parse(request.body)).data)
      },
      receiver,
    }
  }

  it('comes once, on Monday at nine, also when all was well', async () => {
    const { plan, receiveEvents, receiver, sumUp } = await setUp()
    await receiveEvents(2)
    await plan()
    await alerts.tick()
    expect(receiver.requests).toEqual([])
    clock.forward(1)
    await Promise.all([plan(), plan()])
    expect(await sumUp()).toMatchObject([
      {
        title: 'All was well this week',
        text: ['In the last seven days 2 events of Stripe came, and no anomaly was found. None is open.'],
      },
    ])
  })

  it('says that nothing came rather than that all was well', async () => {
    const { sumUp } = await setUp()
    expect(await sumUp()).toMatchObject([
      {
        title: 'Nothing came from Stripe this week',
        text: [
          'In the last seven days 0 events of Stripe came, and no anomaly was found. None is open.',
          'No event came at all: see whether the webhook is still set up at Stripe.',
        ],
      },
    ])
  })

  it('counts what somebody acknowledged and goes on, and nothing that is over', async () => {
    const { raised, ended, receiveEvents, sumUp, scope } = await setUp()
    await receiveEvents(1)
    const old = new Date(clock.now().getTime() - 10 * 86_400_000)
    const [acknowledged, over, resolved] = [
      await raised({ detectedAt: old }),
      await raised({ detectedAt: old }),
      await raised({ detectedAt: old }),
    ]
    await takeStep(scope, acting, 'acknowledge', acknowledged)
    await takeStep(scope, acting, 'acknowledge', over)
    await takeStep(scope, acting, 'resolve', resolved)
    await ended(over)
    expect(await sumUp()).toMatchObject([
      {
        title: 'The week: no new anomaly',
        text: [
          'In the last seven days 1 event of Stripe came, and no anomaly was found. Open now: 0. Acknowledged, and not over: 1.',
        ],
      },
    ])
  })
})
