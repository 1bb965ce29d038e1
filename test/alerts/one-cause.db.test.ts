import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { takeStep } from '../../src/anomalies/lifecycle.ts'
import { alertsWithPager, deliveriesOf, tenantOn } from '../support/alerts.ts'
import { receiverOfTest } from '../support/receiver.ts'
import { acting } from '../tenancy/office.ts'

const event = z.object({
  type: z.string(),
  data: z.looseObject({ id: z.string(), related: z.array(z.looseObject({ id: z.string() })) }),
})

const page = z.object({
  event_action: z.string(),
  dedup_key: z.string(),
  payload: z.looseObject({ summary: z.string(), severity: z.string() }).optional(),
})

const ALL = { routing: { minSeverity: 'LOW' } } as const

const { pager, alerts } = await alertsWithPager()

describe('anomalies of one cause', () => {
  async function withWebhook(over: Parameters<typeof alerts.webhookOf>[2] = ALL) {
    const parts = await tenantOn(alerts)
    const receiver = await receiverOfTest()
    await alerts.webhookOf(parts.scope, receiver.url, over)
    const events = () => receiver.requests.map(({ body }) => event.parse(JSON.parse(body)))
    const brief = () => events().map(({ type, data }) => [type, data.id, data.related.map(({ id }) => id)])
    return { ...parts, receiver, events, brief }
  }

  async function withPager() {
    const parts = await tenantOn(alerts)
    pager.requests.length = 0
    await alerts.pagerOf(parts.scope)
    const pages = () => pager.requests.map(({ body }) => page.parse(JSON.parse(body)))
    return { ...parts, pages }
  }

  it('go out as one message about the most severe one, which names the others with severity, title and money', async () => {
    const { raised, wait, events, scope } = await withWebhook()
    const drop = await raised({ severity: 'MEDIUM', title: 'Revenue fell' })
    const testing = await raised({
      title: 'Cards are tested',
      impact: { amount: 5_000, currency: 'usd' },
    })
    await scope.db.anomalyCause.create({
      data: { tenantId: scope.tenantId, anomalyId: drop, causeId: testing },
    })
    await wait(10)
    expect(events()).toMatchObject([
      {
        type: 'anomaly.raised',
        data: {
          id: testing,
          related: [{ id: drop, severity: 'MEDIUM', title: 'Revenue fell', impact: null }],
        },
      },
    ])
    const log = (await deliveriesOf(scope)).map(({ anomalyId, state, why }) => [anomalyId, state, why])
    expect(log).toEqual([
      [drop, 'DELIVERED', null],
      [testing, 'SUPERSEDED', `sent in one message with “Revenue fell” (${drop}): of the same cause`],
    ])
  })

  it('that come later join the conversation as an update', async () => {
    const { raised, wait, brief } = await withWebhook()
    const testing = await raised()
    await wait(10)
    const failures = await raised({ severity: 'MEDIUM', causes: [testing] })
    await wait(10)
    // It is linked to the second alone, which is of the first's conversation.
    const drop = await raised({ severity: 'LOW', causes: [failures] })
    await wait(10)
    expect(brief()).toEqual([
      ['anomaly.raised', testing, []],
      ['anomaly.updated', testing, [failures]],
      ['anomaly.updated', testing, [failures, drop]],
    ])
  })

  it('that are linked after both were reported stay two: nothing is sent for that, and each names the other from then on', async () => {
    const { raised, wait, brief, ended, scope } = await withWebhook()
    const testing = await raised()
    await wait(10)
    const failures = await raised()
    await wait(10)
    await scope.db.anomalyCause.create({
      data: { tenantId: scope.tenantId, anomalyId: failures, causeId: testing },
    })
    await wait(60)
    await ended(testing)
    await wait(0)
    await ended(failures)
    await wait(0)
    expect(brief()).toEqual([
      ['anomaly.raised', testing, []],
      ['anomaly.raised', failures, []],
      ['anomaly.ended', testing, [failures]],
      ['anomaly.ended', failures, [testing]],
    ])
  })

  it('escalate the conversation when a worse one joins it', async () => {
    const { raised, wait, pages, scope } = await withPager()
    const drop = await raised({ severity: 'MEDIUM', title: 'Revenue fell' })
    await wait(10)
    await raised({ severity: 'CRITICAL', title: 'No events come', causes: [drop] })
    await wait(0)
    expect(pages()).toMatchObject([
      { event_action: 'trigger', dedup_key: drop, payload: { summary: 'Revenue fell', severity: 'warning' } },
      {
        event_action: 'trigger',
        dedup_key: drop,
        payload: { summary: 'No events come', severity: 'critical' },
      },
    ])
    expect((await deliveriesOf(scope)).map(({ reason, state }) => [reason, state])).toEqual([
      ['RAISED', 'DELIVERED'],
      ['RAISED', 'SUPERSEDED'],
      ['ESCALATED', 'DELIVERED'],
    ])
  })

  it('are over for people with the last of them, whichever that is', async () => {
    const { raised, wait, pages, ended } = await withPager()
    const first = await raised({ severity: 'CRITICAL' })
    const second = await raised({ causes: [first] })
    const third = await raised({ causes: [first] })
    await wait(10)
    await ended(first)
    await wait(0)
    expect(pages().map(({ event_action: action }) => action)).not.toContain('resolve')
    await ended(second, third)
    await wait(0)
    const actions = pages().map(({ event_action: action, dedup_key: key }) => [action, key])
    expect(actions.filter(([action]) => action === 'resolve')).toEqual([['resolve', first]])
    expect(actions.at(-1)).toEqual(['resolve', first])
  })

  it('end one by one for a program, each after it was named', async () => {
    const { raised, wait, brief, ended, receiver } = await withWebhook()
    const first = await raised()
    await wait(10)
    receiver.answer = (_request, response) => response.writeHead(500).end()
    const second = await raised({ causes: [first] })
    await wait(10)
    receiver.requests.length = 0
    receiver.answer = (_request, response) => response.end()
    await ended(second, first)
    await wait(0)
    expect(brief()).toEqual([])
    await wait(10)
    expect(brief()).toEqual([
      ['anomaly.updated', first, [second]],
      ['anomaly.ended', second, [first]],
      ['anomaly.ended', first, [second]],
    ])
  })

  it('begin a message of their own once the conversation is over, and name it', async () => {
    const { raised, wait, brief, ended } = await withWebhook()
    const before = await raised()
    await wait(10)
    await ended(before)
    await wait(0)
    const after = await raised({ causes: [before] })
    await wait(10)
    expect(brief()).toEqual([
      ['anomaly.raised', before, []],
      ['anomaly.ended', before, []],
      ['anomaly.raised', after, [before]],
    ])
  })

  it('that the routing leaves out are named, not sent', async () => {
    const { raised, wait, brief, scope } = await withWebhook({})
    const testing = await raised()
    await wait(10)
    const failures = await raised({ severity: 'MEDIUM', causes: [testing] })
    await wait(10)
    expect(brief()).toEqual([['anomaly.raised', testing, []]])
    expect((await deliveriesOf(scope)).at(-1)).toMatchObject({ state: 'MUTED', why: 'below HIGH' })
    const drop = await raised({ causes: [failures] })
    await wait(10)
    expect(brief().at(-1)).toEqual(['anomaly.raised', drop, [failures]])
  })

  it('are still reported when a person marks the first as a false positive before anything was sent', async () => {
    const { raised, wait, brief, scope } = await withWebhook()
    const first = await raised()
    const second = await raised({ causes: [first] })
    await alerts.tick()
    await takeStep(scope, acting, 'markFalsePositive', first, 'known')
    await wait(20)
    expect(brief()).toEqual([['anomaly.raised', second, []]])
  })

  it('are told no news of one that was marked as a false positive before it was sent', async () => {
    const { raised, wait, brief, scope } = await withWebhook()
    const first = await raised()
    await wait(10)
    const second = await raised({ causes: [first] })
    await alerts.tick()
    await takeStep(scope, acting, 'markFalsePositive', second, 'known')
    await wait(20)
    expect(brief()).toEqual([['anomaly.raised', first, []]])
  })

  it('are one entry of a digest', async () => {
    const { raised, wait, receiver } = await withWebhook({ ...ALL, schedule: { mode: 'HOURLY' } })
    const testing = await raised()
    await raised({ causes: [testing] })
    await raised()
    await wait(3_600)
    const digest = z.object({
      type: z.literal('anomaly.digest'),
      data: z.object({ anomalies: z.array(z.looseObject({ related: z.array(z.unknown()) })) }),
    })
    const bodies = receiver.requests.map(({ body }) => digest.parse(JSON.parse(body)))
    expect(bodies.map(({ data }) => data.anomalies.map(({ related }) => related.length))).toEqual([[1, 0]])
  })
})
