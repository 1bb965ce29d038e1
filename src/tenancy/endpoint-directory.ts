import type { RateLimit } from '../config.ts'
import { sha256 } from '../ids.ts'
import type { Database } from '../storage/database.ts'
import { lookUpEndpoint } from '../storage/endpoint-lookup.ts'
import type { Clock } from '../time.ts'
import { BoundedLookups } from './lookups.ts'
import { openSecret } from './secrets.ts'
import type { Vault } from './vault.ts'

/** What a delivery to one URL needs. */
export interface Endpoint {
  tenantId: string
  endpointId: string
  /** Live signing secrets, newest first. */
  secrets: readonly string[]
  /** The tenant's own; undefined: the server's. */
  rateLimit: RateLimit | undefined
}

interface Remembered {
  answer: Promise<Endpoint | undefined>
  /** Milliseconds of the steady clock from which on it is asked again. */
  until: number
  /**
   * Its secrets by where they stood sealed: whoever delivers less than twice a second is looked up with each delivery, and
   * opening took a third of that.
   */
  opened: ReadonlyMap<string, string>
}

const FRESH_MS = 500
/** Who has waited longer for a turn was answered by then that the database is away. */
const LONGEST_WAIT_MS = 4_000
/** Whatever tokens come, the commit that stores what is known waits for a connection behind two of them at most. */
const LOOKUPS_AT_ONCE = 2
const MOST = 10_000
const TOKEN = /^[0-9A-Za-z]{32}$/
const UNKNOWN: Promise<undefined> = Promise.resolve(undefined)

class LookupTimeout extends Error {
  readonly code = 'ETIMEDOUT'
  override readonly message = 'too many webhook tokens were waiting to be looked up'
}

/**
 * Finds the endpoint of a webhook token. Every answer, also that there is none, is remembered for at most
 * half a second: a delivery may still pass for that long after its tenant was suspended by a process that shares no bus.
 */
export class EndpointDirectory {
  readonly #database: Database
  readonly #vault: Vault
  readonly #clock: Clock
  readonly #known = new Map<string, Remembered>()
  readonly #lookups = new BoundedLookups(LOOKUPS_AT_ONCE)

  constructor(parts: { database: Database; vault: Vault; clock: Clock }) {
    this.#database = parts.database
    this.#vault = parts.vault
    this.#clock = parts.clock
  }

  /**
   * @returns undefined for an unknown or expired token, and for a suspended or deleted tenant
   * @throws what the database throws when it cannot be asked, or in time; that is not remembered
   */
  find(token: string): Promise<Endpoint | undefined> {
    const asked = this.#clock.steady()
    const remembered = this.#known.get(token)
    if (remembered && asked < remembered.until) return remembered.answer
    if (!TOKEN.test(token)) return UNKNOWN

    // All that ask for this token before its turn wait for the same lookup.
    const until = Number.POSITIVE_INFINITY
    const entry: Remembered = { answer: UNKNOWN, until, opened: remembered?.opened ?? new Map() }
    // Tokens that nobody has are asked for in turn with those that were found before.
    const group = entry.opened.size > 0 ? 'met' : 'new'
    entry.answer = this.#lookups.run(group, () => this.#look(token, asked, entry))
    this.#known.delete(token)
    this.#known.set(token, entry)
    if (this.#known.size > MOST) this.#dropOldest()
    return entry.answer
  }

  /** Asks anew from now on: after an act on tenants, endpoints or secrets. */
  forget(): void {
    this.#known.clear()
  }

  async #look(token: string, asked: number, entry: Remembered): Promise<Endpoint | undefined> {
    try {
      const begun = this.#clock.steady()
      if (begun - asked > LONGEST_WAIT_MS) throw new LookupTimeout()
      entry.until = begun + FRESH_MS
      const now = this.#clock.now()
      const row = await lookUpEndpoint(this.#database.sqlFor('delivery'), sha256(token), now)
      if (!row) return undefined
      const { tenantId, endpointId, rateRequests: requests, rateSeconds: seconds } = row
      if (row.tokenEndsAt) {
        const left = row.tokenEndsAt.getTime() - now.getTime()
        entry.until = Math.min(entry.until, this.#clock.steady() + left)
      }
      const opened = new Map<string, string>()
      for (const { id, sealed } of row.secrets) {
        const place = `${tenantId} ${id} ${sealed}`
        opened.set(place, entry.opened.get(place) ?? openSecret(this.#vault, { id, sealed, tenantId }))
      }
      entry.opened = opened
      return {
        tenantId,
        endpointId,
        secrets: [...opened.values()],
        rateLimit: requests === null || seconds === null ? undefined : { requests, seconds },
      }
    } catch (error) {
      if (this.#known.get(token) === entry) this.#known.delete(token)
      throw error
    }
  }

  #dropOldest(): void {
    const oldest = this.#known.keys().next()
    if (!oldest.done) this.#known.delete(oldest.value)
  }
}
