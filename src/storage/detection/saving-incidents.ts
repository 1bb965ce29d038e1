import { SEVERITIES } from '../../detection/detector.ts'
import type { ChangedIncident } from '../../detection/engine/incident.ts'
import type { Stream } from '../../detection/engine/memory.ts'
import { integer, nullableDate, text, type Value, type Writer } from '../sql.ts'
import { changingColumns, fixedColumns } from './incident-row.ts'
import { StoredMemory } from './stored-memory.ts'

/** Plans are best with lists that are not too long. */
const CHUNK = 400

export type StreamIncident = ChangedIncident & { stream: Stream }

/** Seconds in which one incident's growth is one act, however many signs come: the log is for reading. */
const GROWTH_ACT_EVERY = 60

/**
 * Writes incidents that a batch raised or changed, with the acts of the feed that tell of it. Every change takes a
 * number of the feed; growth that gets no act of its own stands there by the anomaly's `changedSeq` alone.
 * @param wall wall clock of the batch
 * @returns how many changes there are to notify of
 */
export async function saveIncidents(
  tx: Writer,
  tenantId: string,
  changed: readonly StreamIncident[],
  wall: Date,
): Promise<number> {
  if (changed.length === 0) return 0
  const changes = changed.filter(({ change }) => change !== undefined)
  const quiet = await quietGrowth(tx, tenantId, changes, wall)
  const first = await takeNumbers(tx, tenantId, changes.length)
  const numbers = new Map(changes.map((one, index) => [one, first + index]))
  for (const one of changed) {
    const seq = numbers.get(one)
    if (one.change === 'ANOMALY_RAISED') await insertAnomaly(tx, tenantId, one, seq ?? first, wall)
    else await updateAnomaly(tx, tenantId, one, { seq, recorded: !quiet.has(one), wall })
  }
  await addEvents(tx, tenantId, changed)
  await tx.insert(
    { table: 'AnomalyCause', columns: ['tenantId', 'anomalyId', 'causeId'], conflict: 'DO NOTHING' },
    changed.flatMap(({ incident, causes = [] }) => causes.map((cause) => [tenantId, incident.id, cause])),
  )
  await tx.insert(
    { table: 'Activity', columns: ['tenantId', 'seq', 'at', 'kind', 'actorKind', 'actorName', 'anomalyId'] },
    changes
      .filter((one) => !quiet.has(one))
      .map((one) => [
        tenantId,
        numbers.get(one) ?? first,
        wall,
        one.change ?? null,
        'SYSTEM',
        'BillingWatch',
        one.incident.id,
      ]),
  )
  return changes.length
}

/** Incidents whose growth was recorded a moment ago, and is no worse since. */
async function quietGrowth(
  tx: Writer,
  tenantId: string,
  changes: readonly StreamIncident[],
  wall: Date,
): Promise<ReadonlySet<StreamIncident>> {
  const grown = new Map(
    changes.filter(({ change }) => change === 'ANOMALY_UPDATED').map((one) => [one.incident.id, one]),
  )
  const ids = [...grown.keys()]
  const quiet = new Set<StreamIncident>()
  for (let at = 0; at < ids.length; at += CHUNK) {
    const part = ids.slice(at, at + CHUNK)
    const rows = await tx.all(
      `SELECT "id", "severity", "growthRecordedAt" FROM "Anomaly" WHERE "tenantId" = ? AND "id" IN (${part.map(() => '?').join(', ')})`,
      [tenantId, ...part],
    )
    for (const row of rows) {
      const one = grown.get(text(row['id']))
      const recordedAt = nullableDate(row['growthRecordedAt'])
      if (one === undefined || recordedAt === null) continue
      const isWorse = SEVERITIES.indexOf(one.incident.severity) > integer(row['severity'])
      const seconds = Math.abs(wall.getTime() - recordedAt.getTime()) / 1_000
      if (!isWorse && seconds < GROWTH_ACT_EVERY) quiet.add(one)
    }
  }
  return quiet
}

/** Numbers for `count` acts; the tenant's row stays locked until the commit, so numbers follow the order of commits. */
export async function takeNumbers(tx: Writer, tenantId: string, count: number): Promise<number> {
  if (count === 0) return 0
  const [row] = await tx.all('UPDATE "Tenant" SET "seq" = "seq" + ? WHERE "id" = ? RETURNING "seq"', [
    count,
    tenantId,
  ])
  return integer(row?.['seq']) - count + 1
}

async function insertAnomaly(
  tx: Writer,
  tenantId: string,
  act: StreamIncident,
  seq: number,
  wall: Date,
): Promise<void> {
  const { incident, stream } = act
  const row = {
    tenantId,
    seq,
    changedSeq: seq,
    createdAt: wall,
    ...fixedColumns(incident, stream),
    ...changingColumns(incident, wall),
  }
  await tx.insert({ table: 'Anomaly', columns: Object.keys(row) }, [Object.values(row)])
}

interface Changed {
  /** Its number; undefined for what nobody is notified of. */
  seq: number | undefined
  /** Whether an act tells of it. */
  recorded: boolean
  wall: Date
}

async function updateAnomaly(
  tx: Writer,
  tenantId: string,
  { incident, change }: StreamIncident,
  { seq, recorded, wall }: Changed,
): Promise<void> {
  const values: Record<string, Value> = {
    ...changingColumns(incident, wall),
    ...(seq !== undefined && { changedSeq: seq }),
    ...(recorded && change === 'ANOMALY_UPDATED' && { growthRecordedAt: wall }),
  }
  const assignments = Object.keys(values).map((column) => `"${column}" = ?`)
  await tx.run(`UPDATE "Anomaly" SET ${assignments.join(', ')} WHERE "tenantId" = ? AND "id" = ?`, [
    ...Object.values(values),
    tenantId,
    incident.id,
  ])
}

/** An event that retention has taken meanwhile can no longer be shown. */
async function addEvents(tx: Writer, tenantId: string, changed: readonly StreamIncident[]): Promise<void> {
  const wanted = new Set(changed.flatMap(({ stripeIds }) => stripeIds))
  if (wanted.size === 0) return
  const stored = await new StoredMemory(tx, tenantId).knownEvents([...wanted])
  const rows = changed.flatMap(({ incident, stripeIds }) =>
    stripeIds.filter((stripeId) => stored.has(stripeId)).map((stripeId) => [tenantId, incident.id, stripeId]),
  )
  await tx.insert(
    { table: 'AnomalyEvent', columns: ['tenantId', 'anomalyId', 'stripeId'], conflict: 'DO NOTHING' },
    rows,
  )
}
