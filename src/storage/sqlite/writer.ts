import { type Connection, whenFree } from './connection.ts'

/** The write lock while it is held: exactly one of the two ends it, and always gives the lock back. */
export interface OpenTransaction {
  commit(): void
  rollback(): void
}

/**
 * The one writer of a file. Whoever wants to write waits here for his turn, so that a plain write never lands
 * inside somebody else's open transaction, where a rollback would take it along.
 */
export class WriterQueue {
  #last: Promise<void> = Promise.resolve()

  constructor(private readonly connection: Connection) {}

  /** Waits for the turn, then begins. @throws when another process holds the file for too long */
  async begin(): Promise<OpenTransaction> {
    const release = await this.#turn()
    try {
      // IMMEDIATE takes the lock now: a transaction that began reading and turns to writing could fail midway.
      await whenFree(() => this.connection.exec('BEGIN IMMEDIATE'))
    } catch (error) {
      release()
      throw error
    }
    return {
      commit: () => {
        try {
          this.connection.exec('COMMIT')
        } finally {
          this.#clear(release)
        }
      },
      rollback: () => this.#clear(release),
    }
  }

  /** A turn with whatever `work` does, rolled back when it throws. */
  async transaction<T>(work: () => T | Promise<T>): Promise<T> {
    const transaction = await this.begin()
    try {
      const result = await work()
      transaction.commit()
      return result
    } catch (error) {
      transaction.rollback()
      throw error
    }
  }

  /** Waits until everything that queued before has ended. */
  async drained(): Promise<void> {
    await this.#last
  }

  async #turn(): Promise<() => void> {
    const before = this.#last
    let release: () => void = () => {}
    this.#last = new Promise((resolve) => {
      release = resolve
    })
    await before
    return release
  }

  #clear(release: () => void): void {
    try {
      if (this.connection.open && this.connection.inTransaction) this.connection.exec('ROLLBACK')
    } finally {
      release()
    }
  }
}
