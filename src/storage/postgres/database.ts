import { PrismaClient } from '../../generated/postgresql/client.ts'
import type { Database, SystemClient } from '../database.ts'
import { walledAdapter } from './adapter.ts'
import { openRoles } from './rights.ts'
import { WalledPool } from './session.ts'
import { postgresSql } from './sql.ts'

/** Milliseconds that a connection, a statement, and a transaction of Prisma's may take. */
const PATIENCE = 20_000

/**
 * @param url `postgresql://…`; the tables are not made here: `migrate` first
 * @throws DatabaseError when the server does not answer, or the login may not take the two roles
 */
export async function openPostgres(url: string): Promise<Database> {
  const roles = await openRoles(url)
  const options = {
    connectionString: url,
    connectionTimeoutMillis: PATIENCE,
    // A server that is gone without a word must not hold a delivery for ever.
    query_timeout: PATIENCE,
    keepAlive: true,
  }
  const pool = new WalledPool(options, roles)
  // The pool replaces a connection that breaks, and a statement on it fails; without a listener the process would end.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const client: unknown = new PrismaClient({
    adapter: await walledAdapter(pool),
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
