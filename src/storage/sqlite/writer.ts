import { AsyncLocalStorage } from 'node:async_hooks'
import { whenFree } from './connection.ts'
import type { Connection } from './driver.ts'
import type { OpenFiles } from './identity.ts'

/** The write lock while it is held. Either call ends it and gives the lock back, whatever happens; a second does nothing. */
export interface OpenTransaction {
  /** @throws what SQLite says; it is rolled back then */
  commit(): void
  rollback(): void
}

/**
 * The one writer of a file. Whoever wants to write waits here for his turn, so that a plain write never lands
 * inside somebody else's open transaction, where a rollback would take it along.
 */
export class WriterQueue {
  #last: Promise<void> = Promise.resolve()
  /** Set in what runs inside a turn: a second turn asked for there would wait for itself. */
  readonly #turnOf = new AsyncLocalStorage<{ over: boolean }>()

  constructor(
    private readonly connection: Connection,
    private readonly files: Pick<OpenFiles, 'check' | 'demand' | 'noticing'>,
  ) {}

  /** Waits for the turn, then begins. @throws when another process holds the file for too long */
  async begin(): Promise<OpenTransaction> {
    const release = await this.#turn()
    try {
      this.files.demand()
      // IMMEDIATE takes the lock now: a transaction that began with reading could fail midway when it turns to writing.
      await this.files.noticing(() => whenFree(() => this.connection.exec('BEGIN IMMEDIATE')))
    } catch (error) {
      release()
      throw error
    }
    return this.#open(release)
  }

  /** A turn with whatever `work` does, rolled back when it throws. @throws at once when called from inside such a turn */
  async transaction<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#turnOf.getStore()?.over === false)
      throw new Error(
        'a write from inside a write would wait for itself for ever: use the writer that was given',
      )
    const turn = { over: false }
    const transaction = await this.begin()
    try {
      return await this.files.noticing(async () => {
        const result = await this.#turnOf.run(turn, work)
        transaction.commit()
        return result
      })
    } finally {
      turn.over = true
      transaction.rollback()
    }
  }

  /** Waits until everything that queued before has ended. */
  drained(): Promise<void> {
    return this.#last
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

  #open(release: () => void): OpenTransaction {
    const { connection } = this
    let open = true
    const end = (statement: 'COMMIT' | 'ROLLBACK') => {
      if (!open) return
      open = false
      // Some errors make SQLite itself roll back; there is nothing to end then.
      if (statement === 'ROLLBACK' && !connection.inTransaction) return release()
      try {
        connection.exec(statement)
        if (statement === 'COMMIT') this.files.check()
      } finally {
        try {
          // A COMMIT that failed leaves the transaction open.
          if (connection.open && connection.inTransaction) connection.exec('ROLLBACK')
        } finally {
          release()
        }
      }
    }
    return { commit: () => end('COMMIT'), rollback: () => end('ROLLBACK') }
  }
}
