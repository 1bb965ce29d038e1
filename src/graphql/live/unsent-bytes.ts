/** What several messages have in common, held in memory once. */
export interface SharedText {
  /** What follows on the id in a `next` message: the result as JSON, and the brace that ends the message. */
  readonly rest: Buffer
  /** How many sockets have it unsent. */
  holders: number
}

export interface UnsentBytesLimits {
  /** Bytes. */
  perTenant: number
  total: number
}

export const UNSENT_LIMITS: UnsentBytesLimits = { perTenant: 64 * 1024 * 1024, total: 256 * 1024 * 1024 }

/** Bytes that clients have not read yet, counted per tenant and for the process, so that slow clients cannot fill its memory. */
export class UnsentBytes {
  readonly #limits: UnsentBytesLimits
  readonly #ofTenant = new Map<string, number>()
  #total = 0

  constructor(limits: UnsentBytesLimits = UNSENT_LIMITS) {
    this.#limits = limits
  }

  get total(): number {
    return this.#total
  }

  /**
   * Whether this many more bytes are within the limits.
   * @param own bytes of this message alone
   * @param shared what it shares with other messages of the same tenant; counted once, for the first of them
   */
  hasRoom(tenantId: string, own: number, shared?: SharedText): boolean {
    const bytes = bytesOf(own, shared)
    const ofTenant = (this.#ofTenant.get(tenantId) ?? 0) + bytes
    return ofTenant <= this.#limits.perTenant && this.#total + bytes <= this.#limits.total
  }

  /** Counts them. @returns releases the bytes, called when the message is sent */
  take(tenantId: string, own: number, shared?: SharedText): () => void {
    this.#add(tenantId, bytesOf(own, shared))
    if (shared) shared.holders += 1
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      if (shared) shared.holders -= 1
      this.#add(tenantId, -bytesOf(own, shared))
    }
  }

  #add(tenantId: string, bytes: number): void {
    this.#total += bytes
    const left = (this.#ofTenant.get(tenantId) ?? 0) + bytes
    if (left > 0) this.#ofTenant.set(tenantId, left)
    else this.#ofTenant.delete(tenantId)
  }
}

const bytesOf = (own: number, shared: SharedText | undefined): number =>
  own + (shared && shared.holders === 0 ? shared.rest.length : 0)
