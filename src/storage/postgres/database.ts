import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient } from '../../generated/postgresql/client.ts'
import type { Database, SystemClient } from '../database.ts'
import { postgresSql } from './sql.ts'

/** Milliseconds. */
const PATIENCE = 20_000

/** @param url `postgresql://…`; the tables are not made here: `migrate` first */
export async function openPostgres(url: string): Promise<Database> {
  const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: PATIENCE })
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {})
  const client: unknown = new PrismaClient({
    adapter: new PrismaPg(pool),
    transactionOptions: { maxWait: PATIENCE, timeout: PATIENCE },
  })
  // The one cast between the engines: both clients are generated from the same models.
  const prisma = client as SystemClient
  await prisma.$connect()
  return {
    engine: 'postgresql',
    prisma,
    sql: postgresSql(pool),
    close: async () => {
      await prisma.$disconnect()
      await pool.end()
    },
  }
}
