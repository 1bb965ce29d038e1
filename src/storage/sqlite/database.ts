import { PrismaClient } from '../../generated/sqlite/client.ts'
import type { Database } from '../database.ts'
import { openFile } from './adapter.ts'
import { fileOf, naming } from './connection.ts'
import { watchIntegrity } from './integrity-watch.ts'
import { sqliteSql } from './sql.ts'

/** Milliseconds. Above what another process may hold the file for, so that waiting does not fail first. */
const PATIENCE = 20_000

/**
 * @param url `file:…`; the folder is made, the tables are not: `migrate` first
 * @throws DatabaseError that names the file
 */
export async function openSqlite(url: string): Promise<Database> {
  const path = fileOf(url)
  const file = await naming(path, () => openFile(path))
  const prisma = new PrismaClient({
    adapter: file.adapter,
    transactionOptions: { maxWait: PATIENCE, timeout: PATIENCE },
  })
  const sql = sqliteSql(file)
  return {
    engine: 'sqlite',
    prisma,
    sql,
    // One writer: the queue before it and the wait for other processes' locks are the same for all.
    sqlFor: () => sql,
    begin: () => sql.begin(),
    watchIntegrity: (listeners) =>
      watchIntegrity(path, {
        ...listeners,
        onDamage: (damage) => {
          file.files.condemn(damage)
          listeners.onDamage(damage)
        },
      }),
    close: async () => {
      await prisma.$disconnect()
      await file.close()
    },
  }
}
