import { Remembered } from './remembered.ts'

/**
 * Bytes of all tenants together: 10,000 that have just begun. With fewer than are served by turns nothing would be found
 * again, since each is forgotten just before its next turn.
 */
export const MAX_REMEMBERED_BYTES = 96 * 1024 * 1024

/** A tenant with more is read anew each time: it would push hundreds of others out. */
const MOST_OF_ONE = 4 * 1024 * 1024

/** What a process remembers of its tenants; those that were served longest ago are forgotten first. */
export class TenantMemories {
  readonly #kept = new Map<string, { version: number; remembered: Remembered }>()
  readonly #most: number
  #bytes = 0

  constructor(most = MAX_REMEMBERED_BYTES) {
    this.#most = most
  }

  /** Bytes that are remembered, by the rows' lengths. */
  get bytes(): number {
    return this.#bytes
  }

  /** Takes a tenant's memory out, for who may change it; a new one where nothing is remembered of this version. */
  take(tenantId: string, version: number): Remembered {
    const kept = this.#kept.get(tenantId)
    this.#forget(tenantId)
    return kept?.version === version ? kept.remembered : new Remembered()
  }

  /** Remembers what is committed. */
  keep(tenantId: string, version: number, remembered: Remembered): void {
    this.#forget(tenantId)
    if (remembered.bytes > MOST_OF_ONE) return
    this.#kept.set(tenantId, { version, remembered })
    this.#bytes += remembered.bytes
    // A map gives its keys in the order in which they were set.
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#most) return
      this.#forget(oldest)
    }
  }

  #forget(tenantId: string): void {
    this.#bytes -= this.#kept.get(tenantId)?.remembered.bytes ?? 0
    this.#kept.delete(tenantId)
  }
}
