import type pg from 'pg'
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
import { answerWithin, type Limits, timed } from './limits.ts'
import { preparedName } from './prepared.ts'
import type { Roles } from './roles.ts'
import { beginSession, inSession, OTHER_TENANT, type Session, type WalledPool, wall } from './session.ts'

/** Raw statements over the pool, each in the role and the name of its tenant, within the limits of their purpose. */
export function postgresSql(pool: WalledPool, limits: Limits): SystemSql & { begin(): Promise<Transaction> } {
  const inTurn =
    <Result>(read: (connection: Connection, text: string, values?: readonly Value[]) => Promise<Result>) =>
    (text: string, values?: readonly Value[]): Promise<Result> =>
      inSession(pool, currentTenant(), (client) => read({ client, limits }, text, values), limits)
  return {
    all: inTurn(all),
    tuples: inTurn(allTuples),
    write: (work) => {
      const tenantId = currentTenant()
      const transaction = (client: pg.PoolClient) => {
        const tx = new PostgresWriter({ client, limits }, tenantId, pool.roles)
        return outOfTenant(() => work(tx)).finally(() => tx.end())
      }
      return inSession(pool, tenantId, transaction, limits)
    },
    begin: async () =>
      new PostgresTransaction(await beginSession(pool, undefined, { limits }), limits, pool.roles),
  }
}

interface Connection {
  readonly client: pg.PoolClient
  readonly limits: Limits
  /** What broke the transaction that is open. */
  failure?: unknown
}

class PostgresWriter implements SystemWriter {
  #ended = false

  constructor(
    private readonly connection: Connection,
    private tenantId: string | undefined,
    private readonly roles: Roles,
  ) {}

  async enter(tenantId: string): Promise<void> {
    if (this.tenantId === tenantId) return
    const connection = this.#open()
    const isWithin = this.tenantId !== undefined
    // Set before the answer: what is sent next runs behind it, and in a transaction that failed nothing runs at all.
    this.tenantId = tenantId
    if (isWithin) await query(connection, OTHER_TENANT, [tenantId])
    else await ask(connection, timed({ text: wall(this.roles, tenantId) }, answerWithin(connection.limits)))
  }

  async all(text: string, values?: readonly Value[]): Promise<Row[]> {
    return all(this.#open(), text, values)
  }

  async run(text: string, values?: readonly Value[]): Promise<number> {
    return (await query(this.#open(), toNumbered(text), values)).rowCount ?? 0
  }

  async insert(statement: Insert, rows: readonly (readonly Value[])[]): Promise<unknown[]> {
    const { columns, returning } = statement
    const size = Math.floor(MAX_PARAMETERS / columns.length)
    const tail = `${onConflict(statement)}${returning ? ` RETURNING "${returning}"` : ''}`
    const returned: unknown[] = []
    for (let from = 0; from < rows.length; from += size) {
      const chunk = rows.slice(from, from + size)
      const text = `${insertHead(statement)} ${tuples(chunk.length, columns.length)}${tail}`
      const result = await query(this.#open(), text, chunk.flat())
      if (returning) returned.push(...result.rows.map((row) => row[returning]))
    }
    return returned
  }

  /** Kept past its transaction, a writer would write on somebody else's connection. */
  end(): void {
    this.#ended = true
  }

  #open(): Connection {
    if (this.#ended) throw new Error('the transaction of this writer is over')
    return this.connection
  }
}

class PostgresTransaction extends PostgresWriter implements Transaction {
  constructor(
    private readonly session: Session,
    limits: Limits,
    roles: Roles,
  ) {
    super({ client: session.client, limits }, undefined, roles)
  }

  commit(): Promise<void> {
    this.end()
    return this.session.commit()
  }

  rollback(): Promise<void> {
    this.end()
    return this.session.rollback()
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

/** The driver would write a Date in local time; the types of the pool read them. */
const bind = (value: Value): unknown =>
  value instanceof Date ? value.toISOString().replace('T', ' ').replace('Z', '') : value

type Query = pg.QueryConfig & { query_timeout: number }

/** As the driver takes it: it copies each field of every statement that it sends, so there are no more of them than it takes. */
function queryOf({ client, limits }: Connection, text: string, values: readonly Value[]): Query {
  const query: Query = { text, values: values.map(bind), query_timeout: answerWithin(limits) }
  const name = limits.isPrepared ? preparedName(client, text) : undefined
  if (name !== undefined) query.name = name
  return query
}

/** @throws what broke the transaction, whichever of its statements this is: those sent behind it say only that it is broken */
async function ask(connection: Connection, statement: pg.QueryConfig) {
  try {
    return await connection.client.query<Record<string, unknown>>(statement)
  } catch (error) {
    connection.failure ??= error
    throw connection.failure
  }
}

const query = (connection: Connection, text: string, values: readonly Value[] = []) =>
  ask(connection, queryOf(connection, text, values))

const all = async (connection: Connection, text: string, values?: readonly Value[]): Promise<Row[]> =>
  (await query(connection, toNumbered(text), values)).rows

async function allTuples(
  connection: Connection,
  text: string,
  values: readonly Value[] = [],
): Promise<Tuple[]> {
  const query = { ...queryOf(connection, toNumbered(text), values), rowMode: 'array' as const }
  return (await connection.client.query<unknown[]>(query)).rows
}
