import { PrismaPg } from '@prisma/adapter-pg'
import {
  isDriverAdapterError,
  type SqlDriverAdapter,
  type SqlDriverAdapterFactory,
  type SqlQueryable,
  type Transaction,
} from '@prisma/driver-adapter-utils'
import type pg from 'pg'
import { currentTenant } from '../current-tenant.ts'
import { untilItsEnd } from '../ended.ts'
import { beginSession, inSession, type Session, type WalledPool } from './session.ts'

/**
 * Prisma's adapter with the wall below it: every statement, alone or in a transaction, runs in the role and the name
 * of its tenant. Above Prisma this cannot be done without breaking its transactions.
 */
export async function walledAdapter(pool: WalledPool): Promise<SqlDriverAdapterFactory> {
  const plain = await new PrismaPg(pool).connect()
  if (Reflect.get(plain, 'client') !== pool)
    throw new Error("Prisma's PostgreSQL adapter has changed its inside.")
  /** Prisma's adapter, speaking over one connection instead of the pool. */
  const over = (client: Pick<pg.PoolClient, 'query'>): SqlQueryable =>
    Object.create(plain, { client: { value: client } })
  const { adapterName } = plain
  const alone = <T>(work: (queryable: SqlQueryable) => Promise<T>): Promise<T> =>
    translated(
      plain,
      inSession(pool, currentTenant(), (client) => work(over(client))),
    )

  const adapter: SqlDriverAdapter = {
    provider: 'postgres',
    adapterName,
    queryRaw: (query) => alone((queryable) => queryable.queryRaw(query)),
    executeRaw: (query) => alone((queryable) => queryable.executeRaw(query)),
    executeScript: () => Promise.reject(new Error('scripts are for migrations, which do not come this way')),
    startTransaction: async (isolation) => {
      const session = await translated(plain, beginSession(pool, currentTenant(), { isolation }))
      return untilItsEnd(transactionOver(session, over(session.client), plain))
    },
    getConnectionInfo: () => plain.getConnectionInfo(),
    dispose: () => plain.dispose(),
  }
  return { provider: 'postgres', adapterName, connect: async () => adapter }
}

function transactionOver(session: Session, queryable: SqlQueryable, plain: SqlQueryable): Transaction {
  const run = async (sql: string) => {
    await queryable.executeRaw({ sql, args: [], argTypes: [] })
  }
  return {
    provider: 'postgres',
    adapterName: queryable.adapterName,
    // Leaves COMMIT and ROLLBACK to the session, which sees when a COMMIT did not commit.
    options: { usePhantomQuery: true },
    queryRaw: (query) => queryable.queryRaw(query),
    executeRaw: (query) => queryable.executeRaw(query),
    commit: () => translated(plain, session.commit()),
    rollback: () => session.rollback(),
    createSavepoint: (name) => run(`SAVEPOINT ${name}`),
    rollbackToSavepoint: (name) => run(`ROLLBACK TO SAVEPOINT ${name}`),
    releaseSavepoint: (name) => run(`RELEASE SAVEPOINT ${name}`),
  }
}

/** A failure to connect, begin or commit in Prisma's terms, by letting its adapter meet it. */
async function translated<T>(plain: SqlQueryable, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (isDriverAdapterError(error)) throw error
    const failing: SqlQueryable = Object.create(plain, {
      client: { value: { query: () => Promise.reject(error) } },
    })
    await failing.executeRaw({ sql: '', args: [], argTypes: [] })
    throw error
  }
}
