import { expect, test, vi } from 'vitest'
import type { Severity } from '../../src/detection/detector.ts'
import type { Incident, IncidentChange } from '../../src/detection/engine/incident.ts'
import { newId } from '../../src/ids.ts'
import type { Database } from '../../src/storage/database.ts'
import { saveIncidents } from '../../src/storage/detection/saving-incidents.ts'
import { later } from '../support/anomalies.ts'
import { testDatabase } from '../support/database.ts'
import { CHANGED, changesOf, resumeCursor, SOON } from '../support/feed.ts'
import { connect, listen, makeTenant, serveForAll, type TestTenant } from '../support/graphql.ts'

const database = await testDatabase()
const served = await serveForAll(database)
/** Another process on the same database: no hint reaches it. */
const other = await serveForAll(database, { pollMs: 50 })

const incidentOf = (over: Partial<Incident> = {}): Incident => ({
  id: newId('anm'),
  detector: 'CHARGE_FAILURE_SPIKE',
  fingerprint: 'spike',
  severity: 'MEDIUM',
  status: 'OPEN',
  origin: 'LIVE',
  confidence: 0.99,
  title: 'Trouble',
  message: 'It is odd.',
  advice: 'Look.',
  startedAt: 1_772_366_400,
  detectedAt: 1_772_366_400,
  lastSeenAt: 1_772_366_400,
  endedAt: null,
  occurrences: 1,
  customer: null,
  impact: null,
  subjects: [],
  evidence: [],
  series: [],
  endsAt: null,
  resolvedAt: null,
  resolvedBy: null,
  note: null,
  grouping: { keys: [], events: 0 },
  ...over,
})

/** What a batch saves of one incident. @returns how many changes there were to notify of */
const save = (
  { id, endpointId }: TestTenant,
  incident: Incident,
  change: IncidentChange | undefined,
  seconds: number,
): Promise<number> =>
  database.sql.write(async (tx) => {
    await tx.enter(id)
    const stream = {
      id: 's',
      endpointId,
      account: null,
      livemode: true,
      clock: 0,
      live: true,
      hold: null,
      since: null,
      liveSince: null,
    }
    return saveIncidents(tx, id, [{ incident, change, stripeIds: [], stream }], later(seconds))
  })

const kindsOf = async ({ prisma }: Database, tenantId: string, anomalyId: string) =>
  (await prisma.activity.findMany({ where: { tenantId, anomalyId }, orderBy: { seq: 'asc' } })).map(
    ({ kind }) => kind,
  )

const grown = (incident: Incident, severity: Severity = incident.severity): Incident => ({
  ...incident,
  severity,
  occurrences: incident.occurrences + 1,
})

test('growth is one act a minute, except when severity rises', async () => {
  const tenant = await makeTenant(database)
  let incident = incidentOf()
  await save(tenant, incident, 'ANOMALY_RAISED', 0)
  const grow = async (seconds: number, severity?: Severity) => {
    incident = grown(incident, severity)
    await save(tenant, incident, 'ANOMALY_UPDATED', seconds)
    return (await kindsOf(database, tenant.id, incident.id)).length
  }
  expect(await grow(1)).toBe(2)
  expect(await grow(30)).toBe(2)
  expect(await grow(60.999)).toBe(2)
  expect(await grow(61)).toBe(3)
  expect(await grow(62, 'HIGH')).toBe(4)
  expect(await grow(63, 'HIGH')).toBe(4)
  // A clock that was put back must not silence it.
  expect(await grow(-3_600)).toBe(5)
  await save(tenant, { ...incident, endedAt: incident.lastSeenAt }, 'ANOMALY_ENDED', 64)
  await save(tenant, incident, 'ANOMALY_REOPENED', 65)
  expect(await kindsOf(database, tenant.id, incident.id)).toEqual([
    'ANOMALY_RAISED',
    'ANOMALY_UPDATED',
    'ANOMALY_UPDATED',
    'ANOMALY_UPDATED',
    'ANOMALY_UPDATED',
    'ANOMALY_ENDED',
    'ANOMALY_REOPENED',
  ])
})

test('every change takes a number of the feed, whether or not an act stands at it', async () => {
  const tenant = await makeTenant(database)
  const incident = incidentOf()
  const where = { tenantId: tenant.id, id: incident.id }
  const numbers = async () => {
    const { seq } = await database.prisma.tenant.findFirstOrThrow({ where: { id: tenant.id } })
    const { changedSeq } = await database.prisma.anomaly.findFirstOrThrow({ where })
    return [seq, changedSeq]
  }
  expect(await save(tenant, incident, 'ANOMALY_RAISED', 0)).toBe(1)
  const [head = 0n, first = 0n] = await numbers()
  expect(first).toBe(head)
  for (const n of [1n, 2n, 3n]) {
    expect(await save(tenant, grown(incident), 'ANOMALY_UPDATED', Number(n))).toBe(1)
    expect(await numbers()).toEqual([head + n, head + n])
  }
  // What is only counted is no change.
  expect(await save(tenant, grown(incident), undefined, 5)).toBe(0)
  expect(await numbers()).toEqual([head + 3n, head + 3n])
})

test('subscribers hear of growth without an act at once, in every process and after a resume', async () => {
  const tenant = await makeTenant(database)
  let incident = incidentOf()
  await save(tenant, incident, 'ANOMALY_RAISED', 0)
  const from = await resumeCursor(served, tenant.key)
  const query = CHANGED.replace('note', 'note occurrences')
  const [here, there] = [served, other].map((at) => listen(connect(at, tenant.key), query, { after: from }))
  if (!here || !there) throw new Error('nobody listens')
  const seen = (listening: typeof here) => changesOf(listening).map(({ anomaly }) => anomaly['occurrences'])
  for (let n = 1; n <= 4; n++) {
    incident = grown(incident)
    await save(tenant, incident, 'ANOMALY_UPDATED', n)
    served.bus.publish(`feed:${tenant.id}`)
    await vi.waitFor(() => expect([seen(here).at(-1), seen(there).at(-1)]).toEqual([n + 1, n + 1]), SOON)
  }
  expect(await kindsOf(database, tenant.id, incident.id)).toEqual(['ANOMALY_RAISED', 'ANOMALY_UPDATED'])
  expect(new Set(changesOf(here).map(({ kind }) => kind))).toEqual(new Set(['ANOMALY_UPDATED']))
  expect(new Set(changesOf(here).map(({ cursor }) => cursor)).size).toBe(changesOf(here).length)

  const resumed = listen(connect(served, tenant.key), query, { after: changesOf(here).at(1)?.cursor })
  await vi.waitFor(() => expect(seen(resumed)).toEqual([5]), SOON)
  expect([here.errors, there.errors, resumed.errors]).toEqual([[], [], []])
})

test('growth without an act hides no act that is recorded beside it', async () => {
  const tenant = await makeTenant(database)
  const from = await resumeCursor(served, tenant.key)
  const raised: string[] = []
  let incident = incidentOf()
  await save(tenant, incident, 'ANOMALY_RAISED', 0)
  for (let n = 0; n < 150; n++) {
    incident = grown(incident)
    await save(tenant, incident, 'ANOMALY_UPDATED', n / 10)
    const next = incidentOf({ fingerprint: `other ${n}` })
    await save(tenant, next, 'ANOMALY_RAISED', 0)
    raised.push(next.id)
  }
  const detected = listen(
    connect(served, tenant.key),
    'subscription($after: String) { anomalyDetected(after: $after) { node { id } } }',
    { after: from },
  )
  const ids = () =>
    detected.received.map((data) => (data['anomalyDetected'] as { node: { id: string } }).node.id)
  await vi.waitFor(() => expect(ids()).toEqual([incident.id, ...raised]), SOON)
})
