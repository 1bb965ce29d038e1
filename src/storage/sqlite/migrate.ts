import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import {
  type Applied,
  failed,
  type MigrateOptions,
  type Migration,
  MigrationError,
  NoDatabaseError,
  pendingMigrations,
} from '../migrations.ts'
import { makePrivateFile } from '../private-files.ts'
import { BUSY_WAIT, fileOf, keepFilesPrivate, naming, prepareWriter, whenFree } from './connection.ts'
import { type Connection, Driver } from './driver.ts'
import { pathOf } from './path.ts'

/** Prisma's own history table, so that `prisma migrate status` and `deploy` agree with us. */
const HISTORY = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "checksum" TEXT NOT NULL,
  "finished_at" DATETIME,
  "migration_name" TEXT NOT NULL,
  "logs" TEXT,
  "rolled_back_at" DATETIME,
  "started_at" DATETIME NOT NULL DEFAULT current_timestamp,
  "applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT 0
)`

interface HistoryRow {
  name: string
  checksum: string
  finished: number
}

function historyOf(connection: Connection): Applied[] {
  return connection
    .prepare<[], HistoryRow>(
      `SELECT "migration_name" AS name, "checksum" AS checksum, "finished_at" IS NOT NULL AS finished
       FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL`,
    )
    .all()
    .map((row) => ({ ...row, finished: row.finished === 1 }))
}

function apply(connection: Connection, migrations: readonly Migration[]): void {
  const record = connection.prepare(
    `INSERT INTO "_prisma_migrations" ("id","checksum","migration_name","started_at","finished_at","applied_steps_count")
     VALUES (?, ?, ?, CAST(unixepoch('subsec') * 1000 AS INTEGER), CAST(unixepoch('subsec') * 1000 AS INTEGER), 1)`,
  )
  for (const { name, script, checksum } of migrations) {
    try {
      connection.exec(script)
    } catch (error) {
      throw failed(name, error)
    }
    record.run(randomUUID(), checksum, name)
  }
  const broken = connection.prepare('PRAGMA foreign_key_check').all()
  if (broken.length > 0)
    throw new MigrationError(`The migration would leave ${broken.length} rows without what they refer to.`)
}

/** Migrates the file, in one transaction; a file that holds data is first copied beside itself. */
export async function migrateSqlite(
  url: string,
  migrations: readonly Migration[],
  { create = true }: MigrateOptions = {},
): Promise<string[]> {
  if (!create && isEmpty(pathOf(url))) throw new NoDatabaseError(`there is no database at ${pathOf(url)}`)
  const path = fileOf(url)
  return naming(path, () => migrateFile(path, migrations))
}

async function migrateFile(path: string, migrations: readonly Migration[]): Promise<string[]> {
  keepFilesPrivate(path)
  const connection = new Driver(path, { timeout: BUSY_WAIT })
  try {
    await whenFree(() => prepareWriter(connection))
    // Rebuilding a table drops the old one, which would delete every child row. Inside a transaction this does nothing.
    connection.pragma('foreign_keys = OFF')
    await whenFree(() => connection.exec(HISTORY))
    const before = historyOf(connection)
    const expected = pendingMigrations(migrations, before)
    if (expected.length === 0) return []
    if (before.length > 0) copyBefore(connection, backupOf(path, before))
    await whenFree(() => connection.exec('BEGIN IMMEDIATE'))
    try {
      // Another process may have been faster.
      const pending = pendingMigrations(migrations, historyOf(connection))
      apply(connection, pending)
      connection.exec('COMMIT')
      return pending.map(({ name }) => name)
    } finally {
      if (connection.inTransaction) connection.exec('ROLLBACK')
    }
  } finally {
    connection.close()
  }
}

function copyBefore(connection: Connection, copy: string): void {
  // An empty file that is there already is filled, and keeps its mode.
  makePrivateFile(copy)
  connection.prepare('VACUUM INTO ?').run(copy)
}

/** Named after the newest migration it has: a later attempt at the same step finds the name taken. */
const backupOf = (path: string, history: readonly Applied[]): string =>
  `${path}.before-${history
    .map(({ name }) => name)
    .sort()
    .at(-1)}-${randomUUID().slice(0, 8)}`

/** A database that somebody began to make has no page yet, which is as good as none. */
const isEmpty = (path: string): boolean => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0
