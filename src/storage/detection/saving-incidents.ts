import { SEVERITIES, type Severity } from '../../detection/detector.ts'
import type { ChangedIncident } from '../../detection/engine/incident.ts'
import type { Stream } from '../../detection/engine/memory.ts'
import { clamped } from '../../stripe/money.ts'
import { hasGrown, readSnoozedSize, type SnoozedSize } from '../anomaly-columns.ts'
import { integer, nullableDate, nullableText, type Row, text, type Value, type Writer } from '../sql.ts'
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
  const { quiet, woken, worse } = await growthOf(tx, tenantId, changes, wall)
  const first = await takeNumbers(tx, tenantId, changes.length + woken.size)
  const numbers = new Map(changes.map((one, index) => [one, first + index]))
  const wakings = new Map([...woken].map((one, index) => [one, first + changes.length + index]))
  for (const one of changed) {
    const seq = numbers.get(one)
    if (one.change === 'ANOMALY_RAISED') await insertAnomaly(tx, tenantId, one, seq ?? first, wall)
    else {
      const changedSeq = wakings.get(one) ?? seq
      await updateAnomaly(tx, tenantId, one, {
        seq: changedSeq,
        recorded: !quiet.has(one),
        woken: woken.has(one),
        wall,
      })
    }
  }
  await addEvents(tx, tenantId, changed)
  await tx.insert(
    { table: 'AnomalyCause', columns: ['tenantId', 'anomalyId', 'causeId'], conflict: 'DO NOTHING' },
    changed.flatMap(({ incident, causes = [] }) => causes.map((cause) => [tenantId, incident.id, cause])),
  )
  await addActs(tx, tenantId, wall, [
    ...changes
      .filter((one) => !quiet.has(one))
      .map((one) => ({
        seq: numbers.get(one) ?? first,
        kind: one.change ?? null,
        id: one.incident.id,
        data: dataOf(worse.get(one)),
      })),
    ...[...wakings].map(([{ incident }, seq]) => ({
      seq,
      kind: 'ANOMALY_UNSNOOZED',
      id: incident.id,
      data: '{"reason":"GROWTH"}',
    })),
  ])
  return changes.length
}

interface SystemAct {
  seq: number
  kind: string | null
  /** Of the anomaly. */
  id: string
  /** JSON. */
  data: string | null
}

/** Whoever begins to follow an anomaly late sees by the act alone that it became more severe. */
const dataOf = (former: Severity | undefined): string | null =>
  former === undefined ? null : JSON.stringify({ former: { severity: former } })

const addActs = (tx: Writer, tenantId: string, wall: Date, acts: readonly SystemAct[]): Promise<unknown> =>
  tx.insert(
    {
      table: 'Activity',
      columns: ['tenantId', 'seq', 'at', 'kind', 'actorKind', 'actorName', 'anomalyId', 'data'],
    },
    acts.map(({ seq, kind, id, data }) => [tenantId, seq, wall, kind, 'SYSTEM', 'BillingWatch', id, data]),
  )

interface Growth {
  /** Incidents whose growth was recorded a moment ago, and is no worse since. */
  quiet: ReadonlySet<StreamIncident>
  /** Incidents that were snoozed until they grow, and have. */
  woken: ReadonlySet<StreamIncident>
  /** Incidents that became more severe, with the severity that they had. */
  worse: ReadonlyMap<StreamIncident, Severity>
}

/** What growth means for the rows as they are stored. */
async function growthOf(
  tx: Writer,
  tenantId: string,
  changes: readonly StreamIncident[],
  wall: Date,
): Promise<Growth> {
  const grown = new Map(
    changes
      .filter(({ change }) => change === 'ANOMALY_UPDATED' || change === 'ANOMALY_REOPENED')
      .map((one) => [one.incident.id, one]),
  )
  const ids = [...grown.keys()]
  const quiet = new Set<StreamIncident>()
  const woken = new Set<StreamIncident>()
  const worse = new Map<StreamIncident, Severity>()
  for (let at = 0; at < ids.length; at += CHUNK) {
    const part = ids.slice(at, at + CHUNK)
    const rows = await tx.all(
      `SELECT "id", "severity", "growthRecordedAt", "snoozedSize" FROM "Anomaly" WHERE "tenantId" = ? AND "id" IN (${part.map(() => '?').join(', ')})`,
      [tenantId, ...part],
    )
    for (const row of rows) {
      const one = grown.get(text(row['id']))
      if (one === undefined) continue
      const former = SEVERITIES[integer(row['severity'])]
      if (former !== undefined && SEVERITIES.indexOf(one.incident.severity) > SEVERITIES.indexOf(former))
        worse.set(one, former)
      else if (one.change === 'ANOMALY_UPDATED' && isQuiet(row, wall)) quiet.add(one)
      const snoozed = readSnoozedSize(nullableText(row['snoozedSize']))
      if (snoozed && hasGrown(snoozed, sizeOf(one))) woken.add(one)
    }
  }
  return { quiet, woken, worse }
}

function isQuiet(row: Row, wall: Date): boolean {
  const recordedAt = nullableDate(row['growthRecordedAt'])
  return recordedAt !== null && Math.abs(wall.getTime() - recordedAt.getTime()) < GROWTH_ACT_EVERY * 1_000
}

const sizeOf = ({ incident: { severity, occurrences, impact } }: StreamIncident): SnoozedSize => ({
  severity: SEVERITIES.indexOf(severity),
  occurrences,
  amount: impact === null ? null : Number(clamped(impact.amount)),
  currency: impact?.currency ?? null,
})

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
  /** Whether it ends a snooze. */
  woken: boolean
  wall: Date
}

async function updateAnomaly(
  tx: Writer,
  tenantId: string,
  { incident, change }: StreamIncident,
  { seq, recorded, woken, wall }: Changed,
): Promise<void> {
  const values: Record<string, Value> = {
    ...changingColumns(incident, wall),
    ...(seq !== undefined && { changedSeq: seq }),
    ...(recorded && change === 'ANOMALY_UPDATED' && { growthRecordedAt: wall }),
    ...(woken && { snoozedSize: null }),
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
