import { channelsFor } from '../../src/alerts/alerts.ts'
import type { ChannelInput } from '../../src/alerts/channel-input.ts'
import { createChannel } from '../../src/alerts/manage.ts'
import { planAll } from '../../src/alerts/planner.ts'
import { Sender, type SenderOptions } from '../../src/alerts/sender.ts'
import { readConfig } from '../../src/config.ts'
import type { Severity } from '../../src/detection/detector.ts'
import { createLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { verificationsOf } from '../../src/storage/alerts/verifications.ts'
import type { Database } from '../../src/storage/database.ts'
import type { Scope } from '../../src/storage/scope/scope.ts'
import { noTracer } from '../../src/tracing/tracer.ts'
import { acting, newTenant, vault } from '../tenancy/office.ts'
import { end, raise, type Seed } from './anomalies.ts'
import { testDatabase } from './database.ts'
import { atEnd } from './endings.ts'
import { startReceiver } from './receiver.ts'
import { clock } from './stepped-clock.ts'

/** The alerts of a database step by step, by the clock of test/tenancy/office.ts. */
export function alertsOn(database: Database, environment: Record<string, string> = {}) {
  const means = channelsFor(readConfig({ ALERT_ALLOWED_HOSTS: '127.0.0.1', ...environment }))
  const log = createLogger('silent')
  const metrics = createMetrics(false)
  const parts: SenderOptions = {
    database,
    channels: means.channels,
    vault,
    clock,
    log,
    metrics,
    tracer: noTracer,
    baseUrl: () => 'https://billing.example.com',
    chance: () => 0.5,
    verificationsOf: (address, since) => verificationsOf(database, address, since),
    feedGrew: () => {},
  }
  const sender = new Sender(parts)
  const plan = () => planAll({ database, channels: means.channels, clock, log })
  /** Sends until nothing is due. */
  async function send(): Promise<void> {
    for (let i = 0; i < 500; i += 1) {
      const begun = await sender.begin()
      await sender.idle()
      if (begun === 0) return
    }
    throw new Error('sending does not come to an end')
  }
  return {
    parts,
    means,
    metrics,
    plan,
    send,
    /** What a second of the running server does. */
    async tick(): Promise<void> {
      for (let i = 0; i < 100 && (await plan()) > 0; i += 1);
      await send()
    },
    createChannel: (scope: Scope, input: ChannelInput & { target: object }) =>
      createChannel(scope, acting, means, input),
    webhookOf: (scope: Scope, url: string, over: ChannelInput = {}) =>
      createChannel(scope, acting, means, { name: 'receiver', target: { webhook: { url } }, ...over }),
    pagerOf: (scope: Scope, minSeverity: Severity = 'LOW') =>
      createChannel(scope, acting, means, {
        name: 'on call',
        target: { pagerDuty: { routingKey: 'R0123456789abcdefghijklmnopqrstu' } },
        routing: { minSeverity },
      }),
  }
}

/** Alerts on a database of the file's own, and what takes the events that are for PagerDuty. */
export async function alertsWithPager() {
  const database = await testDatabase()
  const pager = await startReceiver()
  atEnd(() => pager.close())
  return { database, pager, alerts: alertsOn(database, { PAGERDUTY_EVENTS_URL: pager.url }) }
}

export const deliveriesOf = ({ db }: Scope) => db.alertDelivery.findMany({ orderBy: { seq: 'asc' } })

/** A tenant on that clock, and what happens to it. */
export async function tenantOn(alerts: ReturnType<typeof alertsOn>) {
  const { database } = alerts.parts
  const tenant = await newTenant(database)
  const raised = (seed: Seed = {}) =>
    raise(database, tenant.id, { severity: 'HIGH', detectedAt: clock.now(), ...seed })
  /** Sends what is due now, and what is due after so many seconds. */
  const wait = async (seconds: number): Promise<void> => {
    await alerts.tick()
    clock.forward(seconds)
    await alerts.tick()
  }
  return { ...tenant, raised, wait, ended: (...ids: string[]) => end(database, tenant.id, ...ids) }
}
