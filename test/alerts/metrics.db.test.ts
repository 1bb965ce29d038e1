import { expect, it, onTestFinished, vi } from 'vitest'
import { Alerts, alertServices } from '../../src/alerts/alerts.ts'
import { WaitingWatch } from '../../src/app/waiting-watch.ts'
import { memoryBus } from '../../src/bus/memory.ts'
import { readConfig } from '../../src/config.ts'
import { createLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { alertsOn } from '../support/alerts.ts'
import { raise } from '../support/anomalies.ts'
import { testDatabase } from '../support/database.ts'
import { SOON } from '../support/feed.ts'
import { startReceiver } from '../support/receiver.ts'
import { clock } from '../support/stepped-clock.ts'
import { newTenant, vault } from '../tenancy/office.ts'

it('moves every metric of alerts: what was sent and failed, waits, and was disabled', async () => {
  const database = await testDatabase()
  const { scope, id } = await newTenant(database)
  const receiver = await startReceiver(({ path }, response) => {
    response.writeHead({ '/takes': 200, '/fails': 500 }[path] ?? 410).end()
  })
  onTestFinished(() => receiver.close())
  const { webhookOf, tick } = alertsOn(database)
  for (const name of ['fails', 'gone']) await webhookOf(scope, `${receiver.url}/${name}`, { name })
  await raise(database, id, { severity: 'CRITICAL', detectedAt: clock.now() })
  await tick()

  // What is repeated is due by now; and there is something that arrives.
  clock.forward(60)
  await webhookOf(scope, `${receiver.url}/takes`, { name: 'takes' })
  await raise(database, id, { severity: 'CRITICAL', detectedAt: clock.now() })
  const metrics = createMetrics(false)
  const config = readConfig({ ALERT_ALLOWED_HOSTS: '127.0.0.1' })
  const parts = {
    config,
    database,
    bus: memoryBus(),
    vault,
    clock,
    log: createLogger('silent'),
    metrics,
  }
  const alerts = new Alerts(parts, alertServices(parts))
  await new WaitingWatch(parts).look()
  alerts.start()
  onTestFinished(() => alerts.stop())

  const { alertsSent, alertsFailed, alertsWaiting, alertsOldestWaitingSeconds, alertChannelsDisabled } =
    metrics
  const all = [alertsSent, alertsFailed, alertsWaiting, alertsOldestWaitingSeconds, alertChannelsDisabled]
  await vi.waitFor(async () => {
    for (const metric of all)
      expect(await metric.get()).toMatchObject({
        values: expect.arrayContaining([
          { labels: { kind: 'WEBHOOK' }, value: expect.toSatisfy((n) => n > 0) },
        ]),
      })
  }, SOON)
})
