import { randomUUID } from 'node:crypto'
import type { Jump, JumpOutcome } from '../time/timer-time.ts'
import type { Database } from './database.ts'
import { raiseVersionIn } from './detection/version.ts'
import { date, integer, type Row, text } from './sql.ts'

/** Milliseconds for which jumps of clocks are remembered. */
const REMEMBERED_FOR = 30 * 86_400_000

/** Keeps what became of a jump of this process's clock, for `doctor`: one row for each jump. */
export async function recordJump({ sql }: Database, { at, seconds, outcome }: Jump): Promise<void> {
  await sql.write(async (tx) => {
    const time = at.getTime()
    await tx.run('DELETE FROM "_clock_jumps" WHERE "at" < ? OR ("at" = ? AND "seconds" = ?)', [
      time - REMEMBERED_FOR,
      time,
      seconds,
    ])
    await tx.insert({ table: '_clock_jumps', columns: ['id', 'at', 'seconds', 'outcome'] }, [
      [randomUUID(), time, seconds, outcome],
    ])
  })
}

/** Nobody ignores a jump any more that was seen before this process started; whoever does says so again at its end. */
export async function believeJumps({ sql }: Database): Promise<void> {
  await sql.write((tx) =>
    tx.run(`UPDATE "_clock_jumps" SET "outcome" = 'believed' WHERE "outcome" = 'ignored'`),
  )
}

const OUTCOMES: readonly JumpOutcome[] = ['ignored', 'reversed', 'followed', 'believed']

/** Of the last month, newest first. */
export async function recentJumps({ sql }: Database): Promise<Jump[]> {
  const rows = await sql.all(
    'SELECT "at", "seconds", "outcome" FROM "_clock_jumps" ORDER BY "at" DESC LIMIT 20',
  )
  return rows.map((row) => ({
    at: new Date(integer(row['at'])),
    seconds: integer(row['seconds']),
    outcome: OUTCOMES.find((one) => one === row['outcome']) ?? 'ignored',
  }))
}

/** Seconds by which a stream may be ahead: machines that share a database differ by as much. */
const AHEAD = 60

const AHEAD_OF = 'SELECT * FROM "Stream" WHERE "live" = ? AND "clock" > ?'

/** How many live streams have a clock ahead of this one: their timers stand still until it has caught up. */
export async function streamsAhead({ sql }: Database, now: Date): Promise<number> {
  return (await sql.all(AHEAD_OF, [true, seconds(now) + AHEAD])).length
}

/**
 * Brings streams whose clock is ahead of the wall clock back to it, or to their newest delivery where that is later, and
 * has work that waits for a time ahead looked at now: at the start, and after the clock was set back, the wall clock is
 * right, and what was ahead of it was not.
 * @returns how many streams came back
 */
export async function comeBack(database: Database, now: Date): Promise<number> {
  let streams = 0
  for (const row of await database.sql.all(AHEAD_OF, [true, seconds(now) + AHEAD])) {
    const newest = await newestDelivery(database, row)
    const clock = Math.max(seconds(now), newest === undefined ? 0 : seconds(newest))
    if (clock >= integer(row['clock'])) continue
    await moveBack(database, row, clock)
    streams += 1
  }
  await database.sql.write((tx) =>
    tx.run('UPDATE "Claim" SET "retryAt" = NULL, "servedAt" = ? WHERE "servedAt" > ?', [
      now,
      new Date(now.getTime() + AHEAD * 1_000),
    ]),
  )
  await lookNow(database, now)
  return streams
}

async function newestDelivery({ sql }: Database, stream: Row): Promise<Date | undefined> {
  const account = stream['account']
  const [row] = await sql.all(
    `SELECT "receivedAt" FROM "StripeEvent" WHERE "tenantId" = ? AND "endpointId" = ? AND "livemode" = ?
       AND ${account === null ? '"account" IS NULL' : '"account" = ?'} ORDER BY "receivedAt" DESC LIMIT 1`,
    [
      text(stream['tenantId']),
      text(stream['endpointId']),
      Boolean(stream['livemode']),
      ...(account === null ? [] : [text(account)]),
    ],
  )
  return row && date(row['receivedAt'])
}

async function moveBack({ sql }: Database, stream: Row, clock: number): Promise<void> {
  const [tenantId, id] = [text(stream['tenantId']), text(stream['id'])]
  await sql.write(async (tx) => {
    await tx.enter(tenantId)
    await raiseVersionIn(tx, tenantId)
    await tx.run('UPDATE "Stream" SET "clock" = ? WHERE "tenantId" = ? AND "id" = ?', [clock, tenantId, id])
  })
}

/** Events were stored under a clock that was ahead: nobody would judge them until it has caught up. */
async function lookNow({ sql }: Database, now: Date): Promise<void> {
  const ahead = new Date(now.getTime() + AHEAD * 1_000)
  const rows = await sql.all(
    `SELECT DISTINCT "tenantId" FROM "Wake" WHERE "dueAt" > ? AND "events" <> '[]'`,
    [ahead],
  )
  for (const row of rows) {
    const tenantId = text(row['tenantId'])
    await sql.write(async (tx) => {
      await tx.enter(tenantId)
      await tx.run(
        `UPDATE "Wake" SET "dueAt" = ? WHERE "tenantId" = ? AND "dueAt" > ? AND "events" <> '[]'`,
        [now, tenantId, ahead],
      )
    })
  }
}

const seconds = (time: Date): number => Math.floor(time.getTime() / 1_000)
