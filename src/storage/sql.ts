/**
 * The typed raw statements' way to either engine, for the hot paths (ingest, detection) where Prisma's client
 * costs twice the CPU. Everything else goes through Prisma. One SQL text serves both engines: identifiers in
 * double quotes, `?` for values, no engine's own functions.
 */
export type Value = string | number | bigint | boolean | Date | Uint8Array | null

/** A row as the driver gave it: parse a column with the readers below before use. */
export type Row = Readonly<Record<string, unknown>>

export interface Reader {
  all(text: string, values?: readonly Value[]): Promise<Row[]>
}

/** A row as the values of its columns, in the order in which the statement names them. */
export type Tuple = readonly unknown[]

export interface TupleReader extends Reader {
  /** As `all`. A page is some hundred values: a name for each of them costs a third of the statement. */
  tuples(text: string, values?: readonly Value[]): Promise<Tuple[]>
}

export interface Insert {
  table: string
  columns: readonly string[]
  /** What follows ON CONFLICT, e.g. `DO NOTHING` or `("tenantId","id") DO UPDATE SET …`; none: a conflict throws. */
  conflict?: string
  /** One of the columns, whose value comes back for each row that was really written. */
  returning?: string
}

const quoted = (name: string): string => `"${name}"`

/** `INSERT INTO … VALUES`, before the values. */
export const insertHead = ({ table, columns }: Insert): string =>
  `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(',')}) VALUES`

/** What stands after the values. */
export const onConflict = ({ conflict }: Insert): string => (conflict ? ` ON CONFLICT ${conflict}` : '')

export interface Writer extends Reader {
  /** @returns the number of rows changed */
  run(text: string, values?: readonly Value[]): Promise<number>
  /**
   * Where a conflict updates, no two rows may have the same key: PostgreSQL takes them in one statement.
   * @returns the values of `returning`, of the rows that were written
   */
  insert(statement: Insert, rows: readonly (readonly Value[])[]): Promise<unknown[]>
}

export interface Sql extends TupleReader {
  /** One transaction, committed when `work` resolves and rolled back when it throws. On SQLite it is the one writer: no I/O inside. */
  write<T>(work: (tx: Writer) => Promise<T>): Promise<T>
}

/** A transaction of the system itself, which sees every tenant until it enters one. */
export interface SystemWriter extends Writer {
  /** Binds what follows in this transaction to a tenant: the second wall (RLS on PostgreSQL, a tripwire on SQLite). */
  enter(tenantId: string): Promise<void>
}

/** A transaction that stays open from one call to the next. Either end closes it; a second end does nothing. */
export interface Transaction extends SystemWriter {
  /** @throws what the database says; it is rolled back then */
  commit(): Promise<void>
  rollback(): Promise<void>
}

/** Raw statements that see every tenant: whatever goes past one asks for this, which a tenant's `Sql` is not. */
export interface SystemSql extends TupleReader {
  write<T>(work: (tx: SystemWriter) => Promise<T>): Promise<T>
}

/** An integer column as a number. Throws when it is none or does not fit 53 bits. */
export function integer(value: unknown): number {
  const number = typeof value === 'string' || typeof value === 'bigint' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number))
    throw new TypeError(`not an integer column: ${String(value)}`)
  return number
}

export const nullableInteger = (value: unknown): number | null =>
  value === null || value === undefined ? null : integer(value)

/** An integer column that may be larger: an amount, or a number in a feed. */
export function bigint(value: unknown): bigint {
  if (typeof value === 'string' || typeof value === 'number') return BigInt(value)
  if (typeof value !== 'bigint') throw new TypeError(`not an integer column: ${String(value)}`)
  return value
}

export const nullableBigint = (value: unknown): bigint | null =>
  value === null || value === undefined ? null : bigint(value)

/** A column of a floating-point number. */
export function number(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`not a number column: ${typeof value}`)
  return value
}

export function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`not a text column: ${typeof value}`)
  return value
}

export const nullableText = (value: unknown): string | null =>
  value === null || value === undefined ? null : text(value)

/** SQLite has no booleans of its own: 0 and 1. */
export const flag = (value: unknown): boolean => value === true || value === 1 || value === 1n

/** A moment that remembers how it was written: most that are read are shown, and writing them anew costs more than reading. */
class WrittenDate extends Date {
  constructor(private readonly written: string) {
    super(written)
  }

  override toISOString(): string {
    return WRITTEN.test(this.written) ? `${this.written.slice(0, -UTC.length)}Z` : super.toISOString()
  }
}

const UTC = '+00:00'
const WRITTEN = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/

/** A DateTime column: ISO text on SQLite, a Date on PostgreSQL. */
export function date(value: unknown): Date {
  const parsed = value instanceof Date ? value : new WrittenDate(text(value))
  if (Number.isNaN(parsed.getTime())) throw new TypeError(`not a time column: ${String(value)}`)
  return parsed
}

export const nullableDate = (value: unknown): Date | null =>
  value === null || value === undefined ? null : date(value)
