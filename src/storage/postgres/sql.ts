import pg from 'pg'
import type { Insert, Row, Sql, Value, Writer } from '../sql.ts'

type Client = Pick<pg.PoolClient, 'query'>

const timeText = (time: Date): string => time.toISOString().replace('T', ' ').replace('Z', '')

/** The driver writes a Date in local time, which a column without a zone would take as it stands. */
const bind = (value: Value): unknown => (value instanceof Date ? timeText(value) : value)

const TIMESTAMP = pg.types.builtins.TIMESTAMP
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === TIMESTAMP
      ? (text: string) => new Date(`${text.replace(' ', 'T')}Z`)
      : pg.types.getTypeParser(oid, format),
}

const numbered = new Map<string, string>()

/** `?` outside quotes as `$1`, `$2`, …; texts are written once in the program, so remembering them is bounded. */
export function toNumbered(text: string): string {
  let known = numbered.get(text)
  if (known === undefined) {
    let count = 0
    known = text.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\?/g, (part) => (part === '?' ? `$${++count}` : part))
    numbered.set(text, known)
  }
  return known
}

const query = (client: Client, text: string, values: readonly Value[] = []) =>
  client.query<Record<string, unknown>>({ text: toNumbered(text), values: values.map(bind), types })

const quoted = (name: string): string => `"${name}"`

/** The protocol counts parameters in 16 bits. */
const MAX_PARAMETERS = 65_535

async function insert(client: Client, statement: Insert, rows: readonly (readonly Value[])[]) {
  const { table, columns, conflict, returning } = statement
  const head = `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(',')}) VALUES `
  const tail = `${conflict ? ` ON CONFLICT ${conflict}` : ''}${returning ? ` RETURNING ${quoted(returning)}` : ''}`
  const size = Math.floor(MAX_PARAMETERS / columns.length)
  const returned: unknown[] = []
  for (let from = 0; from < rows.length; from += size) {
    const chunk = rows.slice(from, from + size)
    let parameter = 0
    const values = chunk.map((row) => `(${row.map(() => `$${++parameter}`).join(',')})`).join(',')
    const result = await client.query<Record<string, unknown>>({
      text: head + values + tail,
      values: chunk.flatMap((row) => row.map(bind)),
      types,
    })
    if (returning) returned.push(...result.rows.map((row) => row[returning]))
  }
  return returned
}

export function postgresSql(pool: pg.Pool): Sql {
  const all = async (client: Client, text: string, values?: readonly Value[]): Promise<Row[]> =>
    (await query(client, text, values)).rows
  const writerOn = (client: Client): Writer => ({
    enter: async () => {},
    all: (text, values) => all(client, text, values),
    run: async (text, values) => (await query(client, text, values)).rowCount ?? 0,
    insert: (statement, rows) => insert(client, statement, rows),
  })
  return {
    all: (text, values) => all(pool, text, values),
    write: async (work) => {
      const client = await pool.connect()
      let broken = true
      try {
        await client.query('BEGIN')
        const result = await work(writerOn(client))
        await client.query('COMMIT')
        broken = false
        return result
      } catch (error) {
        await client.query('ROLLBACK').then(
          () => {
            broken = false
          },
          () => {},
        )
        throw error
      } finally {
        client.release(broken)
      }
    },
  }
}
