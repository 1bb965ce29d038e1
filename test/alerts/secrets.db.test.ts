import { Webhook } from 'standardwebhooks'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { rollSecret } from '../../src/alerts/manage.ts'
import { recoverChannel, testChannel } from '../../src/alerts/redeliver.ts'
import { createLogger } from '../../src/log.ts'
import type { Database } from '../../src/storage/database.ts'
import { alertsOn } from '../support/alerts.ts'
import { raise } from '../support/anomalies.ts'
import { testDatabase } from '../support/database.ts'
import { type ReceivedRequest, startReceiver } from '../support/receiver.ts'
import { clock } from '../support/stepped-clock.ts'
import { acting, newTenant } from '../tenancy/office.ts'

const DAY = 86_400

describe('the secret of a WEBHOOK', () => {
  let database: Database
  let alerts: ReturnType<typeof alertsOn>
  beforeAll(async () => {
    database = await testDatabase()
    alerts = alertsOn(database)
  })

  /** Whether somebody who knows this secret takes the request for ours. */
  const accepts = (secret: string, { headers, body }: ReceivedRequest): boolean => {
    const text = (name: string) => String(headers[name])
    const signed = {
      'webhook-id': text('webhook-id'),
      'webhook-timestamp': text('webhook-timestamp'),
      'webhook-signature': text('webhook-signature'),
    }
    // The library holds the time of signing against the clock of this machine, which is not the test's.
    const at = new Date(Number(signed['webhook-timestamp']) * 1_000)
    return (
      new Webhook(secret).sign(signed['webhook-id'], at, body) !== '' &&
      signed['webhook-signature']
        .split(' ')
        .includes(new Webhook(secret).sign(signed['webhook-id'], at, body))
    )
  }

  it('may be rolled while alerts wait: their next attempts verify with both, after a day with the new one alone', async () => {
    const { scope, id: tenantId } = await newTenant(database)
    const receiver = await startReceiver((_request, response) => response.writeHead(500).end())
    onTestFinished(() => receiver.close())
    const { channel, secret: former } = await alerts.webhookOf(scope, receiver.url)
    if (former === null || former === undefined) throw new Error('it has no secret')
    await raise(database, tenantId, { severity: 'CRITICAL', detectedAt: clock.now() })
    await alerts.tick()
    const { secret } = await rollSecret(scope, acting, channel.id)
    expect(secret).not.toBe(former)
    clock.forward(6)
    await alerts.tick()
    clock.forward(DAY)
    await alerts.tick()
    const [before, during, after] = receiver.requests
    if (!before || !during || !after) throw new Error('it was not tried three times')
    expect([before, during, after].map((one) => [accepts(former, one), accepts(secret, one)])).toEqual([
      [true, false],
      [true, true],
      [false, true],
    ])
    expect(new Set([before, during, after].map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(new Set([before, during, after].map(({ body }) => body)).size).toBe(1)
  })
})

describe('what is sealed in a channel', () => {
  const TOKEN = 'xoxb-0123456789-sealedtoken'
  const ROUTING_KEY = 'R0123456789abcdefghijklmnopqrstu'
  const PATH = '/services/T0SECRET9/B%20hidden?token=alsohidden'
  const SEALED = [TOKEN, ROUTING_KEY, 'T0SECRET9', 'B%20hidden', 'B hidden', 'alsohidden']

  it.each([
    ['as words', (request: ReceivedRequest) => `Cannot ${request.method} ${request.path}`],
    ['decoded', (request: ReceivedRequest) => `No such hook: ${decodeURIComponent(request.path)}`],
    ['with all that came', (request: ReceivedRequest) => JSON.stringify(request)],
  ])('is in no row, and in no log, even where a receiver says it back %s', async (_name, say) => {
    const database = await testDatabase()
    const receiver = await startReceiver((request, response) => response.writeHead(400).end(say(request)))
    onTestFinished(() => receiver.close())
    const lines: string[] = []
    const alerts = alertsOn(database, { SLACK_API_URL: receiver.url, PAGERDUTY_EVENTS_URL: receiver.url })
    alerts.parts.log = createLogger('trace', { write: (line: string) => void lines.push(line) })
    const { scope, id: tenantId } = await newTenant(database)
    const url = `${receiver.url}${PATH}`
    const targets = {
      hook: { webhook: { url } },
      slack: { slack: { url } },
      bot: { slackBot: { token: TOKEN, channel: 'C0123456789' } },
      discord: { discord: { url: url.replace('/services', '/api/webhooks') } },
      teams: { teams: { url } },
      pager: { pagerDuty: { routingKey: ROUTING_KEY } },
    }
    const ids: string[] = []
    for (const [name, target] of Object.entries(targets))
      ids.push((await alerts.createChannel(scope, { name, target })).channel.id)
    await raise(database, tenantId, { severity: 'CRITICAL', detectedAt: clock.now() })
    await alerts.tick()
    for (const id of ids) await testChannel(alerts.parts, scope, id)
    for (const id of ids) await recoverChannel(scope, acting, id, undefined)
    expect(receiver.requests.length).toBeGreaterThanOrEqual(12)
    const { db } = scope
    const attempts = await db.alertAttempt.findMany()
    expect(attempts.length).toBeGreaterThanOrEqual(12)
    expect(attempts.every(({ answer }) => answer !== null)).toBe(true)
    const rows = [
      attempts,
      await db.alertDelivery.findMany(),
      await db.alertMessage.findMany(),
      await db.alertChannel.findMany(),
      await db.activity.findMany(),
    ]
    const text = JSON.stringify(rows, (_key, value) => (typeof value === 'bigint' ? Number(value) : value))
    expect(lines.length).toBeGreaterThan(0)
    for (const secret of SEALED) {
      expect(text).not.toContain(secret)
      expect(lines.join('')).not.toContain(secret)
    }
  })
})
