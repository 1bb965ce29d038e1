import type { Database } from '../database.ts'
import {
  date,
  flag,
  nullableBigint,
  nullableDate,
  nullableText,
  number,
  type Row,
  text,
  type Value,
} from '../sql.ts'

type Kind = 'text' | 'integer' | 'real' | 'boolean' | 'time' | 'bytes'

/** What either engine calls the types that the migrations use. */
const KINDS: Readonly<Record<string, Kind>> = {
  text: 'text',
  integer: 'integer',
  bigint: 'integer',
  real: 'real',
  'double precision': 'real',
  boolean: 'boolean',
  datetime: 'time',
  'timestamp without time zone': 'time',
  'timestamp with time zone': 'time',
  blob: 'bytes',
  bytea: 'bytes',
}

/** By name, in the order of names: the engines may have them in different ones. */
export type Columns = ReadonlyMap<string, Kind>

const CATALOGUE = {
  sqlite: 'SELECT "name", "type" FROM pragma_table_info(?)',
  postgresql: `SELECT column_name AS "name", data_type AS "type" FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = ?`,
}

/** @throws Error for a table that is not there, or a type that no migration uses */
export async function columnsOf({ engine, sql }: Database, table: string): Promise<Columns> {
  const rows = await sql.all(CATALOGUE[engine], [table])
  const columns = rows.map((row): [string, Kind] => {
    const [name, type] = [text(row['name']), text(row['type']).toLowerCase()]
    const kind = KINDS[type]
    if (kind === undefined) throw new Error(`${table}.${name} has the type ${type}, which cannot be copied`)
    return [name, kind]
  })
  if (columns.length === 0) throw new Error(`there is no table ${table}`)
  return new Map(columns.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A stored value as either engine takes it. */
export function storedValue(kind: Kind, stored: unknown): Value {
  if (stored === null || stored === undefined) return null
  switch (kind) {
    case 'text':
      return nullableText(stored)
    case 'integer':
      return nullableBigint(stored)
    case 'real':
      return number(stored)
    case 'boolean':
      return flag(stored)
    case 'time':
      return nullableDate(stored)
    case 'bytes':
      if (stored instanceof Uint8Array) return stored
      throw new TypeError('not a column of bytes')
  }
}

/** What is the same of a value on both engines, for the digest of a row. */
export function canonical(value: Value): string {
  if (value === null) return 'null'
  if (value instanceof Date) return `at ${date(value).getTime()}`
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('base64')}`
  return `${typeof value} ${value}`
}

export const valuesOf = (columns: Columns, row: Row): Value[] =>
  [...columns].map(([name, kind]) => storedValue(kind, row[name]))
