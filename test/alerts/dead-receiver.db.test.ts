import { expect, it, onTestFinished, vi } from 'vitest'
import { Sender } from '../../src/alerts/sender.ts'
import { alertsOn } from '../support/alerts.ts'
import { raise } from '../support/anomalies.ts'
import { testDatabase } from '../support/database.ts'
import { startReceiver } from '../support/receiver.ts'
import { clock } from '../support/stepped-clock.ts'
import { newTenant } from '../tenancy/office.ts'

it("what hangs on one tenant's receivers holds up no alert of another", { timeout: 120_000 }, async () => {
  const database = await testDatabase()
  const alerts = alertsOn(database)
  const sender = new Sender(alerts.parts)
  let hanging = 0
  const dead = await startReceiver((_request, response) => {
    hanging += 1
    response.on('close', () => (hanging -= 1))
  })
  let hangingThen = 0
  const quick = await startReceiver((_request, response) => {
    hangingThen = hanging
    response.end()
  })
  onTestFinished(async () => {
    // Ends the attempts that hang.
    await dead.close()
    await sender.stop()
    await quick.close()
  })
  const [stuck, other] = [await newTenant(database), await newTenant(database)]
  for (let i = 0; i < 5; i += 1) await alerts.webhookOf(stuck.scope, dead.url, { name: `dead ${i}` })
  await alerts.webhookOf(other.scope, quick.url)
  await raise(database, stuck.id, { severity: 'CRITICAL', detectedAt: clock.now() })
  // It is due ten seconds later.
  await raise(database, other.id, { severity: 'HIGH', detectedAt: clock.now() })
  await alerts.plan()
  await sender.begin()
  await vi.waitFor(() => expect(hanging).toBeGreaterThan(0), { timeout: 45_000 })
  expect(quick.requests).toEqual([])

  clock.forward(10)
  await sender.begin()
  await vi.waitFor(() => expect(quick.requests.length).toBe(1), { timeout: 45_000 })
  expect(hangingThen).toBeGreaterThan(0)
})
