import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { enableChannel } from '../../src/alerts/manage.ts'
import { recoverChannel } from '../../src/alerts/redeliver.ts'
import { alertsWithPager, tenantOn } from '../support/alerts.ts'
import { record } from '../support/anomalies.ts'
import { receiverOfTest } from '../support/receiver.ts'
import { acting } from '../tenancy/office.ts'

const event = z.object({
  type: z.string(),
  data: z.looseObject({ id: z.string(), related: z.array(z.looseObject({ id: z.string() })) }),
})
const page = z.object({ event_action: z.string(), dedup_key: z.string() })

const { database, pager, alerts } = await alertsWithPager()

describe('a channel that was disabled', () => {
  /** A tenant, and its only channel switched off and on. */
  async function setUp() {
    const tenant = await tenantOn(alerts)
    const { scope } = tenant
    const idOf = async (): Promise<string> => (await scope.db.alertChannel.findFirstOrThrow()).id
    return {
      ...tenant,
      disable: () => scope.db.alertChannel.updateMany({ data: { state: 'DISABLED', reason: 'gone' } }),
      enable: async () => enableChannel(scope, acting, await idOf()),
      recover: async () => recoverChannel(scope, acting, await idOf(), undefined),
    }
  }

  async function withWebhook() {
    const parts = await setUp()
    const receiver = await receiverOfTest()
    await alerts.webhookOf(parts.scope, receiver.url)
    const events = () => receiver.requests.map(({ body }) => event.parse(JSON.parse(body)))
    const brief = () => events().map(({ type, data }) => [type, data.id, data.related.map(({ id }) => id)])
    return { ...parts, brief }
  }

  it('and enabled reports what joins an anomaly that it missed', async () => {
    const { raised, wait, brief, disable, enable } = await withWebhook()
    await disable()
    const missed = await raised()
    await wait(60)
    await enable()
    const joining = await raised({ causes: [missed] })
    await wait(60)
    expect(brief()).toEqual([['anomaly.updated', missed, [joining]]])
  })

  it('and enabled shows the growth of an anomaly that it missed', async () => {
    const { id: tenantId, scope, raised, wait, disable, enable } = await setUp()
    await alerts.pagerOf(scope)
    await disable()
    const missed = await raised()
    await wait(60)
    await enable()
    await wait(60)
    expect(pager.requests).toEqual([])
    await record(database, tenantId, [{ kind: 'ANOMALY_UPDATED', anomalyId: missed }])
    await wait(60)
    const pages = pager.requests.map(({ body }) => page.parse(JSON.parse(body)))
    expect(pages).toEqual([{ event_action: 'trigger', dedup_key: missed }])
  })

  it('and recovered reports what it missed of one cause in one message', async () => {
    const { raised, wait, brief, disable, recover } = await withWebhook()
    await disable()
    const first = await raised()
    await wait(60)
    const second = await raised({ causes: [first] })
    await wait(60)
    await recover()
    await wait(60)
    expect(brief()).toEqual([['anomaly.raised', first, [second]]])
  })
})
