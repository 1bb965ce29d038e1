import { statSync } from 'node:fs'
import { DatabaseError } from '../database.ts'

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
  #lost = false

  /** @param path of the database, just opened */
  constructor(private readonly path: string) {
    this.#main = identityOf(path)
  }

  /** Call it after a commit, before anybody hears of it. @throws DatabaseError when the commit is lost, from then on always */
  check(): void {
    const log = identityOf(`${this.path}-wal`)
    this.#log ??= log
    if (log === undefined || log !== this.#log || identityOf(this.path) !== this.#main) this.#lost = true
    this.demand()
  }

  /** @throws DatabaseError once a commit was lost */
  demand(): void {
    if (!this.#lost) return
    throw new DatabaseError(
      `The database file ${this.path}, or its -wal, was removed or replaced under the running server. Nothing is stored any more until it is restarted.`,
    )
  }
}
