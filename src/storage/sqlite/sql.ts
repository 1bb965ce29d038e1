import type { Statement } from 'better-sqlite3'
import { currentTenant, outOfTenant } from '../current-tenant.ts'
import {
  type Insert,
  insertHead,
  onConflict,
  type Row,
  type SystemSql,
  type SystemWriter,
  type Transaction,
  type Tuple,
  type Value,
} from '../sql.ts'
import type { SqliteFile } from './adapter.ts'
import { whenFree } from './connection.ts'
import type { Connection } from './driver.ts'
import { checkRows, checkTenant } from './tripwire.ts'
import type { OpenTransaction } from './writer.ts'

type Bound = string | number | bigint | Uint8Array | null

/** Raw statements over the file's two connections; writes queue with Prisma's. */
export function sqliteSql({
  writer,
  reader,
  queue,
  files,
}: SqliteFile): SystemSql & { begin(): Promise<Transaction> } {
  const reading = new Statements(reader)
  const writing = new Statements(writer)
  const guarded =
    <Result>(read: (text: string, values: readonly Value[]) => Result) =>
    async (text: string, values: readonly Value[] = []): Promise<Result> => {
      checkTenant(currentTenant(), values, text)
      return files.noticing(() => whenFree(() => read(text, values)))
    }
  return {
    all: guarded((text, values) => reading.all(text, values)),
    tuples: guarded((text, values) => reading.tuples(text, values)),
    write: (work) => {
      const tx = new SqliteWriter(writing, currentTenant())
      return queue.transaction(() => outOfTenant(() => work(tx)).finally(() => tx.end()))
    },
    begin: async () => new SqliteTransaction(writing, await queue.begin()),
  }
}

class SqliteWriter implements SystemWriter {
  #open = true

  constructor(
    private readonly statements: Statements,
    private tenantId: string | undefined,
  ) {}

  async enter(tenantId: string): Promise<void> {
    this.tenantId = tenantId
  }

  async all(text: string, values: readonly Value[] = []): Promise<Row[]> {
    this.#check(text, values)
    return this.statements.all(text, values)
  }

  async run(text: string, values: readonly Value[] = []): Promise<number> {
    this.#check(text, values)
    return this.statements.get(text).run(...values.map(bind)).changes
  }

  async insert(statement: Insert, rows: readonly (readonly Value[])[]): Promise<unknown[]> {
    this.#checkOpen()
    checkRows(this.tenantId, statement.table, statement.columns, rows)
    const prepared = this.statements.insert(statement)
    // What was written is among what was given, so SQLite need not return it, which costs it a table for each row.
    const at = statement.returning === undefined ? -1 : statement.columns.indexOf(statement.returning)
    const returned: unknown[] = []
    for (const row of rows) {
      const { changes } = prepared.run(...row.map(bind))
      if (at >= 0 && changes > 0) returned.push(row[at])
    }
    return returned
  }

  /** Kept past its transaction, a writer would write into whatever is open then. */
  end(): void {
    this.#open = false
  }

  #check(text: string, values: readonly Value[]): void {
    this.#checkOpen()
    checkTenant(this.tenantId, values, text)
  }

  #checkOpen(): void {
    if (!this.#open) throw new Error('the transaction of this writer is over')
  }
}

class SqliteTransaction extends SqliteWriter implements Transaction {
  constructor(
    statements: Statements,
    private readonly transaction: OpenTransaction,
  ) {
    super(statements, undefined)
  }

  async commit(): Promise<void> {
    this.end()
    this.transaction.commit()
  }

  async rollback(): Promise<void> {
    this.end()
    this.transaction.rollback()
  }
}

/** Statements, prepared once: they are written in the program, so this holds some dozens. */
class Statements {
  readonly #byText = new Map<string, Statement<Bound[], unknown>>()

  constructor(private readonly connection: Connection) {}

  all(text: string, values: readonly Value[]): Row[] {
    return this.get(text).all(...values.map(bind)) as Row[]
  }

  tuples(text: string, values: readonly Value[]): Tuple[] {
    // A statement of its own: whether it gives names is a state of it.
    return this.get(text, true).all(...values.map(bind)) as Tuple[]
  }

  insert(statement: Insert): Statement<Bound[], unknown> {
    const marks = statement.columns.map(() => '?').join(',')
    const text = `${insertHead(statement)} (${marks})${onConflict(statement)}`
    return this.get(text)
  }

  get(text: string, raw = false): Statement<Bound[], unknown> {
    const key = raw ? `raw ${text}` : text
    let statement = this.#byText.get(key)
    if (!statement) {
      // Prisma sets its connections to give bigints; numbers are cheaper, and `integer()` refuses what does not fit.
      statement = this.connection.prepare<Bound[], unknown>(text).safeIntegers(false)
      if (raw) statement.raw()
      if (this.#byText.size >= MAX_STATEMENTS) this.#byText.clear()
      this.#byText.set(key, statement)
    }
    return statement
  }
}

/** Lists of `?` make texts of many lengths; past this the memory is begun anew. */
const MAX_STATEMENTS = 500

function bind(value: Value): Bound {
  // As Prisma's adapter writes times: the texts of the two ways compare.
  if (value instanceof Date) return value.toISOString().replace('Z', '+00:00')
  if (typeof value === 'boolean') return value ? 1 : 0
  // The driver binds numbers past 32 bits as REAL, and a sum with one would be REAL too.
  if (typeof value === 'number' && Number.isSafeInteger(value) && (value | 0) !== value) return BigInt(value)
  return value
}
