import { NO_FACTS } from '../stripe/kept-facts.ts'
import { KEEP_SETTLED } from '../stripe/ledger.ts'
import { othersFirst, toDate, toSeconds } from '../time.ts'
import { tidyAlerts } from './alerts/tidy.ts'
import type { Database } from './database.ts'
import { compactTallies } from './delivery-counts.ts'
import { raiseVersionIn } from './detection/version.ts'
import { date, integer, nullableInteger, type Row, type SystemSql, text, type Value } from './sql.ts'

/** Rows touched by one transaction: small enough that no delivery waits for it. */
const BATCH = 500

/** SQLite pages given back to the file system by one transaction. */
const PAGES = 200

export interface Retention {
  /** Bodies received before are emptied. */
  payloadsBefore: Date
  /** Events received before are deleted, unless an anomaly shows them. */
  eventsBefore: Date
  /** Counts of deliveries from before are deleted. */
  deliveriesBefore: Date
  /** Counts of deliveries from before, which each process wrote for itself, are put together. */
  countedBefore: Date
  /** Former tokens whose grace ended before are deleted. */
  formerTokensBefore: Date
  /** Sessions that ended before are deleted. */
  sessionsBefore: Date
  /** Deliveries of alerts, attempts, and what was held for a disabled channel go when they are from before. */
  alertsBefore: Date
  attemptsBefore: Date
  heldBefore: Date
  /** Rebuilds that ended before are forgotten. */
  rebuildsBefore: Date
  /** Imports that ended before are forgotten. */
  jobsBefore: Date
  /** Seconds that a key's state is kept untouched, by detector. */
  statesFor: ReadonlyMap<string, number>
}

export interface Tidied {
  payloads: number
  events: number
  objects: number
  states: number
}

export async function tenantIds(sql: SystemSql): Promise<string[]> {
  const rows = await sql.all(
    'SELECT "id" FROM "Tenant" WHERE "deletedAt" IS NULL AND "moving" IS NULL ORDER BY "id"',
  )
  return rows.map((row) => text(row['id']))
}

/** Lets go of what a tenant's time is over for, in batches between which others get their turn. */
export async function tidyTenant(sql: SystemSql, tenantId: string, retention: Retention): Promise<Tidied> {
  const payloads = await sweepEvents(sql, tenantId, retention.payloadsBefore, emptyPayloads)
  const events = await sweepEvents(sql, tenantId, retention.eventsBefore, deleteUnshown)
  await sweepEvents(sql, tenantId, retention.eventsBefore, emptyFacts)
  await change(sql, tenantId, 'DELETE FROM "DeliveryBucket" WHERE "tenantId" = ? AND "slot" < ?', [
    tenantId,
    Math.floor(retention.deliveriesBefore.getTime() / 300_000),
  ])
  await compactTallies(sql, tenantId, Math.floor(retention.countedBefore.getTime() / 300_000))
  await change(sql, tenantId, 'DELETE FROM "FormerToken" WHERE "tenantId" = ? AND "expiresAt" <= ?', [
    tenantId,
    retention.formerTokensBefore,
  ])
  await change(sql, tenantId, `DELETE FROM "Session" WHERE "tenantId" = ? AND ${IS_OVER}`, [
    tenantId,
    retention.sessionsBefore,
    retention.sessionsBefore,
  ])
  await change(sql, tenantId, 'DELETE FROM "Rebuild" WHERE "tenantId" = ? AND "finishedAt" < ?', [
    tenantId,
    retention.rebuildsBefore,
  ])
  await tidyAlerts(sql, tenantId, retention)
  await change(sql, tenantId, 'DELETE FROM "StripeAnswer" WHERE "tenantId" = ? AND "at" < ?', [
    tenantId,
    toSeconds(retention.eventsBefore),
  ])
  await change(sql, tenantId, 'DELETE FROM "ImportJob" WHERE "tenantId" = ? AND "finishedAt" < ?', [
    tenantId,
    retention.jobsBefore,
  ])
  const { objects, states } = await forget(sql, tenantId, retention)
  return { payloads, events, objects, states }
}

const IS_OVER = '("endedAt" < ? OR "expiresAt" < ?)'

/** The same for what an operator has begun. */
export const tidyOperatorSessions = (sql: SystemSql, before: Date): Promise<number> =>
  sql.write((tx) => tx.run(`DELETE FROM "OperatorSession" WHERE ${IS_OVER}`, [before, before]))

/** Gives free pages of a SQLite file back, a little at a time. PostgreSQL does that by itself. */
export async function giveSpaceBack({ engine, sql }: Database): Promise<void> {
  if (engine !== 'sqlite') return
  for (let free = Number.POSITIVE_INFINITY; ; ) {
    const left = await sql.write(async (tx) => {
      // The driver takes one step of a statement, which is one page however many were asked for.
      for (let page = 0; page < PAGES; page += 1) await tx.run('PRAGMA incremental_vacuum(1)')
      const [row] = await tx.all('PRAGMA freelist_count')
      return integer(row?.['freelist_count'])
    })
    if (left === 0 || left >= free) return
    free = left
    await othersFirst()
  }
}

type Sweep = (
  tenantId: string,
  ids: readonly string[],
) => readonly [statement: string, values: readonly Value[]]

/** A history was received long ago, but stored when it was processed: an event goes when both are past. */
async function sweepEvents(sql: SystemSql, tenantId: string, before: Date, sweep: Sweep): Promise<number> {
  let swept = 0
  let last: { at: Date; id: string } | undefined
  for (;;) {
    const page = await oldEvents(sql, tenantId, before, last)
    const newest = page.at(-1)
    if (newest === undefined) return swept
    const ids = page
      .filter((row) => row['processedAt'] !== null && date(row['processedAt']) < before)
      .map((row) => text(row['stripeId']))
    if (ids.length > 0) swept += await change(sql, tenantId, ...sweep(tenantId, ids))
    last = { at: date(newest['receivedAt']), id: text(newest['stripeId']) }
    await othersFirst()
  }
}

function oldEvents(
  sql: SystemSql,
  tenantId: string,
  before: Date,
  after: { at: Date; id: string } | undefined,
): Promise<Row[]> {
  const further = after === undefined ? '' : 'AND ("receivedAt" > ? OR ("receivedAt" = ? AND "stripeId" > ?))'
  const place = after === undefined ? [] : [after.at, after.at, after.id]
  return sql.all(
    `SELECT "stripeId", "receivedAt", "processedAt" FROM "StripeEvent"
     WHERE "tenantId" = ? AND "receivedAt" < ? ${further} ORDER BY "receivedAt", "stripeId" LIMIT ${BATCH}`,
    [tenantId, before, ...place],
  )
}

const placeholders = (values: readonly unknown[]): string => values.map(() => '?').join(', ')

const emptyPayloads: Sweep = (tenantId, ids) => [
  `UPDATE "StripeEvent" SET "payload" = NULL WHERE "tenantId" = ? AND "stripeId" IN (${placeholders(ids)}) AND "payload" IS NOT NULL`,
  [tenantId, ...ids],
]

/** What an anomaly shows stays as a row, without what it said. */
const emptyFacts: Sweep = (tenantId, ids) => [
  `UPDATE "StripeEvent" SET "facts" = NULL, "factsVersion" = ${NO_FACTS}
   WHERE "tenantId" = ? AND "stripeId" IN (${placeholders(ids)}) AND COALESCE("factsVersion", -1) <> ${NO_FACTS}`,
  [tenantId, ...ids],
]

const deleteUnshown: Sweep = (tenantId, ids) => [
  `DELETE FROM "StripeEvent" WHERE "tenantId" = ? AND "stripeId" IN (${placeholders(ids)})
   AND NOT EXISTS (SELECT 1 FROM "AnomalyEvent" a WHERE a."tenantId" = "StripeEvent"."tenantId" AND a."stripeId" = "StripeEvent"."stripeId")`,
  [tenantId, ...ids],
]

/** The key of states of a whole stream: a single row for each detector, kept as long as the stream. */
const WHOLE_STREAM = ''

/** Objects and states go by event time, so by the clock of the streams they belong to. */
async function forget(
  sql: SystemSql,
  tenantId: string,
  { statesFor }: Retention,
): Promise<{ objects: number; states: number }> {
  const streams = await sql.all('SELECT "id", "clock" FROM "Stream" WHERE "tenantId" = ?', [tenantId])
  const clocks = streams.map((row) => nullableInteger(row['clock']) ?? 0)
  if (clocks.length === 0) return { objects: 0, states: 0 }
  const clock = Math.min(...clocks)
  const objects = await change(
    sql,
    tenantId,
    'DELETE FROM "StripeObject" WHERE "tenantId" = ? AND ("expiresAt" < ? OR ("expiresAt" IS NULL AND "updatedAt" < ?))',
    [tenantId, toDate(clock), toDate(clock - KEEP_SETTLED)],
  )
  let states = 0
  for (const [index, row] of streams.entries()) {
    for (const [detector, idle] of statesFor) {
      const values = [tenantId, text(row['id']), detector, WHOLE_STREAM, idle, clocks[index] ?? 0]
      states += await dropStates(sql, tenantId, values)
    }
  }
  return { objects, states }
}

const IS_IDLE = `"tenantId" = ? AND "stream" = ? AND "detector" = ? AND "key" <> ?
  AND "wakeAt" IS NULL AND COALESCE("expiresAt", "touchedAt" + ?) < ?`

/** Most of the time there are none, and then what is remembered of the tenant stays true. */
async function dropStates(sql: SystemSql, tenantId: string, values: readonly Value[]): Promise<number> {
  const [some] = await sql.all(`SELECT 1 AS "some" FROM "DetectorState" WHERE ${IS_IDLE} LIMIT 1`, values)
  if (some === undefined) return 0
  return sql.write(async (tx) => {
    await tx.enter(tenantId)
    await raiseVersionIn(tx, tenantId)
    return tx.run(`DELETE FROM "DetectorState" WHERE ${IS_IDLE}`, values)
  })
}

const change = (
  sql: SystemSql,
  tenantId: string,
  statement: string,
  values: readonly Value[],
): Promise<number> =>
  sql.write(async (tx) => {
    await tx.enter(tenantId)
    return tx.run(statement, values)
  })
