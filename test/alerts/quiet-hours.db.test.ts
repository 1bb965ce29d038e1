import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { updateChannel } from '../../src/alerts/manage.ts'
import { takeStep } from '../../src/anomalies/lifecycle.ts'
import { alertsOn, deliveriesOf, tenantOn } from '../support/alerts.ts'
import { testDatabase } from '../support/database.ts'
import { receiverOfTest } from '../support/receiver.ts'
import { clock } from '../support/stepped-clock.ts'
import { acting } from '../tenancy/office.ts'

const event = z.object({
  type: z.string(),
  data: z.looseObject({
    id: z.string().optional(),
    anomalies: z.array(z.looseObject({ id: z.string() })).optional(),
  }),
})

/** The time of day, in the zone of the tenant, which is UTC. */
const inMinutes = (minutes: number): string =>
  new Date(clock.now().getTime() + minutes * 60_000).toISOString().slice(11, 16)

const alerts = alertsOn(await testDatabase())
beforeEach(() => {
  // Quiet hours are set by the minute.
  clock.forward(60 - clock.now().getUTCSeconds())
})

/** A tenant with one WEBHOOK that is quiet for an hour, from so many minutes on. */
async function setUp(from: number, routing = {}) {
  const tenant = await tenantOn(alerts)
  const receiver = await receiverOfTest()
  const schedule = { quietFrom: inMinutes(from), quietTo: inMinutes(from + 60) }
  await alerts.webhookOf(tenant.scope, receiver.url, { schedule, routing })
  const sent = () =>
    receiver.requests
      .map(({ body }) => event.parse(JSON.parse(body)))
      .map(({ type, data }) => [type.slice(8), data.anomalies?.map(({ id }) => id) ?? data.id])
  return { ...tenant, sent }
}

describe('in quiet hours', () => {
  it('no digest of a flood that began before them is sent', async () => {
    const { raised, wait, sent, scope } = await setUp(1)
    const ids: string[] = []
    for (let i = 0; i < 12; i += 1) ids.push(await raised())
    await wait(10)
    expect(sent().length).toBe(10)
    await wait(59 * 60)
    expect(sent().length).toBe(10)
    expect((await deliveriesOf(scope)).at(-1)).toMatchObject({ state: 'WAITING', why: 'quiet hours' })
    await wait(120)
    expect(sent().slice(10)).toEqual([['digest', ids.slice(10)]])
  })

  it('nothing is sent that is planned late, but what is CRITICAL', async () => {
    const { raised, wait, sent } = await setUp(1)
    const held = [await raised(), await raised()]
    const urgent = await raised({ severity: 'CRITICAL' })
    clock.forward(120)
    await wait(60)
    expect(sent()).toEqual([['raised', urgent]])
    await wait(3_600)
    expect(sent().slice(1)).toEqual([['digest', held]])
  })

  it('what a person does just before their end sends nothing sooner', async () => {
    const { raised, wait, sent, scope } = await setUp(0, { reasons: ['RAISED', 'RESOLVED'] })
    const [resolved, goesOn] = [await raised(), await raised()]
    await wait(3_595)
    await takeStep(scope, acting, 'resolve', resolved)
    await alerts.tick()
    expect(sent()).toEqual([])
    await wait(5)
    expect(sent()).toEqual([['digest', [resolved, goesOn]]])
  })
})

describe.each(['slack', 'discord'] as const)('after quiet hours %s', (kind) => {
  /** A tenant with one chat that is quiet for the next hour. */
  async function withChat(schedule = { quietFrom: inMinutes(0), quietTo: inMinutes(60) }) {
    const tenant = await tenantOn(alerts)
    const chat = await receiverOfTest((_request, response) => response.end('{"id":"900"}'))
    await alerts.createChannel(tenant.scope, {
      name: 'ops',
      target: { [kind]: { url: `${chat.url}/hook` } },
      schedule,
    })
    const titled = (title: string) => tenant.raised({ title })
    return { ...tenant, titled, bodies: () => chat.requests.map(({ body }) => body) }
  }

  it('names what goes on and counts what ended', async () => {
    const { titled, ended, wait, bodies } = await withChat()
    await titled('Goes on')
    const over = [await titled('Over at once'), await titled('Over later')]
    await ended(over[0] ?? '')
    await wait(1_800)
    await ended(over[1] ?? '')
    await wait(1_800)
    expect(bodies()).toEqual([expect.stringContaining('Goes on')])
    expect(bodies()[0]).toContain('2 more were raised and ended in the meantime.')
    expect(bodies()[0]).not.toMatch(/Over/)
  })

  it.each([
    ['one', 1, '1 anomaly came and ended', 'It ended before this message was due.'],
    ['all', 2, '2 anomalies came and ended', 'All of them ended before this message was due.'],
  ])('says that %s came and ended where nothing goes on', async (_name, count, title, text) => {
    const { titled, ended, wait, bodies } = await withChat()
    const ids: string[] = []
    for (let i = 0; i < count; i += 1) ids.push(await titled('Over'))
    await alerts.tick()
    await ended(...ids)
    await wait(3_600)
    expect(bodies()).toEqual([expect.stringContaining(title)])
    expect(bodies()[0]).toContain(text)
    expect(bodies()[0]).not.toMatch(/Over|The most severe/)
  })

  it('names what ended where its beginning was sent before', async () => {
    const { titled, ended, wait, bodies, scope } = await withChat({ quietFrom: '00:00', quietTo: '00:00' })
    const id = await titled('Known')
    await wait(10)
    const { id: channelId } = await scope.db.alertChannel.findFirstOrThrow()
    const schedule = { quietFrom: inMinutes(0), quietTo: inMinutes(60) }
    await updateChannel(scope, acting, { id: channelId, schedule })
    await ended(id)
    await wait(3_600)
    expect(bodies().length).toBe(2)
    // Discord's text escapes the colon.
    expect(bodies()[1]).toMatch(/Ended\\*: Known/)
  })
})
