import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Database } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { atEnd } from './endings.ts'

/** The engine that this run of the file is about; the vitest project says it. */
export const engine: 'sqlite' | 'postgresql' =
  process.env['TEST_ENGINE'] === 'postgresql' ? 'postgresql' : 'sqlite'

const serverUrl = process.env['TEST_DATABASE_URL'] ?? 'postgresql://root@127.0.0.1:5432/postgres'

/** One statement on the test server, outside the databases under test. */
export async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Drops a database with the roles that are its own. */
async function dropDatabase(name: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ rolname: string }>(
      `SELECT DISTINCT r.rolname FROM pg_shdepend d JOIN pg_database b ON b.oid = d.dbid JOIN pg_roles r ON r.oid = d.refobjid
       WHERE b.datname = $1 AND r.rolname ~ '^billingwatch_[0-9a-f]{12}_(app|system)$'`,
      [name],
    )
    await client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
    for (const { rolname } of rows) await client.query(`DROP ROLE IF EXISTS ${rolname}`)
  } finally {
    await client.end()
  }
}

/** The URL of an empty database of its own, dropped after the file's tests. */
export async function emptyDatabase(): Promise<string> {
  if (engine === 'sqlite') {
    const folder = await mkdtemp(join(tmpdir(), 'billingwatch-'))
    atEnd(() => rm(folder, { recursive: true, force: true }))
    return `file:${join(folder, 'test.db')}`
  }
  const name = `billingwatch_${randomUUID().replaceAll('-', '')}`
  await onServer(`CREATE DATABASE "${name}"`)
  atEnd(() => dropDatabase(name))
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

/** A fresh migrated database of the engine under test, closed and dropped after the file's tests. */
export async function testDatabase(): Promise<Database> {
  const databaseUrl = await emptyDatabase()
  await migrate({ databaseUrl })
  const database = await openDatabase({ databaseUrl })
  atEnd(() => database.close())
  return database
}
