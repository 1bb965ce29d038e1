import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { takeStep } from '../../src/anomalies/lifecycle.ts'
import { SEVERITIES, type Severity } from '../../src/detection/detector.ts'
import { alertsWithPager, deliveriesOf, tenantOn } from '../support/alerts.ts'
import { record } from '../support/anomalies.ts'
import { receiverOfTest } from '../support/receiver.ts'
import { acting } from '../tenancy/office.ts'

const event = z.object({ type: z.string(), data: z.looseObject({ id: z.string(), severity: z.string() }) })
const page = z.object({
  event_action: z.string(),
  payload: z.looseObject({ severity: z.string() }).optional(),
})

const { database, pager, alerts } = await alertsWithPager()

async function setUp() {
  const tenant = await tenantOn(alerts)
  const { scope } = tenant
  return {
    ...tenant,
    /** As detection records growth: with the severity that it had, where it became more severe. */
    grow: async (id: string, severity: Severity) => {
      const { severity: before } = await scope.db.anomaly.findFirstOrThrow({ where: { id } })
      const now = SEVERITIES.indexOf(severity)
      await scope.db.anomaly.updateMany({ where: { id }, data: { severity: now } })
      const data = { former: { severity: SEVERITIES[before] } }
      await record(database, tenant.id, [
        { kind: 'ANOMALY_UPDATED', anomalyId: id, ...(now > before && { data }) },
      ])
    },
    /** As detection reopens what had ended: one act, however much worse it is. */
    comeBack: async (id: string, severity: Severity) => {
      const data = { endedAt: null, severity: SEVERITIES.indexOf(severity) }
      await scope.db.anomaly.updateMany({ where: { id }, data })
      await record(database, tenant.id, [{ kind: 'ANOMALY_REOPENED', anomalyId: id }])
    },
    log: async () => (await deliveriesOf(scope)).map(({ reason, state, why }) => [reason, state, why]),
  }
}

async function withWebhook(over: Parameters<typeof alerts.webhookOf>[2] = {}) {
  const parts = await setUp()
  const receiver = await receiverOfTest()
  await alerts.webhookOf(parts.scope, receiver.url, over)
  const types = () => receiver.requests.map(({ body }) => event.parse(JSON.parse(body)).type.slice(8))
  return { ...parts, types }
}

describe('an anomaly that comes back', () => {
  it('above minSeverity for the first time is ESCALATED where returns are not reported, and not once more as it grows', async () => {
    const { raised, ended, comeBack, wait, types, id: tenantId } = await withWebhook()
    const id = await raised({ severity: 'MEDIUM' })
    await wait(10)
    await ended(id)
    await wait(60)
    await comeBack(id, 'HIGH')
    await wait(10)
    expect(types()).toEqual(['escalated'])
    await record(database, tenantId, [{ kind: 'ANOMALY_UPDATED', anomalyId: id }])
    await ended(id)
    await wait(60)
    expect(types()).toEqual(['escalated', 'ended'])
  })

  it('above minSeverity for the first time is REOPENED where returns are reported', async () => {
    const { raised, ended, comeBack, wait, types } = await withWebhook({
      routing: { reasons: ['RAISED', 'ESCALATED', 'REOPENED', 'ENDED'] },
    })
    const id = await raised({ severity: 'MEDIUM' })
    await wait(10)
    await ended(id)
    await comeBack(id, 'HIGH')
    await wait(10)
    expect(types()).toEqual(['reopened'])
  })

  it.each([
    [
      ['RAISED', 'ESCALATED', 'ENDED'],
      ['raised', 'ended', 'escalated'],
    ],
    [
      ['RAISED', 'ESCALATED', 'REOPENED', 'ENDED'],
      ['raised', 'ended', 'reopened'],
    ],
  ] as const)(
    'worse than it was reported is reported once where the channel reports %j',
    async (reasons, sent) => {
      const {
        raised,
        ended,
        comeBack,
        wait,
        types,
        id: tenantId,
      } = await withWebhook({ routing: { reasons } })
      const id = await raised()
      await wait(10)
      await ended(id)
      await wait(60)
      await comeBack(id, 'CRITICAL')
      await record(database, tenantId, [{ kind: 'ANOMALY_UPDATED', anomalyId: id }])
      await wait(60)
      expect(types()).toEqual(sent)
    },
  )

  it('no worse than it was reported is reported only where returns are', async () => {
    const { raised, ended, comeBack, wait, types } = await withWebhook()
    const id = await raised()
    await wait(10)
    await ended(id)
    await wait(60)
    await comeBack(id, 'HIGH')
    await wait(60)
    expect(types()).toEqual(['raised', 'ended'])
  })

  it('below minSeverity is MUTED', async () => {
    const { raised, ended, comeBack, wait, types, log } = await withWebhook()
    const id = await raised({ severity: 'LOW' })
    await wait(10)
    await ended(id)
    await comeBack(id, 'MEDIUM')
    await wait(60)
    expect(types()).toEqual([])
    expect((await log()).at(-1)).toEqual(['REOPENED', 'MUTED', 'below HIGH'])
  })

  it('because it was no false positive is reported, and not when it has ended meanwhile', async () => {
    const { raised, ended, wait, types, scope } = await withWebhook()
    const [goesOn, over] = [await raised(), await raised()]
    await alerts.tick()
    for (const id of [goesOn, over]) await takeStep(scope, acting, 'markFalsePositive', id, 'known')
    await wait(60)
    await ended(over)
    for (const id of [goesOn, over]) await takeStep(scope, acting, 'reopen', id)
    await wait(60)
    expect(types()).toEqual(['escalated'])
  })

  it('worse opens its incident at PagerDuty with the severity that it has now', async () => {
    const { raised, ended, comeBack, wait, scope } = await setUp()
    await alerts.pagerOf(scope, 'HIGH')
    const id = await raised()
    await wait(10)
    await ended(id)
    await wait(60)
    await comeBack(id, 'CRITICAL')
    await wait(60)
    const pages = pager.requests.map(({ body }) => page.parse(JSON.parse(body)))
    expect(pages.map(({ event_action: action, payload }) => [action, payload?.severity])).toEqual([
      ['trigger', 'error'],
      ['resolve', undefined],
      ['trigger', 'critical'],
    ])
  })
})

describe('an anomaly that went on when the channel was made', () => {
  async function withLateWebhook(severity: Severity, over: Parameters<typeof alerts.webhookOf>[2] = {}) {
    const parts = await setUp()
    const receiver = await receiverOfTest()
    const id = await parts.raised({ severity })
    await alerts.webhookOf(parts.scope, receiver.url, over)
    const sent = () =>
      receiver.requests
        .map(({ body }) => event.parse(JSON.parse(body)))
        .map(({ type, data }) => [type.slice(8), data.severity])
    return { ...parts, anomalyId: id, sent }
  }

  it.each([
    ['over minSeverity', 'MEDIUM', 'HIGH'],
    ['worse than it was', 'HIGH', 'CRITICAL'],
  ] as const)('is ESCALATED when it grows %s, and followed from then on', async (_name, before, after) => {
    const { anomalyId, grow, ended, wait, sent } = await withLateWebhook(before)
    await grow(anomalyId, before)
    await wait(60)
    expect(sent()).toEqual([])
    await grow(anomalyId, after)
    await grow(anomalyId, after)
    await wait(60)
    await ended(anomalyId)
    await wait(60)
    expect(sent()).toEqual([
      ['escalated', after],
      ['ended', after],
    ])
  })

  it('and grows, but not over minSeverity, is MUTED with the reason, and ESCALATED once it does', async () => {
    const { anomalyId, grow, wait, sent, log } = await withLateWebhook('LOW')
    await grow(anomalyId, 'MEDIUM')
    await wait(60)
    expect(await log()).toEqual([['ESCALATED', 'MUTED', 'below HIGH']])
    await grow(anomalyId, 'HIGH')
    await wait(60)
    expect(sent()).toEqual([['escalated', 'HIGH']])
  })

  it('snoozed until it grows, is ESCALATED when it has', async () => {
    const { anomalyId, id: tenantId, wait, sent } = await withLateWebhook('HIGH')
    const data = { reason: 'GROWTH' }
    await record(database, tenantId, [{ kind: 'ANOMALY_UNSNOOZED', anomalyId, data }])
    await wait(60)
    expect(sent()).toEqual([['escalated', 'HIGH']])
  })

  it('and comes back is ESCALATED', async () => {
    const { anomalyId, ended, comeBack, wait, sent } = await withLateWebhook('HIGH')
    await ended(anomalyId)
    await wait(60)
    await comeBack(anomalyId, 'HIGH')
    await wait(60)
    expect(sent()).toEqual([['escalated', 'HIGH']])
  })
})
