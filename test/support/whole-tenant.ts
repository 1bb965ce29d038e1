import type { Database } from '../../src/storage/database.ts'
import { text } from '../../src/storage/sql.ts'
import { anomalyRow, eventRow } from './rows.ts'

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
  await insert('StripeAnswer', {
    tenantId,
    stream: 's',
    at: 2n,
    through: 1n,
    answered: true,
    endpoint: 'enabled',
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
export async function fillTenant(
  database: Database,
  { tenantId, endpointId, now }: { tenantId: string; endpointId: string; now: Date },
): Promise<void> {
  const scope = { tenantId }
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
export async function rowsByTable(database: Database, tenantId: string): Promise<Record<string, number>> {
  const tables =
    database.engine === 'sqlite'
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
