import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { atEnd } from './endings.ts'
import { createServerDatabase, onServer } from './postgres-server.ts'

/** The engine that this run of the file is about; the vitest project says it. */
export const engine: 'sqlite' | 'postgresql' =
  process.env['TEST_ENGINE'] === 'postgresql' ? 'postgresql' : 'sqlite'

export { onServer }

/** The URL of an empty database of its own, dropped after the file's tests. */
export async function emptyDatabase(): Promise<string> {
  if (engine === 'sqlite') {
    const folder = await mkdtemp(join(tmpdir(), 'billingwatch-'))
    atEnd(() => rm(folder, { recursive: true, force: true }))
    return `file:${join(folder, 'test.db')}`
  }
  const { url, drop } = await createServerDatabase()
  atEnd(drop)
  return url
}

/** A fresh migrated database of the engine under test, closed and dropped after the file's tests. */
export async function testDatabase(): Promise<Database> {
  const databaseUrl = await emptyDatabase()
  await migrate({ databaseUrl })
  const database = await openDatabase({ databaseUrl })
  atEnd(() => database.close())
  return database
}
