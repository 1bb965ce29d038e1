import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'
import type {
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlQuery,
  SqlQueryable,
  Transaction,
} from '@prisma/driver-adapter-utils'
import BetterSqlite3 from 'better-sqlite3'
import { BUSY_WAIT, type Connection, prepareReader, prepareWriter, whenFree } from './connection.ts'
import { WriterQueue } from './writer.ts'

/** Both connections of an open file, and the queue in front of the one that writes. */
export interface SqliteFile {
  readonly writer: Connection
  readonly reader: Connection
  readonly queue: WriterQueue
  readonly adapter: SqlDriverAdapterFactory
}

/** The connection inside Prisma's adapter: raw statements have to go through the very same one. */
function connectionOf(adapter: SqlQueryable): Connection {
  const client: unknown = Reflect.get(adapter, 'client')
  if (!(client instanceof BetterSqlite3))
    throw new Error('The SQLite adapter of Prisma has changed its inside.')
  return client
}

const READ = /^\s*(SELECT|WITH|EXPLAIN|VALUES)\b/i

/**
 * Prisma's adapter has one connection for everything: a plain write made while another request's transaction is
 * open lands inside it, and plain reads see what is not committed. Here writes take turns, and reads outside a
 * transaction have a connection of their own.
 */
export async function openFile(path: string): Promise<SqliteFile> {
  const url = `file:${path}`
  const writing = await new PrismaBetterSqlite3({ url, timeout: BUSY_WAIT }).connect()
  const writer = connectionOf(writing)
  await whenFree(() => prepareWriter(writer))
  const reading = await new PrismaBetterSqlite3({ url, timeout: BUSY_WAIT, readonly: true }).connect()
  const reader = connectionOf(reading)
  prepareReader(reader)
  const queue = new WriterQueue(writer)

  const isRead = (sql: string): boolean => READ.test(sql) && !/\b(INSERT|UPDATE|DELETE)\b/i.test(sql)
  const adapter: SqlDriverAdapter = {
    provider: 'sqlite',
    adapterName: writing.adapterName,
    queryRaw: (query) =>
      isRead(query.sql) ? reading.queryRaw(query) : queue.transaction(() => writing.queryRaw(query)),
    executeRaw: (query) => queue.transaction(() => writing.executeRaw(query)),
    executeScript: (script) => queue.transaction(() => writing.executeScript(script)),
    startTransaction: () => startTransaction(writing, queue),
    getConnectionInfo: () => ({ supportsRelationJoins: false, maxBindValues: 32_766 }),
    dispose: async () => {
      await queue.drained()
      await reading.dispose()
      await writing.dispose()
    },
  }
  const factory: SqlDriverAdapterFactory = {
    provider: 'sqlite',
    adapterName: writing.adapterName,
    connect: async () => adapter,
  }
  return { writer, reader, queue, adapter: factory }
}

async function startTransaction(writing: SqlQueryable, queue: WriterQueue): Promise<Transaction> {
  const transaction = await queue.begin()
  const run = (sql: string) => writing.executeRaw({ sql, args: [], argTypes: [] } satisfies SqlQuery)
  return {
    provider: 'sqlite',
    adapterName: writing.adapterName,
    // Prisma then leaves BEGIN, COMMIT and ROLLBACK to us; its own COMMIT, once failed, would leave the connection inside.
    options: { usePhantomQuery: true },
    queryRaw: (query) => writing.queryRaw(query),
    executeRaw: (query) => writing.executeRaw(query),
    commit: async () => transaction.commit(),
    rollback: async () => transaction.rollback(),
    createSavepoint: async (name) => void (await run(`SAVEPOINT ${name}`)),
    rollbackToSavepoint: async (name) => void (await run(`ROLLBACK TO ${name}`)),
    releaseSavepoint: async (name) => void (await run(`RELEASE SAVEPOINT ${name}`)),
  }
}
