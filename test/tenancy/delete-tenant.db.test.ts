import { beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { text } from '../../src/storage/sql.ts'
import {
  createTenant,
  deleteTenant,
  listTenants,
  markDeleted,
  markedTenants,
} from '../../src/tenancy/tenants.ts'
import { engine, testDatabase } from '../support/database.ts'
import { anomalyRow, eventRow } from '../support/rows.ts'
import { acting, clock, newTenant } from './office.ts'

let database: Database
beforeAll(async () => {
  database = await testDatabase()
})

type Insert = (table: string, ...rows: readonly object[]) => Promise<unknown>

/** A channel with an address, and a delivery about the anomaly that was attempted once. */
async function insertAlerts(insert: Insert, scope: { tenantId: string }, now: Date): Promise<void> {
  const channelId = 'chn_1'
  await insert('AlertChannel', {
    ...scope,
    id: channelId,
    name: 'Ops',
    kind: 'EMAIL',
    target: 'email',
    sealed: '',
    hint: '',
    routing: '{}',
    schedule: '{}',
    cursor: 0n,
    state: 'ACTIVE',
    createdAt: now,
  })
  await insert('AlertAddress', {
    ...scope,
    channelId,
    address: 'a@b.example',
    state: 'VERIFIED',
    createdAt: now,
  })
  await insert('AlertVerification', {
    ...scope,
    id: 'v',
    channelId,
    address: 'a@b.example',
    sentAt: now,
    codeHash: '',
  })
  await insert('AlertDelivery', {
    ...scope,
    id: 'dlv_1',
    channelId,
    anomalyId: 'anm_1',
    seq: 1n,
    key: 'k',
    reason: 'RAISED',
    state: 'DELIVERED',
    createdAt: now,
    dueAt: now,
  })
  await insert('AlertMessage', { ...scope, channelId, anomalyId: 'anm_1', severity: 1 })
  await insert('AlertAttempt', { ...scope, deliveryId: 'dlv_1', n: 1, at: now, milliseconds: 1 })
}

async function insertConnection(
  insert: Insert,
  { tenantId, endpointId }: { tenantId: string; endpointId: string },
  now: Date,
): Promise<void> {
  await insert('StripeConnection', {
    tenantId,
    id: 'scn_1',
    endpointId,
    livemode: true,
    sealed: 'v1.x',
    keyHint: 'rk_live_…0001',
    state: 'CONNECTED',
    permissions: '[]',
    createdAt: now,
  })
  await insert('ImportJob', {
    tenantId,
    id: 'imp_1',
    connectionId: 'scn_1',
    kind: 'BACKFILL',
    state: 'RUNNING',
    startedAt: now,
    updatedAt: now,
    options: '{}',
    progress: '{}',
  })
}

/** A row in every table, and more events than one batch takes. */
async function fill(tenantId: string, endpointId: string): Promise<void> {
  const scope = { tenantId }
  const now = clock.now()
  const events = Array.from({ length: 1_100 }, (_, n) => `evt_${n}`)
  await database.sql.write(async (tx) => {
    await tx.enter(tenantId)
    const insert = (table: string, ...rows: readonly object[]) =>
      tx.insert({ table, columns: Object.keys(rows[0] ?? {}) }, rows.map(Object.values))
    await insert('StripeEvent', ...events.map((id) => eventRow(tenantId, endpointId, id)))
    await insert('FormerToken', { ...scope, endpointId, hash: `former of ${tenantId}`, expiresAt: now })
    await insert('Stream', { ...scope, id: 's', endpointId, livemode: true, clock: 1n, live: true })
    await insert('StripeObject', { ...scope, stripeId: 'ch_1', data: '{}', updatedAt: now })
    await insert('DetectorSetting', { ...scope, detector: 'D', enabled: true, values: '{}', updatedAt: now })
    await insert('HeldEvent', {
      ...scope,
      stream: 's',
      stripeId: 'evt_held',
      at: 1n,
      deliveredAt: 2n,
      facts: '[]',
    })
    await insert('DetectorState', {
      ...scope,
      stream: 's',
      detector: 'D',
      key: '',
      version: 1,
      state: '{}',
      touchedAt: 1n,
    })
    await insert('Anomaly', anomalyRow(tenantId, 'anm_1', 4))
    await insert('AnomalyCause', { ...scope, anomalyId: 'anm_1', causeId: 'anm_1' })
    await insert('AnomalyEvent', { ...scope, anomalyId: 'anm_1', stripeId: 'evt_0' })
    await insert('MetricBucket', { ...scope, stream: 's', slot: 1, currency: '' })
    await insert('DeliveryBucket', { ...scope, endpointId, slot: 1 })
    await insert('Rebuild', {
      ...scope,
      id: 'imp_1',
      state: 'DONE',
      options: '{}',
      progress: '{}',
      startedAt: now,
    })
    await insert('RebuiltIncident', { ...scope, id: 'anm_2', place: 0, stream: 's', data: '{}' })
    await insert('JudgedMeanwhile', { ...scope, stripeId: 'evt_0', version: 1n })
    await insert('Wake', { ...scope, id: 'w', dueAt: now, events: '[]' })
    await insertAlerts(insert, scope, now)
    await insert('Session', {
      ...scope,
      id: 'ses_1',
      hash: `session of ${tenantId}`,
      keyId: 'key_1',
      name: 'Ann',
      createdAt: now,
      usedAt: now,
      expiresAt: now,
    })
    await insertConnection(insert, { ...scope, endpointId }, now)
  })
}

/** Rows of the tenant in every table that the database really has. */
async function rowsByTable(tenantId: string): Promise<Record<string, number>> {
  const tables =
    engine === 'sqlite'
      ? await database.sql.all(`SELECT name FROM sqlite_master WHERE type = 'table'`)
      : await database.sql.all(
          `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
        )
  const counts: Record<string, number> = {}
  for (const name of tables.map((row) => text(row['name']))) {
    // An operator's sessions are of no tenant.
    if (name.startsWith('_') || name.startsWith('sqlite_') || name === 'OperatorSession') continue
    const column = name === 'Tenant' ? 'id' : 'tenantId'
    const rows = await database.sql.all(`SELECT COUNT(*) AS "n" FROM "${name}" WHERE "${column}" = ?`, [
      tenantId,
    ])
    counts[name] = Number(rows[0]?.['n'])
  }
  return counts
}

describe('erasing a tenant', () => {
  it('leaves no row of it in any table, and every row of its neighbour', async () => {
    const [gone, stays] = [await newTenant(database), await newTenant(database)]
    await fill(gone.id, gone.endpoint.id)
    await fill(stays.id, stays.endpoint.id)
    const before = await rowsByTable(stays.id)
    // A new model has to be filled here too.
    expect(Object.entries(before).filter(([, rows]) => rows === 0)).toEqual([])
    expect(Object.keys(before).length).toBeGreaterThanOrEqual(17)

    const progress: number[] = []
    await deleteTenant(database, acting, gone.id, {
      settleMs: 0,
      progress: (rows) => void progress.push(rows),
    })
    expect(Object.entries(await rowsByTable(gone.id)).filter(([, rows]) => rows > 0)).toEqual([])
    expect(await rowsByTable(stays.id)).toEqual(before)
    const total = Object.values(before).reduce((sum, rows) => sum + rows, 0)
    expect(progress.at(-1)).toBe(total)
    expect(Math.max(...progress.map((rows, index) => rows - (progress[index - 1] ?? 0)))).toBeLessThanOrEqual(
      500,
    )
  })

  it('cuts it off at once, and can be finished by another process', async () => {
    const { id } = await newTenant(database)
    await markDeleted(database, acting, id)
    await markDeleted(database, acting, id)
    expect((await listTenants(database)).map((tenant) => tenant.id)).not.toContain(id)
    expect(await markedTenants(database)).toContain(id)
    await deleteTenant(database, acting, id, { settleMs: 0 })
    expect(await markedTenants(database)).not.toContain(id)
  })

  it('may be done by two processes at once', async () => {
    const { id, endpoint } = await newTenant(database)
    await fill(id, endpoint.id)
    await Promise.all([1, 2].map(() => deleteTenant(database, acting, id, { settleMs: 0 })))
    expect(Object.values(await rowsByTable(id)).every((rows) => rows === 0)).toBe(true)
  })

  it('of one that never was is NOT_FOUND', async () => {
    await expect(deleteTenant(database, acting, 'ten_nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('keeps its externalId taken until it is over', async () => {
    const input = { name: 'Back again', externalId: 'crm-back' }
    const first = await createTenant(database, acting, input)
    await markDeleted(database, acting, first.tenant.id)
    await expect(createTenant(database, acting, input)).rejects.toMatchObject({ code: 'CONFLICT' })
    await deleteTenant(database, acting, first.tenant.id, { settleMs: 0 })
    expect((await createTenant(database, acting, input)).existing).toBe(false)
  })
})
