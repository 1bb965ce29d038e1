import { randomUUID } from 'node:crypto'
import { CALM, type HoldChange, LONGEST } from '../../detection/engine/backlog.ts'
import type {
  BatchOutcome,
  EventMark,
  KnownObject,
  MetricDelta,
  Stream,
} from '../../detection/engine/memory.ts'
import type { StateChanges } from '../../detection/engine/states.ts'
import { DISORDER } from '../../detection/kit/disorder.ts'
import { FACTS_VERSION, writeFacts } from '../../stripe/kept-facts.ts'
import { toDate } from '../../time.ts'
import { nullableInteger, type Value, type Writer } from '../sql.ts'
import { type StreamIncident, saveIncidents } from './saving-incidents.ts'

/**
 * Writes all that a batch changed, inside the caller's transaction: state, anomalies, activity and processed marks
 * stand or fall together.
 * @param wall wall clock of the batch
 * @returns how many acts were added to the tenant's feed
 */
export async function saveOutcome(
  tx: Writer,
  tenantId: string,
  outcome: BatchOutcome,
  wall: Date,
): Promise<number> {
  const changed: StreamIncident[] = outcome.streams.flatMap(({ stream, incidents }) =>
    incidents.map((incident) => ({ ...incident, stream })),
  )
  // None waits for another, so that they go to a server in one message.
  const [acts] = await Promise.all([
    saveIncidents(tx, tenantId, changed, wall),
    saveObjects(tx, tenantId, outcome.objects),
    addMetrics(tx, tenantId, outcome.metrics),
    markEvents(tx, tenantId, outcome.marks, wall),
    ...outcome.streams.flatMap(({ stream, states, held }) => [
      saveStream(tx, tenantId, stream),
      saveHeld(tx, tenantId, stream.id, held),
      saveStates(tx, tenantId, stream.id, states.changes()),
    ]),
  ])
  return acts
}

/** Leaves one wake for the tenant's next timer in place of those there were. */
export async function scheduleTimer(tx: Writer, tenantId: string): Promise<void> {
  await tx.run(`DELETE FROM "Wake" WHERE "tenantId" = ? AND "events" = '[]'`, [tenantId])
  const timer = await nextTimer(tx, tenantId)
  if (timer === undefined) return
  await tx.insert({ table: 'Wake', columns: ['tenantId', 'id', 'dueAt', 'events'] }, [
    [tenantId, randomUUID(), timer, '[]'],
  ])
}

/** A tenant's streams whose time passes: live ones, and of those the test mode's only until live mode began. */
const PASSING = `"tenantId" = ? AND "live" = ? AND ("livemode" = ? OR NOT EXISTS (
  SELECT 1 FROM "Stream" l WHERE l."tenantId" = ? AND l."livemode" = ?))`

/** When the tenant's next timer, or what waits for its backlog, is to be looked at; undefined: there is none on a live stream. */
async function nextTimer(tx: Writer, tenantId: string): Promise<Date | undefined> {
  const passing = [tenantId, true, true, tenantId, true]
  const [row] = await tx.all(
    `SELECT MIN("at") AS "at" FROM (
       SELECT MIN("wakeAt") AS "at" FROM "DetectorState"
         WHERE "tenantId" = ? AND "stream" IN (SELECT "id" FROM "Stream" WHERE ${PASSING})
       UNION ALL
       SELECT MIN("endsAt") AS "at" FROM "Anomaly"
         WHERE "tenantId" = ? AND "stream" IN (SELECT "id" FROM "Stream" WHERE "tenantId" = ? AND "live" = ?)
     ) AS "timers"`,
    [tenantId, ...passing, tenantId, tenantId, true],
  )
  const [held] = await tx.all(
    `SELECT MIN("heldNewest") + ? AS "calm", MIN("heldSince") + ? AS "longest" FROM "Stream" WHERE ${PASSING}`,
    [CALM, LONGEST, ...passing],
  )
  const at = nullableInteger(row?.['at'])
  const due = [
    ...(at === null ? [] : [at + DISORDER]),
    ...[held?.['calm'], held?.['longest']].flatMap((release) => nullableInteger(release) ?? []),
  ]
  return due.length === 0 ? undefined : toDate(Math.min(...due))
}

async function saveObjects(
  tx: Writer,
  tenantId: string,
  objects: ReadonlyMap<string, KnownObject>,
): Promise<void> {
  await tx.insert(
    {
      table: 'StripeObject',
      columns: ['tenantId', 'stripeId', 'data', 'updatedAt', 'expiresAt'],
      conflict:
        '("tenantId", "stripeId") DO UPDATE SET "data" = excluded."data", "updatedAt" = excluded."updatedAt", "expiresAt" = excluded."expiresAt"',
    },
    [...objects].map(([id, { record, updatedAt, expiresAt }]) => [
      tenantId,
      id,
      JSON.stringify(record),
      toDate(updatedAt),
      toDate(expiresAt),
    ]),
  )
}

/** Sums of money stop at ±(2^53 − 1): one absurd amount must not keep all that follows from being saved. */
const MOST = Number.MAX_SAFE_INTEGER
const MONEY: readonly string[] = ['revenue', 'refunds']

const COUNTS = ['events', 'chargesSucceeded', 'chargesFailed', 'disputes', 'revenue', 'refunds'] as const

function sumOf(name: string): string {
  const sum = `"MetricBucket"."${name}" + excluded."${name}"`
  return MONEY.includes(name)
    ? `CASE WHEN ${sum} > ${MOST} THEN ${MOST} WHEN ${sum} < -${MOST} THEN -${MOST} ELSE ${sum} END`
    : sum
}

async function addMetrics(tx: Writer, tenantId: string, deltas: readonly MetricDelta[]): Promise<void> {
  const sums = COUNTS.map((name) => `"${name}" = ${sumOf(name)}`).join(', ')
  await tx.insert(
    {
      table: 'MetricBucket',
      columns: ['tenantId', 'stream', 'slot', 'currency', ...COUNTS],
      conflict: `("tenantId", "stream", "slot", "currency") DO UPDATE SET ${sums}`,
    },
    deltas.map((delta) => [
      tenantId,
      delta.stream,
      delta.slot,
      delta.currency,
      ...COUNTS.map((name) => delta[name]),
    ]),
  )
}

/** Events marked in one statement: each binds five values. */
const MARKS = 200

async function markEvents(
  tx: Writer,
  tenantId: string,
  marks: readonly EventMark[],
  wall: Date,
): Promise<void> {
  const [only, ...others] = marks
  // Most passes have one event of a tenant: found by its key it costs a third of what a list of one costs.
  if (only !== undefined && others.length === 0) {
    await tx.run(
      `UPDATE "StripeEvent" SET "processedAt" = ?, "status" = ?, "error" = ?, "facts" = ?, "factsVersion" = ${FACTS_VERSION}
       WHERE "tenantId" = ? AND "stripeId" = ?`,
      [wall, ...valuesOf(only).slice(1), tenantId, only.stripeId],
    )
    return
  }
  for (let start = 0; start < marks.length; start += MARKS) {
    const rows = marks.slice(start, start + MARKS)
    await tx.run(
      `UPDATE "StripeEvent" SET "status" = "mark".column2, "error" = "mark".column3, "facts" = "mark".column4,
         "factsVersion" = ${FACTS_VERSION}, "processedAt" = ?
       FROM (VALUES ${rows.map(() => '(?, ?, ?, ?)').join(', ')}) AS "mark"
       WHERE "StripeEvent"."tenantId" = ? AND "StripeEvent"."stripeId" = "mark".column1`,
      [wall, ...rows.flatMap(valuesOf), tenantId],
    )
  }
}

const valuesOf = ({ stripeId, status, error, facts }: EventMark): Value[] => [
  stripeId,
  status,
  error?.slice(0, 1_000) ?? null,
  writeFacts(facts),
]

async function saveStream(tx: Writer, tenantId: string, stream: Stream): Promise<void> {
  await tx.insert(
    {
      table: 'Stream',
      columns: [
        'tenantId',
        'id',
        'endpointId',
        'account',
        'livemode',
        'clock',
        'live',
        'heldSince',
        'heldNewest',
        'heldCount',
        'since',
        'liveSince',
      ],
      conflict: `("tenantId", "id") DO UPDATE SET "clock" = excluded."clock", "live" = excluded."live", "liveSince" = excluded."liveSince",
        "heldSince" = excluded."heldSince", "heldNewest" = excluded."heldNewest", "heldCount" = excluded."heldCount"`,
    },
    [
      [
        tenantId,
        stream.id,
        stream.endpointId,
        stream.account,
        stream.livemode,
        stream.clock,
        stream.live,
        stream.hold?.since ?? null,
        stream.hold?.newest ?? null,
        stream.hold?.count ?? 0,
        stream.since,
        stream.liveSince,
      ],
    ],
  )
}

/** @param stream whose held events they are; of a rebuild its own name for the stream */
export async function saveHeld(
  tx: Writer,
  tenantId: string,
  stream: string,
  { released, added }: HoldChange,
): Promise<void> {
  if (released)
    await tx.run('DELETE FROM "HeldEvent" WHERE "tenantId" = ? AND "stream" = ?', [tenantId, stream])
  await tx.insert(
    {
      table: 'HeldEvent',
      columns: ['tenantId', 'stream', 'stripeId', 'at', 'deliveredAt', 'facts'],
    },
    added.map(({ stripeId, at, deliveredAt, facts }) => [
      tenantId,
      stream,
      stripeId,
      at,
      deliveredAt,
      JSON.stringify(facts),
    ]),
  )
}

/** @param stream as for `saveHeld` */
export async function saveStates(
  tx: Writer,
  tenantId: string,
  stream: string,
  { saved, dropped }: StateChanges,
): Promise<void> {
  await tx.insert(
    {
      table: 'DetectorState',
      columns: [
        'tenantId',
        'stream',
        'detector',
        'key',
        'version',
        'state',
        'wakeAt',
        'touchedAt',
        'expiresAt',
      ],
      conflict: `("tenantId", "stream", "detector", "key") DO UPDATE SET "version" = excluded."version", "state" = excluded."state",
        "wakeAt" = excluded."wakeAt", "touchedAt" = excluded."touchedAt", "expiresAt" = excluded."expiresAt"`,
    },
    saved.map(({ detector, key, version, state, wakeAt, touchedAt, expiresAt }) => [
      tenantId,
      stream,
      detector,
      key,
      version,
      state,
      wakeAt,
      touchedAt,
      expiresAt,
    ]),
  )
  for (const { detector, key } of dropped) {
    await tx.run(
      'DELETE FROM "DetectorState" WHERE "tenantId" = ? AND "stream" = ? AND "detector" = ? AND "key" = ?',
      [tenantId, stream, detector, key],
    )
  }
}
