import { statSync } from 'node:fs'
import { DatabaseError } from '../database.ts'
import { damageIn } from './damage.ts'

/** Device and inode of what lies at a path; undefined: nothing. Opening the file to ask would drop SQLite's own locks. */
function identityOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat && `${stat.dev}:${stat.ino}`
}

/**
 * Whether the files that are open are still those at their paths. A file that is removed or replaced under a running
 * server goes on taking commits that nobody will ever find again.
 */
export class OpenFiles {
  readonly #main: string | undefined
  /** Known from the first commit on, which makes it. */
  #log: string | undefined
  /** Why nothing is stored any more. */
  #lost: string | undefined

  /** @param path of the database, just opened */
  constructor(private readonly path: string) {
    this.#main = identityOf(path)
  }

  /** Call it after a commit, before anybody hears of it. @throws DatabaseError when the commit is lost, from then on always */
  check(): void {
    const log = identityOf(`${this.path}-wal`)
    this.#log ??= log
    if (log === undefined || log !== this.#log || identityOf(this.path) !== this.#main)
      this.#lost = `The database file ${this.path}, or its -wal, was removed or replaced under the running server.`
    this.demand()
  }

  /** Nothing is written to a damaged file: what is added may be lost with what is damaged. */
  condemn(damage: readonly string[]): void {
    this.#lost ??= `The database file ${this.path} is damaged: ${damage.join('; ')}.`
  }

  /** Condemns the file for the damage that SQLite met in `work`. @throws what `work` throws */
  async noticing<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const damage = damageIn(error)
      if (damage !== undefined) this.condemn([damage])
      throw error
    }
  }

  /** @throws DatabaseError once a commit was lost, or the file was found to be damaged */
  demand(): void {
    if (this.#lost !== undefined)
      throw new DatabaseError(
        `${this.#lost} Nothing is stored any more until it is mended and the server restarted.`,
      )
  }
}
