import { describe, expect, test, vi } from 'vitest'
import { snoozeAnomaly } from '../../src/anomalies/snooze.ts'
import type { Severity } from '../../src/detection/detector.ts'
import type { Incident, IncidentChange } from '../../src/detection/engine/incident.ts'
import { newId } from '../../src/ids.ts'
import type { Database } from '../../src/storage/database.ts'
import { saveIncidents } from '../../src/storage/detection/saving-incidents.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { later } from '../support/anomalies.ts'
import { CHANGED, changesOf, resumeCursor, SOON } from '../support/feed.ts'
import {
  acting,
  connect,
  listen,
  makeTenant,
  serveForAll,
  type TestTenant,
  testApi,
} from '../support/graphql.ts'

const { database, served } = await testApi()
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

test.each([
  ['ANOMALY_UPDATED', 'HIGH', '{"former":{"severity":"MEDIUM"}}'],
  ['ANOMALY_REOPENED', 'CRITICAL', '{"former":{"severity":"MEDIUM"}}'],
  ['ANOMALY_UPDATED', 'MEDIUM', null],
] as const)('the act of %s to %s says what severity it rose from', async (change, severity, data) => {
  const tenant = await makeTenant(database)
  const incident = incidentOf()
  await save(tenant, incident, 'ANOMALY_RAISED', 0)
  await save(tenant, grown(incident, severity), change, 1)
  const acts = await database.prisma.activity.findMany({
    where: { tenantId: tenant.id, anomalyId: incident.id },
    orderBy: { seq: 'asc' },
  })
  expect(acts.map((act) => [act.kind, act.data])).toEqual([
    ['ANOMALY_RAISED', null],
    [change, data],
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

describe('an anomaly that is snoozed until it grows', () => {
  const SNOOZED = { severity: 'MEDIUM', occurrences: 10, impact: { amount: 5_000, currency: 'eur' } } as const

  async function snoozed(over: Partial<Incident> = {}) {
    const tenant = await makeTenant(database)
    const scope = scopeTo(database, tenant.id)
    const incident = incidentOf({ ...SNOOZED, ...over })
    await save(tenant, incident, 'ANOMALY_RAISED', 0)
    await snoozeAnomaly(scope, acting, incident.id, { untilItGrows: true })
    const isSnoozed = async () =>
      (await scope.db.anomaly.findFirstOrThrow({ where: { id: incident.id } })).snoozedSize !== null
    return { tenant, incident, isSnoozed }
  }

  const eur = (amount: number) => ({ impact: { amount, currency: 'eur' } })

  test.each<[string, Partial<Incident>, boolean]>([
    ['one sign less than twice as many', { occurrences: 19 }, true],
    ['twice as many signs', { occurrences: 20 }, false],
    ['a cent less than twice the money', eur(9_999), true],
    ['twice the money', eur(10_000), false],
    ['more money of another currency', { impact: { amount: 90_000, currency: 'usd' } }, true],
    ['money that is not known any more', { impact: null }, true],
    ['a higher severity', { severity: 'HIGH' }, false],
    ['a lower severity', { severity: 'LOW' }, true],
  ])('with %s: snoozed is %s', async (_name, over, stays) => {
    const { tenant, incident, isSnoozed } = await snoozed()
    await save(tenant, { ...incident, ...over }, 'ANOMALY_UPDATED', 1)
    expect(await isSnoozed()).toBe(stays)
    const kinds = await kindsOf(database, tenant.id, incident.id)
    expect(kinds.filter((kind) => kind === 'ANOMALY_UNSNOOZED')).toHaveLength(stays ? 0 : 1)
  })

  test('wakes when it comes back worse, and says so after the act that tells of its return', async () => {
    const { tenant, incident, isSnoozed } = await snoozed()
    await save(tenant, { ...incident, severity: 'CRITICAL' }, 'ANOMALY_REOPENED', 1)
    expect(await isSnoozed()).toBe(false)
    expect(await kindsOf(database, tenant.id, incident.id)).toEqual([
      'ANOMALY_RAISED',
      'ANOMALY_SNOOZED',
      'ANOMALY_REOPENED',
      'ANOMALY_UNSNOOZED',
    ])
  })

  test('reaches subscribers when it wakes by signs that are no act of their own', async () => {
    const { tenant, incident } = await snoozed()
    await save(tenant, { ...incident, occurrences: 11 }, 'ANOMALY_UPDATED', 1)
    const heard = listen(connect(other, tenant.key), CHANGED, {
      after: await resumeCursor(other, tenant.key),
    })
    await save(tenant, { ...incident, occurrences: 20 }, 'ANOMALY_UPDATED', 2)
    await vi.waitFor(
      () => expect(changesOf(heard).map(({ kind }) => kind)).toEqual(['ANOMALY_UNSNOOZED']),
      SOON,
    )
    const [act] = await database.prisma.activity.findMany({
      where: { tenantId: tenant.id, kind: 'ANOMALY_UNSNOOZED' },
    })
    expect(act).toMatchObject({ actorKind: 'SYSTEM', data: '{"reason":"GROWTH"}' })
  })
})
