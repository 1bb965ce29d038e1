import { describe, expect, it } from 'vitest'
import { WaitingWatch } from '../../src/app/waiting-watch.ts'
import { createLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { appendWake } from '../../src/storage/inbox.ts'
import { alertsOn, deliveriesOf, tenantOn } from '../support/alerts.ts'
import { testDatabase } from '../support/database.ts'
import { startReceiver } from '../support/receiver.ts'
import { clock } from '../support/stepped-clock.ts'
import { newTenant } from '../tenancy/office.ts'

/** A database with nothing in it, watched by the clock of test/tenancy/office.ts. */
async function watched() {
  const database = await testDatabase()
  const metrics = createMetrics(false)
  const log = createLogger('silent')
  const watch = new WaitingWatch({ database, clock, log, metrics })
  const ofWebhooks = async (name: 'alertsWaiting' | 'alertsOldestWaitingSeconds' | 'alertChannelsDisabled') =>
    (await metrics[name].get()).values.find(({ labels }) => labels.kind === 'WEBHOOK')?.value
  return {
    database,
    /** What is exported now of events. */
    async events() {
      await watch.look()
      return (await metrics.oldestWaitingSeconds.get()).values[0]?.value
    },
    /** What is exported now of alerts by webhook. */
    async alerts() {
      await watch.look()
      return {
        waiting: await ofWebhooks('alertsWaiting'),
        oldest: await ofWebhooks('alertsOldestWaitingSeconds'),
        disabled: await ofWebhooks('alertChannelsDisabled'),
      }
    },
  }
}

/** A tenant that raises an anomaly a minute after this, on a channel whose receiver fails. */
async function failingReceiver() {
  const { database, alerts } = await watched()
  const receiver = await startReceiver((_request, response) => void response.writeHead(503).end())
  const sending = alertsOn(database)
  const tenant = await tenantOn(sending)
  const { channel } = await sending.webhookOf(tenant.scope, receiver.url)
  return { alerts, tenant, channel, close: () => receiver.close() }
}

describe('how long events wait', () => {
  it('is counted from when the oldest came, whoever judges', async () => {
    const { database, events } = await watched()
    expect(await events()).toBe(0)
    const { id } = await newTenant(database)
    const came = clock.now()
    await database.sql.write(async (tx) => {
      await tx.enter(id)
      await appendWake(tx, id, 'event', came, ['evt_1'])
      // A timer that is due is no event.
      await appendWake(tx, id, 'timer', new Date(came.getTime() - 60_000), [])
    })
    clock.forward(600)
    expect(await events()).toBe(600)
    await database.prisma.wake.deleteMany()
    expect(await events()).toBe(0)
  })
})

describe('how long alerts wait', () => {
  it('is counted from when an alert was first due, also between the attempts of a provider that is down', async () => {
    const { alerts, tenant, close } = await failingReceiver()
    await tenant.raised({ severity: 'CRITICAL' })
    await tenant.wait(10)
    await tenant.wait(280)
    await close()
    const [delivery] = await deliveriesOf(tenant.scope)
    expect(delivery?.attempts).toBe(2)
    expect(delivery?.dueAt.getTime()).toBeGreaterThan(clock.now().getTime())
    expect(await alerts()).toEqual({ waiting: 1, oldest: 290, disabled: 0 })
  })

  it('leaves out what is not due yet, such as in quiet hours or for a digest', async () => {
    const { alerts, tenant, close } = await failingReceiver()
    // What is not critical waits ten seconds, in which it may become one of many.
    await tenant.raised({ severity: 'HIGH' })
    await tenant.wait(5)
    await close()
    expect(await deliveriesOf(tenant.scope)).toMatchObject([{ state: 'WAITING', attempts: 0 }])
    expect(await alerts()).toEqual({ waiting: 0, oldest: 0, disabled: 0 })
  })

  it('leaves out what a disabled channel holds, though it was tried', async () => {
    const { alerts, tenant, channel, close } = await failingReceiver()
    await tenant.raised({ severity: 'CRITICAL' })
    await tenant.wait(10)
    await close()
    const { db, tenantId } = tenant.scope
    await db.alertChannel.updateMany({ where: { tenantId, id: channel.id }, data: { state: 'DISABLED' } })
    expect(await alerts()).toEqual({ waiting: 0, oldest: 0, disabled: 1 })
    // Enabled again, what was held stays so until somebody recovers the channel.
    await db.alertDelivery.updateMany({ where: { tenantId }, data: { held: true } })
    await db.alertChannel.updateMany({ where: { tenantId, id: channel.id }, data: { state: 'ACTIVE' } })
    expect(await alerts()).toEqual({ waiting: 0, oldest: 0, disabled: 0 })
  })
})

it('warns of measurements that fail, once in a while', async () => {
  const database = await testDatabase()
  const away: typeof database.sql = { ...database.sql, all: () => Promise.reject(new Error('away')) }
  const warnings: string[] = []
  const watch = new WaitingWatch({
    database: { ...database, sql: away },
    clock,
    log: { warn: (_fields, message) => void warnings.push(message) },
    metrics: createMetrics(false),
  })
  const failFor = async (seconds: number) => {
    for (let past = 0; past < seconds; past += 5) {
      await watch.look()
      clock.forward(5)
    }
  }
  await failFor(60)
  expect(warnings).toEqual(['could not measure what waits'])
  await failFor(600)
  expect(warnings).toHaveLength(2)
})
