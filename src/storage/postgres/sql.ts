import pg from 'pg'
import { currentTenant, outOfTenant } from '../current-tenant.ts'
import { type Insert, insertHead, onConflict, type Row, type Sql, type Value, type Writer } from '../sql.ts'
import type { Roles } from './roles.ts'
import { inSession, type WalledPool, wall } from './session.ts'

/** Raw statements over the pool, each in the role and the name of its tenant. */
export function postgresSql(pool: WalledPool): Sql {
  return {
    all: (text, values) => inSession(pool, currentTenant(), (client) => all(client, text, values)),
    write: (work) => {
      const tenantId = currentTenant()
      return inSession(pool, tenantId, (client) => {
        const tx = new PostgresWriter(client, tenantId, pool.roles)
        return outOfTenant(() => work(tx)).finally(() => tx.end())
      })
    },
  }
}

class PostgresWriter implements Writer {
  #open = true

  constructor(
    private readonly connection: pg.PoolClient,
    private tenantId: string | undefined,
    private readonly roles: Roles,
  ) {}

  async enter(tenantId: string): Promise<void> {
    if (this.tenantId === tenantId) return
    await this.#client.query(wall(this.roles, tenantId))
    this.tenantId = tenantId
  }

  async all(text: string, values?: readonly Value[]): Promise<Row[]> {
    return all(this.#client, text, values)
  }

  async run(text: string, values?: readonly Value[]): Promise<number> {
    return (await query(this.#client, toNumbered(text), values)).rowCount ?? 0
  }

  async insert(statement: Insert, rows: readonly (readonly Value[])[]): Promise<unknown[]> {
    const { columns, returning } = statement
    const size = Math.floor(MAX_PARAMETERS / columns.length)
    const tail = `${onConflict(statement)}${returning ? ` RETURNING "${returning}"` : ''}`
    const returned: unknown[] = []
    for (let from = 0; from < rows.length; from += size) {
      const chunk = rows.slice(from, from + size)
      const text = `${insertHead(statement)} ${tuples(chunk.length, columns.length)}${tail}`
      const result = await query(this.#client, text, chunk.flat())
      if (returning) returned.push(...result.rows.map((row) => row[returning]))
    }
    return returned
  }

  /** Kept past its transaction, a writer would write on somebody else's connection. */
  end(): void {
    this.#open = false
  }

  get #client(): pg.PoolClient {
    if (!this.#open) throw new Error('the transaction of this writer is over')
    return this.connection
  }
}

/** The protocol counts parameters in 16 bits. */
const MAX_PARAMETERS = 65_535

function tuples(rows: number, columns: number): string {
  const parts: string[] = []
  for (let row = 0; row < rows; row++) {
    const marks = Array.from({ length: columns }, (_, column) => `$${row * columns + column + 1}`)
    parts.push(`(${marks.join(',')})`)
  }
  return parts.join(',')
}

const numbered = new Map<string, string>()

/** `?` outside quotes as `$1`, `$2`, … */
export function toNumbered(text: string): string {
  let known = numbered.get(text)
  if (known === undefined) {
    let count = 0
    known = text.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\?/g, (part) => (part === '?' ? `$${++count}` : part))
    // Lists of `?` make texts of many lengths.
    if (numbered.size >= 1_000) numbered.clear()
    numbered.set(text, known)
  }
  return known
}

const TIMESTAMP = pg.types.builtins.TIMESTAMP

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === TIMESTAMP
      ? (text: string) => new Date(`${text.replace(' ', 'T')}Z`)
      : pg.types.getTypeParser(oid, format),
}

/** Columns of time have no zone and mean UTC; the driver would write a Date, and read one, in local time. */
const bind = (value: Value): unknown =>
  value instanceof Date ? value.toISOString().replace('T', ' ').replace('Z', '') : value

const query = (client: pg.PoolClient, text: string, values: readonly Value[] = []) =>
  client.query<Record<string, unknown>>({ text, values: values.map(bind), types })

const all = async (client: pg.PoolClient, text: string, values?: readonly Value[]): Promise<Row[]> =>
  (await query(client, toNumbered(text), values)).rows
