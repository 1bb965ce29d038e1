import { randomBase62 } from '../ids.ts'
import type { Clock } from '../time.ts'
import type { Database } from './database.ts'
import type { SystemSql } from './sql.ts'

/** However many ask, it is written at most once in this time. Milliseconds. */
const AT_MOST_EVERY = 1_000

/**
 * Whether anything can be stored, tried out: a row of this process's own is written as durably as a delivery is. A
 * database that can be read may still be locked, full, or no longer at its path.
 */
export class StoreProbe {
  readonly #id = randomBase62(10)
  #last: { at: number; result: Promise<boolean> } | undefined

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** @returns what the last attempt said, or a new one; never rejects */
  storable(): Promise<boolean> {
    const now = this.clock.steady()
    if (this.#last === undefined || now - this.#last.at >= AT_MOST_EVERY) {
      this.#last = { at: now, result: this.#write() }
      // While one runs, nobody begins another behind it.
      this.#last.result.finally(() => {
        if (this.#last !== undefined) this.#last.at = this.clock.steady()
      })
      this.#last.at = Number.POSITIVE_INFINITY
    }
    return this.#last.result
  }

  #write(): Promise<boolean> {
    const row = [this.#id, this.clock.now()]
    return this.database
      .sqlFor('delivery')
      .write((tx) => tx.insert(PROBE, [row]))
      .then(
        () => true,
        () => false,
      )
  }
}

const PROBE = {
  table: '_probe',
  columns: ['id', 'at'],
  conflict: '("id") DO UPDATE SET "at" = excluded."at"',
}

/** Lets go of the rows of processes that have ended. */
export async function forgetProbes(sql: SystemSql, before: Date): Promise<void> {
  await sql.write((tx) => tx.run('DELETE FROM "_probe" WHERE "at" < ?', [before]))
}
