import type { Database } from '../storage/database.ts'
import { scopeTo } from '../storage/scope/scope.ts'

const EVERY_MS = 60_000
const DELAY_MS = 1_000

interface Use {
  tenantId: string
  at: Date
}

/** Writes when a key was last used: at most once a minute for each, some time after the request. */
export class LastUsed {
  readonly #database: Database
  readonly #log: { warn(fields: object, message: string): void }
  readonly #due = new Map<string, Use>()
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(database: Database, log: { warn(fields: object, message: string): void }) {
    this.#database = database
    this.#log = log
  }

  /** @param known what the key's row says now */
  note(key: { tenantId: string; id: string; lastUsedAt: Date | null }, at: Date): void {
    if (key.lastUsedAt && Math.abs(at.getTime() - key.lastUsedAt.getTime()) < EVERY_MS) return
    if (this.#due.has(key.id)) return
    this.#due.set(key.id, { tenantId: key.tenantId, at })
    this.#timer ??= setTimeout(() => void this.flush(), DELAY_MS).unref()
  }

  /** Writes what is due now. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const due = [...this.#due]
    this.#due.clear()
    this.#writing = this.#writing.then(() => this.#write(due))
    return this.#writing
  }

  async #write(due: readonly (readonly [string, Use])[]): Promise<void> {
    for (const [id, { tenantId, at }] of due) {
      try {
        await scopeTo(this.#database, tenantId).db.apiKey.updateMany({
          where: { tenantId, id },
          data: { lastUsedAt: at },
        })
      } catch (error) {
        // It comes again with the next use.
        this.#log.warn({ err: error, apiKeyId: id }, 'could not write when a key was last used')
      }
    }
  }
}
