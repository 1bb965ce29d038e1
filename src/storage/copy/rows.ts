import { createHash } from 'node:crypto'
import type { Database } from '../database.ts'
import { scopeTo } from '../scope/scope.ts'
import type { Value } from '../sql.ts'
import { type Columns, canonical, columnsOf, valuesOf } from './columns.ts'

/** Rows of one page. An event's body may have a megabyte: fewer of these. */
const PAGE = 500
const PAGE_OF_BODIES = 50

/** Rows that the tenant's own role only ever adds (row_level_security): there is nothing to bring up to date. */
const APPEND_ONLY = new Set(['Activity', 'FormerToken'])

/** One table of one tenant in one database. */
export interface TenantTable {
  database: Database
  tenantId: string
  table: string
  /** Beside the tenant. */
  key: readonly string[]
  columns: Columns
}

/** @throws Error when the two databases do not have the same columns */
export async function sameTable(
  from: Database,
  to: Database,
  tenantId: string,
  [table, ...key]: readonly [string, ...string[]],
): Promise<{ source: TenantTable; target: TenantTable }> {
  const [columns, others] = await Promise.all([columnsOf(from, table), columnsOf(to, table)])
  if ([...columns.keys()].join() !== [...others.keys()].join())
    throw new Error(`the table ${table} differs in the two databases: bring both up to the same version`)
  return {
    source: { database: from, tenantId, table, key, columns },
    target: { database: to, tenantId, table, key, columns: others },
  }
}

/** Every row once, page by page, in the order of its key as this engine has it. */
export async function* pagesOf({
  database,
  tenantId,
  table,
  key,
  columns,
}: TenantTable): AsyncGenerator<Value[][]> {
  const { sql } = scopeTo(database, tenantId)
  const names = [...columns.keys()]
  const list = key.map((name) => `"${name}"`).join(', ')
  const size = names.includes('payload') ? PAGE_OF_BODIES : PAGE
  const selected = names.map((name) => `"${name}"`).join(', ')
  for (let after: Value[] | undefined; ; ) {
    const further = after === undefined ? '' : ` AND (${list}) > (${key.map(() => '?').join(', ')})`
    const rows = await sql.all(
      `SELECT ${selected} FROM "${table}" WHERE "tenantId" = ?${further} ORDER BY ${list} LIMIT ${size}`,
      [tenantId, ...(after ?? [])],
    )
    const page = rows.map((row) => valuesOf(columns, row))
    if (page.length > 0) yield page
    const last = page.at(-1)
    if (page.length < size || last === undefined) return
    after = key.map((name) => last[names.indexOf(name)] ?? null)
  }
}

/** Rows that are there already, from an attempt that was broken off, are brought up to date. */
export async function writePage(
  { database, tenantId, table, key, columns }: TenantTable,
  page: readonly (readonly Value[])[],
): Promise<void> {
  const names = [...columns.keys()]
  const identity = [...new Set(['tenantId', ...key])]
  const rest = names.filter((name) => !identity.includes(name))
  const update =
    rest.length === 0 || APPEND_ONLY.has(table)
      ? 'DO NOTHING'
      : `DO UPDATE SET ${rest.map((name) => `"${name}" = excluded."${name}"`).join(', ')}`
  const conflict = `(${identity.map((name) => `"${name}"`).join(', ')}) ${update}`
  await database.sqlFor('maintenance').write(async (tx) => {
    await tx.enter(tenantId)
    await tx.insert({ table, columns: names, conflict }, page)
  })
}

/** How many rows there are, and a sum over them that does not depend on their order: each engine sorts text its own way. */
export class Checksum {
  rows = 0
  #sum = 0n

  add(row: readonly Value[]): void {
    const digest = createHash('sha256')
      .update(JSON.stringify(row.map(canonical)))
      .digest('hex')
    this.rows += 1
    this.#sum = (this.#sum + BigInt(`0x${digest}`)) & MASK
  }

  equals(other: Checksum): boolean {
    return this.rows === other.rows && this.#sum === other.#sum
  }
}

const MASK = (1n << 256n) - 1n
