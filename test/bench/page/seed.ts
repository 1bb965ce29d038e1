import { randomUUID } from 'node:crypto'
import { DETECTOR_NAMES, SEVERITIES } from '../../../src/detection/detector.ts'
import { STATUSES } from '../../../src/detection/engine/incident.ts'
import { newId } from '../../../src/ids.ts'
import { migrate } from '../../../src/storage/migrate.ts'
import { Driver } from '../../../src/storage/sqlite/driver.ts'
import { newKey } from '../../../src/tenancy/keys.ts'

/** Who asks: known to both servers and to the load. */
export interface BenchReader {
  tenantId: string
  key: string
}

const DAY = 86_400_000

/** A migrated SQLite file with as many anomalies of each tenant, sized as detection makes them. */
export async function seed(file: string, tenants: number, anomalies: number): Promise<BenchReader[]> {
  await migrate({ databaseUrl: `file:${file}` })
  const connection = new Driver(file)
  // Lost with the machine, as the whole file may be.
  connection.pragma('synchronous = OFF')
  const tenant = inserter(connection, 'Tenant', ['id', 'name', 'createdAt', 'seq'])
  const apiKey = inserter(connection, 'ApiKey', [
    'tenantId',
    'id',
    'name',
    'role',
    'prefix',
    'hash',
    'createdAt',
    'lastUsedAt',
  ])
  const anomaly = inserter(connection, 'Anomaly', Object.keys(anomalyRow('', 0)))
  const readers: BenchReader[] = []
  const now = stored(Date.now())
  for (let number = 0; number < tenants; number += 1) {
    const id = newId('ten')
    const { key, hash, prefix } = newKey()
    connection.transaction(() => {
      tenant.run(id, `Bench ${number}`, now, anomalies)
      apiKey.run(id, newId('key'), 'bench', 'ADMIN', prefix, hash, now, now)
      for (let seq = 1; seq <= anomalies; seq += 1) anomaly.run(...Object.values(anomalyRow(id, seq)))
    })()
    readers.push({ tenantId: id, key })
  }
  connection.pragma('wal_checkpoint(TRUNCATE)')
  connection.close()
  return readers
}

/** Anomalies that are raised now, each with its act, beside a server that has the file open. */
export function raise(file: string, tenantId: string, count: number): void {
  const connection = new Driver(file, { timeout: 5_000 })
  const activity = inserter(connection, 'Activity', ACTIVITY)
  const anomaly = inserter(connection, 'Anomaly', Object.keys(anomalyRow('', 0)))
  const grow = connection
    .prepare<[number, string], number>('UPDATE "Tenant" SET "seq" = "seq" + ? WHERE "id" = ? RETURNING "seq"')
    .pluck()
  const now = stored(Date.now())
  connection
    .transaction(() => {
      const last = grow.get(count, tenantId) ?? 0
      for (let seq = last - count + 1; seq <= last; seq += 1) {
        const row = { ...anomalyRow(tenantId, seq), detectedAt: now, createdAt: now, status: 'OPEN' }
        anomaly.run(...Object.values(row))
        activity.run(tenantId, seq, now, 'ANOMALY_RAISED', 'SYSTEM', 'bench', row.id)
      }
    })
    .immediate()
  connection.close()
}

const ACTIVITY = ['tenantId', 'seq', 'at', 'kind', 'actorKind', 'actorName', 'anomalyId']

function inserter(connection: InstanceType<typeof Driver>, table: string, names: readonly string[]) {
  const marks = names.map(() => '?').join(',')
  return connection.prepare<unknown[]>(
    `INSERT INTO "${table}" (${names.map((name) => `"${name}"`).join(',')}) VALUES (${marks})`,
  )
}

/** As Prisma's adapter writes times. */
const stored = (at: number): string => new Date(at).toISOString().replace('Z', '+00:00')

/** The first of the two primes decides what, the second how much: each run has the same rows but for their ids. */
function anomalyRow(tenantId: string, seq: number) {
  const choice = seq * 7_919
  const startedAt = Date.now() - DAY - (choice % 1_000) * 60_000
  const title = 'Charge failures above usual'
  const message = `${12 + (choice % 50)} of ${90 + (choice % 70)} payments failed within an hour; 3 are usual at this time of the week.`
  const point = (index: number) => ({
    at: Math.floor(startedAt / 1_000) + index * 3_600,
    observed: index % 7,
    expected: 2.4,
    lower: 0,
    upper: 6.1,
  })
  return {
    tenantId,
    id: newId('anm'),
    seq,
    changedSeq: seq,
    stream: 'whe_bench//live',
    detector: DETECTOR_NAMES[choice % DETECTOR_NAMES.length] ?? '',
    fingerprint: randomUUID(),
    severity: choice % SEVERITIES.length,
    status: STATUSES[(choice >> 2) % STATUSES.length] ?? '',
    origin: 'LIVE',
    livemode: 1,
    account: null,
    confidence: 0.9991,
    title,
    message,
    advice:
      'Look at the decline codes of these payments, and whether one card network or country stands out.',
    startedAt: stored(startedAt),
    detectedAt: stored(startedAt + 600_000),
    lastSeenAt: stored(startedAt + 3_600_000),
    endedAt: choice % 3 === 0 ? stored(startedAt + 7_200_000) : null,
    createdAt: stored(startedAt + 600_500),
    updatedAt: stored(startedAt + 3_600_500),
    occurrences: 1 + (choice % 40),
    customerId: choice % 5 === 0 ? `cus_Q${seq.toString(36).padStart(12, '0')}` : null,
    impactAmount: choice % 4 === 0 ? null : 1_000 + (choice % 90_000),
    impactCurrency: choice % 4 === 0 ? null : 'eur',
    subjects: JSON.stringify(
      Array.from({ length: 4 }, (_, index) => ({
        type: 'charge',
        id: `ch_3Q${(choice + index).toString(36).padStart(12, '0')}`,
      })),
    ),
    evidence: JSON.stringify([
      { name: 'failed payments', observed: 12, expected: 3, threshold: 9, unit: 'COUNT' },
      { name: 'share that failed', observed: 0.14, expected: 0.03, threshold: 0.08, unit: 'RATIO' },
      { name: 'money that failed', observed: 48_200, expected: 9_100, unit: 'MONEY', currency: 'eur' },
    ]),
    series: JSON.stringify(Array.from({ length: 24 }, (_, index) => point(index))),
    folding: JSON.stringify({ keys: [`rate:${seq}`], events: 12 }),
    searchText: `${title}\n${message}\n`.toLowerCase(),
  }
}
