import type { Statement } from 'better-sqlite3'
import type { Insert, Row, Sql, Value, Writer } from '../sql.ts'
import type { SqliteFile } from './adapter.ts'
import { type Connection, whenFree } from './connection.ts'

type Bound = string | number | bigint | Uint8Array | null

/** Times as Prisma's adapter writes them: texts of the two ways compare. */
const timeText = (time: Date): string => time.toISOString().replace('Z', '+00:00')

function bind(value: Value): Bound {
  if (value instanceof Date) return timeText(value)
  if (typeof value === 'boolean') return value ? 1 : 0
  // The driver binds larger numbers as REAL, and sums with them would become REAL.
  if (typeof value === 'number' && Number.isSafeInteger(value) && (value | 0) !== value) return BigInt(value)
  return value
}

/** Statements are written once in the program, so this holds a few dozen. */
class Statements {
  readonly #byText = new Map<string, Statement<Bound[], unknown>>()

  constructor(private readonly connection: Connection) {}

  get(text: string): Statement<Bound[], unknown> {
    let statement = this.#byText.get(text)
    if (!statement) {
      // Prisma's connections give every integer as bigint; numbers are cheaper, and `integer()` refuses what does not fit.
      statement = this.connection.prepare<Bound[], unknown>(text).safeIntegers(false)
      this.#byText.set(text, statement)
    }
    return statement
  }

  all(text: string, values: readonly Value[] = []): Row[] {
    return this.get(text).all(...values.map(bind)) as Row[]
  }
}

const quoted = (name: string): string => `"${name}"`

function insertText({ table, columns, conflict, returning }: Insert): string {
  const head = `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(',')})`
  const tail = `${conflict ? ` ON CONFLICT ${conflict}` : ''}${returning ? ` RETURNING ${quoted(returning)}` : ''}`
  return `${head} VALUES (${columns.map(() => '?').join(',')})${tail}`
}

/** Raw statements over the file's two connections; writes queue with Prisma's. */
export function sqliteSql({ writer, reader, queue }: SqliteFile): Sql {
  const reading = new Statements(reader)
  const writing = new Statements(writer)

  const tx: Writer = {
    enter: async () => {},
    all: async (text, values) => writing.all(text, values),
    run: async (text, values = []) => writing.get(text).run(...values.map(bind)).changes,
    insert: async (statement, rows) => {
      const prepared = writing.get(insertText(statement))
      const returned: unknown[] = []
      if (statement.returning) {
        prepared.pluck()
        for (const row of rows) returned.push(...prepared.all(...row.map(bind)))
      } else for (const row of rows) prepared.run(...row.map(bind))
      return returned
    },
  }
  return {
    all: (text, values) => whenFree(() => reading.all(text, values)),
    write: (work) => queue.transaction(() => work(tx)),
  }
}
