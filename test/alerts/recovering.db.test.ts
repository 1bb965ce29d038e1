import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import type { ChannelInput } from '../../src/alerts/channel-input.ts'
import { recoverChannel, retryDelivery } from '../../src/alerts/redeliver.ts'
import { alertsOn, deliveriesOf, tenantOn } from '../support/alerts.ts'
import { testDatabase } from '../support/database.ts'
import { startReceiver } from '../support/receiver.ts'
import { acting } from '../tenancy/office.ts'

const digest = z.object({
  data: z.object({ anomalies: z.array(z.object({ id: z.string(), endedAt: z.string().nullable() })) }),
})

const HOURLY = { schedule: { mode: 'HOURLY' } }

const alerts = alertsOn(await testDatabase())

describe('what is sent again', () => {
  /** A tenant with one channel, whose receiver refuses everything until it is told otherwise. */
  async function setUp(kind: 'slack' | 'webhook', status: number, over: ChannelInput = {}) {
    const tenant = await tenantOn(alerts)
    const { scope } = tenant
    const receiver = await startReceiver((_request, response) => response.writeHead(status).end('no'))
    onTestFinished(() => receiver.close())
    const target = { [kind]: { url: `${receiver.url}/hook` } }
    const { channel } = await alerts.createChannel(scope, { name: 'ops', target, ...over })
    const bodies = () => receiver.requests.map(({ body }) => body)
    return {
      ...tenant,
      bodies,
      ids: () => receiver.requests.map(({ headers }) => headers['webhook-id']),
      mend: () => {
        receiver.answer = (_request, response) => response.end('ok')
      },
      recover: () => recoverChannel(scope, acting, channel.id, undefined),
      retry: async () => {
        for (const { id } of await deliveriesOf(scope)) await retryDelivery(scope, acting, id)
      },
      states: async () => (await deliveriesOf(scope)).map(({ reason, state }) => [reason, state]),
    }
  }

  it.each(['recover', 'retry'] as const)('to people by %s says what is true by then', async (again) => {
    const { raised, ended, wait, bodies, mend, ...parts } = await setUp('slack', 403, {
      routing: { reasons: ['RAISED'] },
    })
    const id = await raised({ severity: 'CRITICAL', title: 'Charged twice' })
    await wait(0)
    expect(bodies()).toEqual([expect.stringContaining('Critical: Charged twice')])
    await ended(id)
    mend()
    await parts[again]()
    await wait(10)
    expect(bodies().slice(1)).toEqual([expect.stringContaining('Over: Charged twice')])
  })

  it('to a program keeps its body and its webhook-id', async () => {
    const { raised, ended, wait, bodies, ids, mend, recover } = await setUp('webhook', 410, {
      routing: { reasons: ['RAISED'] },
    })
    const id = await raised({ severity: 'CRITICAL' })
    await wait(0)
    await ended(id)
    mend()
    expect((await recover()).deliveries).toBe(1)
    await wait(10)
    expect(bodies().length).toBe(2)
    expect(bodies()[1]).toBe(bodies()[0])
    expect(ids()[1]).toBe(ids()[0])
  })

  it('in digests names what goes on to people, and counts what ended meanwhile', async () => {
    const { raised, ended, wait, bodies, mend, recover, states } = await setUp('slack', 403, {
      ...HOURLY,
      routing: { reasons: ['RAISED'] },
    })
    const over = await raised({ title: 'Ends meanwhile' })
    await raised({ title: 'Goes on' })
    await raised({ title: 'Goes on, too' })
    await wait(3_600)
    expect(bodies()).toEqual([expect.stringContaining('Ends meanwhile')])
    await ended(over)
    mend()
    expect((await recover()).deliveries).toBe(3)
    await wait(10)
    expect(bodies().slice(1)).toEqual([expect.stringContaining('Goes on, too')])
    expect(bodies()[1]).toContain('1 more was raised and ended in the meantime.')
    expect((await states()).filter(([, state]) => state === 'FAILED' || state === 'WAITING')).toEqual([])
  })

  it('in digests to a program is as it was where it was tried, and as it stands where it was not', async () => {
    const { raised, ended, wait, bodies, ids, mend, recover, states } = await setUp('webhook', 410, {
      ...HOURLY,
      routing: { reasons: ['RAISED'] },
    })
    const all: string[] = []
    for (let i = 0; i < 24; i += 1) all.push(await raised({ message: 'x'.repeat(900) }))
    await wait(3_600)
    expect(bodies().length).toBe(1)
    await ended(...all)
    mend()
    await recover()
    await wait(10)
    expect(ids()[1]).toBe(ids()[0])
    expect(bodies()[1]).toBe(bodies()[0])
    const named = bodies()
      .slice(1)
      .map((body) => digest.parse(JSON.parse(body)).data.anomalies)
    expect(named.flatMap((anomalies) => anomalies.map(({ id }) => id)).sort()).toEqual(all.sort())
    const [, ...anew] = named
    expect(anew.flat().every(({ endedAt }) => endedAt !== null)).toBe(true)
    expect(anew.flat().length).toBeGreaterThan(0)
    expect((await states()).filter(([reason]) => reason === 'RAISED')).toEqual(
      all.map(() => ['RAISED', 'DELIVERED']),
    )
  })
})
