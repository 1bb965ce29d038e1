import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { SYSTEM } from '../../src/actor.ts'
import { takeStep } from '../../src/anomalies/lifecycle.ts'
import { endOverdueSnooze, snoozeAnomaly } from '../../src/anomalies/snooze.ts'
import { undoAct } from '../../src/anomalies/undo.ts'
import { composeId } from '../../src/ids.ts'
import { alertsWithPager, deliveriesOf, tenantOn } from '../support/alerts.ts'
import { record } from '../support/anomalies.ts'
import { receiverOfTest } from '../support/receiver.ts'
import { clock } from '../support/stepped-clock.ts'
import { acting } from '../tenancy/office.ts'

const event = z.object({ type: z.string(), data: z.looseObject({ id: z.string() }) })
const page = z.object({ event_action: z.string() })

/** Everything that a channel can be asked to report. */
const ALL = {
  routing: { reasons: ['RAISED', 'ESCALATED', 'REOPENED', 'ENDED', 'RESOLVED', 'ACKNOWLEDGED'] },
} as const

const { database, pager, alerts } = await alertsWithPager()

async function setUp() {
  const tenant = await tenantOn(alerts)
  const { scope } = tenant
  const inHours = (hours: number) => new Date(clock.now().getTime() + hours * 3_600_000)
  const seqOf = async (): Promise<bigint> => (await scope.db.tenant.findFirstOrThrow()).seq
  return {
    ...tenant,
    inHours,
    snooze: (id: string, hours = 8) => snoozeAnomaly(scope, acting, id, { until: inHours(hours) }),
    wake: (id: string) => endOverdueSnooze(scope, { ...acting, actor: SYSTEM }, id),
    undo: async () => undoAct(scope, acting, composeId('act', tenant.id, String(await seqOf()))),
    /** As detection records growth of what was snoozed until it grows. */
    grow: async (
      id: string,
      severity: number,
      kinds: readonly ('ANOMALY_UPDATED' | 'ANOMALY_UNSNOOZED')[],
    ) => {
      const woken = kinds.includes('ANOMALY_UNSNOOZED') ? { snoozedSize: null } : {}
      await scope.db.anomaly.updateMany({ where: { id }, data: { severity, ...woken } })
      const data = { reason: 'GROWTH' }
      await record(
        database,
        tenant.id,
        kinds.map((kind) => ({ kind, anomalyId: id, ...(kind === 'ANOMALY_UNSNOOZED' && { data }) })),
      )
    },
    log: async () => (await deliveriesOf(scope)).map(({ reason, state, why }) => [reason, state, why]),
  }
}

async function withWebhook(over: Parameters<typeof alerts.webhookOf>[2] = ALL) {
  const parts = await setUp()
  const receiver = await receiverOfTest()
  await alerts.webhookOf(parts.scope, receiver.url, over)
  const types = () => receiver.requests.map(({ body }) => event.parse(JSON.parse(body)).type)
  return { ...parts, receiver, types }
}

async function withPager() {
  const parts = await setUp()
  pager.requests.length = 0
  await alerts.pagerOf(parts.scope)
  return {
    ...parts,
    actions: () => pager.requests.map(({ body }) => page.parse(JSON.parse(body)).event_action),
  }
}

describe('an anomaly that somebody snoozed', () => {
  it('is not reported when that came within 10 s, and is once the time is over', async () => {
    const { raised, snooze, wake, wait, types, log } = await withWebhook()
    const id = await raised()
    await alerts.tick()
    await snooze(id)
    await wait(3_600)
    expect(types()).toEqual([])
    expect(await log()).toEqual([['RAISED', 'SUPERSEDED', 'snoozed before it was sent']])
    clock.forward(7 * 3_600)
    await wake(id)
    await wait(10)
    expect(types()).toEqual(['anomaly.raised'])
  })

  it('is MUTED with the time in the zone of the tenant where it was snoozed before it was planned', async () => {
    const { raised, wait, types, log, scope } = await withWebhook()
    await scope.db.tenant.updateMany({ data: { timezone: 'Asia/Kathmandu' } })
    const id = await raised()
    await scope.db.anomaly.updateMany({
      where: { id },
      data: { snoozedUntil: new Date('2026-03-20T08:00:00Z') },
    })
    await wait(10)
    expect(types()).toEqual([])
    expect(await log()).toEqual([['RAISED', 'MUTED', 'snoozed until Fri 20 Mar, 13:45']])
  })

  it('is silent while it sleeps, also about its end, and says why once for each', async () => {
    const { raised, snooze, wait, types, log, grow, ended } = await withWebhook()
    const id = await raised()
    await wait(10)
    await snooze(id)
    await grow(id, 3, ['ANOMALY_UPDATED'])
    await grow(id, 3, ['ANOMALY_UPDATED'])
    await ended(id)
    await wait(60)
    expect(types()).toEqual(['anomaly.raised'])
    const asleep = expect.stringMatching(/^snoozed until /)
    expect(await log()).toEqual([
      ['RAISED', 'DELIVERED', null],
      ['ESCALATED', 'MUTED', asleep],
      ['ENDED', 'MUTED', asleep],
    ])
  })

  it('that grew worse while it slept is ESCALATED when the time is over', async () => {
    const { raised, snooze, wake, wait, types, grow } = await withWebhook()
    const id = await raised()
    await wait(10)
    await snooze(id, 1)
    await grow(id, 3, ['ANOMALY_UPDATED'])
    await wait(3_600)
    await wake(id)
    await wait(0)
    expect(types()).toEqual(['anomaly.raised', 'anomaly.escalated'])
  })

  it('and wakes no worse than it was reported is not reported twice', async () => {
    const { raised, snooze, wake, wait, types } = await withWebhook()
    const id = await raised()
    await wait(10)
    await snooze(id, 1)
    await wait(3_600)
    await wake(id)
    await wait(60)
    expect(types()).toEqual(['anomaly.raised'])
  })

  it.each([
    ['with its severity', 3, ['ANOMALY_UPDATED', 'ANOMALY_UNSNOOZED']],
    ['in signs or money alone', 2, ['ANOMALY_UNSNOOZED']],
  ] as const)('until it grows is ESCALATED once when it grew %s', async (_name, severity, kinds) => {
    const { raised, scope, wait, types, grow } = await withWebhook({})
    const id = await raised()
    await wait(10)
    await snoozeAnomaly(scope, acting, id, { untilItGrows: true })
    await grow(id, 2, ['ANOMALY_UPDATED'])
    await wait(60)
    expect(types()).toEqual(['anomaly.raised'])
    await grow(id, severity, kinds)
    await wait(60)
    expect(types()).toEqual(['anomaly.raised', 'anomaly.escalated'])
  })

  it('is not in the digest of the hour in which it was snoozed', async () => {
    const { raised, snooze, wait, receiver, log } = await withWebhook({ schedule: { mode: 'HOURLY' } })
    const id = await raised()
    await raised()
    await alerts.tick()
    await snooze(id)
    await wait(3_600)
    expect(receiver.requests.length).toBe(1)
    expect(receiver.requests[0]?.body).not.toContain(id)
    expect((await log())[0]).toEqual(['RAISED', 'SUPERSEDED', 'snoozed before it was sent'])
  })

  it('leaves the others of its cause to be reported, about the one that nobody put off', async () => {
    const { raised, snooze, wait, receiver } = await withWebhook()
    const first = await raised({ title: 'First' })
    const second = await raised({ title: 'Second', severity: 'HIGH', causes: [first] })
    await alerts.tick()
    await snooze(first)
    await wait(10)
    const said = receiver.requests.map(({ body }) => event.parse(JSON.parse(body)))
    expect(said.map(({ type, data }) => [type, data.id])).toEqual([['anomaly.raised', second]])
  })

  it('is still closed where its incident was opened', async () => {
    const { raised, snooze, wait, actions, ended } = await withPager()
    const id = await raised()
    await wait(10)
    await snooze(id)
    await ended(id)
    await wait(0)
    expect(actions()).toEqual(['trigger', 'resolve'])
  })

  it('and has ended meanwhile opens no incident anew when the time is over, or the snooze is undone', async () => {
    const { raised, snooze, wake, undo, wait, actions, ended } = await withPager()
    const id = await raised()
    await wait(10)
    await snooze(id, 1)
    await ended(id)
    await wait(3_600)
    expect(actions()).toEqual(['trigger', 'resolve'])
    await wake(id)
    await wait(60)
    await snooze(id, 1)
    await wait(60)
    await undo()
    await wait(60)
    expect(actions()).toEqual(['trigger', 'resolve'])
  })

  it('is reported as ever when the snooze is undone', async () => {
    const { raised, snooze, undo, wait, types } = await withWebhook({})
    const id = await raised()
    await alerts.tick()
    await snooze(id)
    await alerts.tick()
    await undo()
    await wait(10)
    expect(types()).toEqual(['anomaly.raised'])
  })
})

describe('an act that a person undid', () => {
  it('within 10 s is never reported', async () => {
    const { raised, undo, wait, types, log, scope } = await withWebhook()
    const id = await raised()
    await wait(10)
    await takeStep(scope, acting, 'acknowledge', id)
    await alerts.tick()
    clock.forward(5)
    await undo()
    await wait(60)
    expect(types()).toEqual(['anomaly.raised'])
    expect((await log()).at(-1)).toEqual(['ACKNOWLEDGED', 'SUPERSEDED', 'undone before it was sent'])
  })

  it('later is reported as a change of its own, by what it leads to', async () => {
    const { raised, undo, wait, types, scope } = await withWebhook()
    const id = await raised()
    await wait(10)
    await takeStep(scope, acting, 'resolve', id)
    await wait(10)
    await undo()
    await wait(10)
    await takeStep(scope, acting, 'resolve', id)
    await wait(10)
    await takeStep(scope, acting, 'reopen', id)
    await wait(10)
    await undo()
    await wait(10)
    expect(types().map((type) => type.slice(8))).toEqual([
      'raised',
      'resolved',
      'reopened',
      'resolved',
      'reopened',
      'resolved',
    ])
  })

  it('leaves what somebody did before it to be reported', async () => {
    const { raised, undo, wait, types, scope } = await withWebhook()
    const id = await raised()
    await wait(10)
    await takeStep(scope, acting, 'acknowledge', id)
    clock.forward(2)
    await takeStep(scope, acting, 'resolve', id)
    await alerts.tick()
    await undo()
    await wait(60)
    expect(types()).toEqual(['anomaly.raised', 'anomaly.acknowledged'])
  })

  it('that took the place of the beginning gives the beginning back', async () => {
    const { raised, undo, wait, actions, scope } = await withPager()
    const id = await raised()
    await alerts.tick()
    await takeStep(scope, acting, 'acknowledge', id)
    await alerts.tick()
    await undo()
    await wait(10)
    expect(actions()).toEqual(['trigger'])
  })

  it('and that was no false positive after all is reported as it would have been', async () => {
    const { raised, undo, wait, types, scope } = await withWebhook({})
    const id = await raised()
    await alerts.tick()
    await takeStep(scope, acting, 'markFalsePositive', id, 'known')
    await alerts.tick()
    await undo()
    await wait(10)
    expect(types()).toEqual(['anomaly.raised'])
  })
})
