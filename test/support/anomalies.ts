import { SEVERITIES, type Severity } from '../../src/detection/detector.ts'
import type { Prisma } from '../../src/generated/sqlite/client.ts'
import { newId } from '../../src/ids.ts'
import { type ActivityEntry, recordActivity } from '../../src/storage/activity.ts'
import type { Database } from '../../src/storage/database.ts'
import { searchText } from '../../src/storage/detection/incident-row.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'

export const T0 = new Date('2026-03-01T12:00:00.000Z')
export const later = (seconds: number): Date => new Date(T0.getTime() + seconds * 1_000)

const SYSTEM = { kind: 'SYSTEM', name: 'billingwatch' } as const

export interface Seed {
  title?: string
  message?: string
  note?: string | null
  detector?: string
  severity?: Severity
  status?: string
  origin?: 'LIVE' | 'HISTORY'
  livemode?: boolean
  account?: string | null
  detectedAt?: Date
  updatedAt?: Date
  customerId?: string | null
  impact?: { amount: number; currency: string }
  subjects?: { type: string; id: string }[]
  series?: { at: number; observed: number }[]
  /** Anomalies that explain it. */
  causes?: readonly string[]
}

/** Records an anomaly as detection does: numbered, with its ANOMALY_RAISED in the same transaction. @returns its id */
export async function raise(database: Database, tenantId: string, seed: Seed = {}): Promise<string> {
  const id = newId('anm')
  const detectedAt = seed.detectedAt ?? T0
  const words = {
    title: seed.title ?? 'Trouble',
    message: seed.message ?? 'It is odd.',
    note: seed.note ?? null,
  }
  const scope = scopeTo(database, tenantId)
  await scope.transaction(async (db) => {
    const { seq } = await db.tenant.update({
      where: { id: tenantId },
      data: { seq: { increment: 1 } },
      select: { seq: true },
    })
    const row: Prisma.AnomalyUncheckedCreateInput = {
      tenantId,
      id,
      seq,
      changedSeq: seq,
      stream: 'whe_x//live',
      detector: seed.detector ?? 'CHARGE_FAILURE_SPIKE',
      fingerprint: id,
      severity: SEVERITIES.indexOf(seed.severity ?? 'MEDIUM'),
      status: seed.status ?? 'OPEN',
      origin: seed.origin ?? 'LIVE',
      livemode: seed.livemode ?? true,
      account: seed.account ?? null,
      confidence: 0.999,
      ...words,
      advice: 'Look.',
      startedAt: detectedAt,
      detectedAt,
      lastSeenAt: detectedAt,
      createdAt: seed.updatedAt ?? detectedAt,
      updatedAt: seed.updatedAt ?? detectedAt,
      occurrences: 1,
      customerId: seed.customerId ?? null,
      impactAmount: seed.impact ? BigInt(seed.impact.amount) : null,
      impactCurrency: seed.impact?.currency ?? null,
      subjects: JSON.stringify(seed.subjects ?? []),
      evidence: JSON.stringify([{ name: 'failures', observed: 9, expected: 2, threshold: 8, unit: 'COUNT' }]),
      series: JSON.stringify(
        seed.series ?? [{ at: 1_772_366_400, observed: 9, expected: 2, lower: 0, upper: 6 }],
      ),
      folding: JSON.stringify({ keys: [], events: 0 }),
      searchText: searchText(words),
    }
    await db.anomaly.create({ data: row })
    for (const causeId of seed.causes ?? [])
      await db.anomalyCause.create({ data: { tenantId, anomalyId: id, causeId } })
    await db.activity.create({
      data: {
        tenantId,
        seq,
        at: detectedAt,
        kind: 'ANOMALY_RAISED',
        actorKind: SYSTEM.kind,
        actorName: SYSTEM.name,
        anomalyId: id,
      },
    })
  })
  return id
}

/** Ends an anomaly as detection does. */
export async function end(database: Database, tenantId: string, ...ids: string[]): Promise<void> {
  await scopeTo(database, tenantId).db.anomaly.updateMany({
    where: { id: { in: ids } },
    data: { endedAt: later(60) },
  })
  await record(
    database,
    tenantId,
    ids.map((anomalyId) => ({ kind: 'ANOMALY_ENDED' as const, anomalyId })),
  )
}

/** Records acts of the system on anomalies, e.g. more signs, in one transaction. */
export async function record(
  database: Database,
  tenantId: string,
  entries: readonly Pick<ActivityEntry, 'kind' | 'anomalyId' | 'data'>[],
): Promise<void> {
  await scopeTo(database, tenantId).transaction((db) =>
    recordActivity(
      db,
      tenantId,
      entries.map((entry) => ({ at: T0, actor: SYSTEM, ...entry })),
    ),
  )
}
