import { expect, test } from 'vitest'
import { UTC_CALENDAR } from '../../src/calendar/calendar.ts'
import { IncidentGrouper } from '../../src/detection/engine/grouping.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import { saveIncidents } from '../../src/storage/detection/saving-incidents.ts'
import { StoredMemory } from '../../src/storage/detection/stored-memory.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { testDatabase } from '../support/database.ts'
import { finding } from '../support/detectors.ts'
import { newTenant } from '../tenancy/office.ts'

const database = await testDatabase()

test('what explains an incident is stored with it, and known to the next batch', async () => {
  const { id, endpoint } = await newTenant(database)
  const stream = {
    id: 's',
    endpointId: endpoint.id,
    account: null,
    livemode: true,
    clock: 0,
    live: true,
    hold: null,
    since: null,
    liveSince: null,
  }
  let count = 0
  const grouper = new IncidentGrouper({
    calendar: UTC_CALENDAR,
    incidents: [],
    raised: new Map(),
    newId: () => `anm_${id}_${++count}`,
    origin: 'LIVE',
    wall: new Date(0),
  })
  for (const [name, at] of [
    ['WEBHOOK_LAG', 10_000],
    ['REVENUE_DROP', 20_000],
  ] as const) {
    const detector = DETECTORS.find((one) => one.name === name)
    if (detector !== undefined)
      grouper.add({ detector, key: '', at, said: { finding: finding('', { startedAt: 9_000 }) } })
  }
  const changed = grouper.takeChanges().map((one) => ({ ...one, stream }))
  await database.sql.write(async (tx) => {
    await tx.enter(id)
    await saveIncidents(tx, id, changed, new Date(0))
  })
  const scope = scopeTo(database, id)
  const links = await scope.db.anomalyCause.findMany()
  expect(links).toEqual([{ tenantId: id, anomalyId: `anm_${id}_2`, causeId: `anm_${id}_1` }])
  const memory = new StoredMemory(scope.sql, id)
  const [drop] = await memory.incidents('s', [{ detector: 'REVENUE_DROP', fingerprint: '' }], 0, 0)
  expect(drop?.grouping.causes).toEqual([`anm_${id}_1`])
})
