import { statSync } from 'node:fs'
import { damageIn } from './damage.ts'
import { type Connection, Driver } from './driver.ts'
import { pathOf } from './path.ts'

/** Bytes of the database file. */
export const sizeOf = (url: string): number => statSync(pathOf(url), { throwIfNoEntry: false })?.size ?? 0

/** Of many damages the first few say what is to be done. */
const MOST = 10

/**
 * Reads every page of the file, through a connection of its own, and changes nothing. This takes some seconds a gigabyte.
 * @returns what is damaged, in SQLite's words; nothing when all is well
 */
export function findDamage(url: string): string[] {
  const connection = new Driver(pathOf(url), { readonly: true, timeout: 5_000 })
  try {
    return damageFoundBy(connection, `PRAGMA integrity_check(${MOST})`)
  } finally {
    connection.close()
  }
}

function damageFoundBy(connection: Connection, check: string): string[] {
  try {
    const rows = connection.prepare<[], { integrity_check: string }>(check).all()
    return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok')
  } catch (error) {
    return [saidBy(error)]
  }
}

/** @throws the error itself where it says of no damage */
function saidBy(error: unknown): string {
  const damage = damageIn(error)
  if (damage === undefined) throw error
  return damage
}

/** Rows up to which a table is checked as a whole, with its indexes; a larger one is read row by row. */
const SMALL = 20_000

/** A range takes about this long, so that the log of a busy database is never kept from its checkpoint. Milliseconds. */
const RANGE_MS = 250

/** Goes through a database that is in use, a range of some hundred milliseconds at a time, round and round. */
export class RollingCheck {
  readonly #connection: Connection
  readonly #clock: () => number
  #tables: string[] = []
  #after = 0n
  #rows = 500

  /** @param clock milliseconds, steady */
  constructor(path: string, clock: () => number) {
    this.#connection = new Driver(path, { readonly: true, timeout: 5_000 })
    this.#connection.defaultSafeIntegers(true)
    this.#clock = clock
  }

  /** Checks the next range. `isRound`: with it every table has been gone through. */
  next(): { damage: string[]; isRound: boolean } {
    try {
      if (this.#tables.length === 0) this.#tables = this.#namesOfTables()
      const [table = ''] = this.#tables
      const damage = this.#isSmall(table)
        ? damageFoundBy(this.#connection, `PRAGMA integrity_check("${table}")`)
        : this.#readRange(table)
      if (this.#after === 0n) this.#tables.shift()
      return { damage, isRound: this.#tables.length === 0 }
    } catch (error) {
      return { damage: [saidBy(error)], isRound: true }
    }
  }

  close(): void {
    this.#connection.close()
  }

  #namesOfTables(): string[] {
    const rows = this.#connection
      .prepare<[], { name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
      .all()
    return rows.map(({ name }) => name).filter((name) => !name.startsWith('sqlite_'))
  }

  #isSmall(table: string): boolean {
    if (this.#after > 0n) return false
    const row = this.#connection
      .prepare<[], { newest: bigint | null }>(`SELECT MAX(rowid) AS newest FROM "${table}"`)
      .get()
    return (row?.newest ?? 0n) <= SMALL
  }

  /** Reading a row whole reads all of its pages. */
  #readRange(table: string): string[] {
    const began = this.#clock()
    const rows = this.#connection
      .prepare<[bigint, number], { rowid: bigint }>(
        `SELECT rowid AS rowid, * FROM "${table}" WHERE rowid > ? ORDER BY rowid LIMIT ?`,
      )
      .all(this.#after, this.#rows)
    this.#after = rows.length < this.#rows ? 0n : (rows.at(-1)?.rowid ?? 0n)
    const took = this.#clock() - began
    if (took > RANGE_MS) this.#rows = Math.max(10, Math.floor(this.#rows / 2))
    else if (took < RANGE_MS / 4) this.#rows = Math.min(5_000, this.#rows * 2)
    return []
  }
}
