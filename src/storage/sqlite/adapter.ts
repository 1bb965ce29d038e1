import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'
import type {
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlQueryable,
  Transaction,
} from '@prisma/driver-adapter-utils'
import { currentTenant } from '../current-tenant.ts'
import { untilItsEnd } from '../ended.ts'
import { BUSY_WAIT, keepFilesPrivate, prepareReader, prepareWriter, whenFree } from './connection.ts'
import { type Connection, Driver } from './driver.ts'
import { OpenFiles } from './identity.ts'
import { checkTenant } from './tripwire.ts'
import { WriterQueue } from './writer.ts'

/** Both connections of an open file, the queue in front of the one that writes, and Prisma's way to them. */
export interface SqliteFile {
  readonly writer: Connection
  readonly reader: Connection
  readonly queue: WriterQueue
  readonly adapter: SqlDriverAdapterFactory
  readonly files: OpenFiles
  /** Waits for what is being written. */
  close(): Promise<void>
}

/**
 * Prisma's adapter has one connection for everything: a plain write made while another request's transaction is
 * open lands inside it, and plain reads see what is not committed. Here writes take turns, and reads outside a
 * transaction have a connection of their own.
 */
export async function openFile(path: string): Promise<SqliteFile> {
  keepFilesPrivate(path)
  const writer = new Driver(path, { timeout: BUSY_WAIT })
  await whenFree(() => prepareWriter(writer))
  const reader = new Driver(path, { timeout: BUSY_WAIT, readonly: true })
  prepareReader(reader)
  const writing = await adapterOf(writer)
  const reading = await adapterOf(reader)
  const files = new OpenFiles(path)
  const queue = new WriterQueue(writer, files)
  const reads = readingOnly(reader)
  const { adapterName } = writing
  const adapter: SqlDriverAdapter = {
    provider: 'sqlite',
    adapterName,
    queryRaw: async (query) => {
      checkTenant(currentTenant(), query.args, query.sql)
      return reads(query.sql)
        ? files.noticing(() => whenFree(() => reading.queryRaw(query)))
        : queue.transaction(() => writing.queryRaw(query))
    },
    executeRaw: async (query) => {
      checkTenant(currentTenant(), query.args, query.sql)
      return queue.transaction(() => writing.executeRaw(query))
    },
    executeScript: (script) => queue.transaction(() => writing.executeScript(script)),
    startTransaction: async () => untilItsEnd(await startTransaction(writing, queue)),
    getConnectionInfo: () => ({ supportsRelationJoins: false }),
    // Prisma connects when it is first asked for something, which may be never: the file is not its to close.
    dispose: async () => {},
  }
  return {
    writer,
    reader,
    queue,
    files,
    adapter: { provider: 'sqlite', adapterName, connect: async () => adapter },
    close: async () => {
      await queue.drained()
      await reading.dispose()
      // Last, so that it folds the log into the file.
      await writing.dispose()
    },
  }
}

async function startTransaction(writing: SqlQueryable, queue: WriterQueue): Promise<Transaction> {
  const tenantId = currentTenant()
  const transaction = await queue.begin()
  const run = async (sql: string) => {
    await writing.executeRaw({ sql, args: [], argTypes: [] })
  }
  return {
    provider: 'sqlite',
    adapterName: writing.adapterName,
    // Leaves COMMIT and ROLLBACK to us: after a COMMIT of its own that failed, Prisma leaves the connection inside.
    options: { usePhantomQuery: true },
    queryRaw: async (query) => {
      checkTenant(tenantId, query.args, query.sql)
      return writing.queryRaw(query)
    },
    executeRaw: async (query) => {
      checkTenant(tenantId, query.args, query.sql)
      return writing.executeRaw(query)
    },
    commit: async () => transaction.commit(),
    rollback: async () => transaction.rollback(),
    createSavepoint: (name) => run(`SAVEPOINT ${name}`),
    rollbackToSavepoint: (name) => run(`ROLLBACK TO ${name}`),
    releaseSavepoint: (name) => run(`RELEASE SAVEPOINT ${name}`),
  }
}

/** Whether SQLite itself finds that a statement changes nothing. */
function readingOnly(connection: Connection): (sql: string) => boolean {
  const known = new Map<string, boolean>()
  return (sql) => {
    let answer = known.get(sql)
    if (answer === undefined) {
      answer = connection.prepare(sql).readonly
      if (known.size >= 1_000) known.clear()
      known.set(sql, answer)
    }
    return answer
  }
}

/** What Prisma's adapters opened for themselves; it is kept, since its being collected may end the process (driver.ts). */
const unused: unknown[] = []

/** Prisma's adapter around a connection of ours: raw statements have to go through the very same one. */
async function adapterOf(connection: Connection): Promise<SqlDriverAdapter> {
  const adapter = await new PrismaBetterSqlite3({ url: ':memory:' }).connect()
  const own: unknown = Reflect.get(adapter, 'client')
  if (typeof own !== 'object') throw new Error("Prisma's SQLite adapter has changed its inside.")
  unused.push(own)
  // The adapter expects every integer as a bigint.
  Reflect.set(adapter, 'client', connection.defaultSafeIntegers(true))
  return adapter
}
