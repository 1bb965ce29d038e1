/** A message that is sent to several sockets and held in memory once. */
export interface SharedText {
  readonly bytes: Buffer
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
   * @param own bytes of this message alone
   * @param shared what it shares with other messages of the same tenant; counted once, for the first of them
   * @returns releases the bytes, called when it is sent; undefined when the limit is reached
   */
  take(tenantId: string, own: number, shared?: SharedText): (() => void) | undefined {
    const bytes = own + (shared && shared.holders === 0 ? shared.bytes.length : 0)
    const ofTenant = (this.#ofTenant.get(tenantId) ?? 0) + bytes
    if (ofTenant > this.#limits.perTenant || this.#total + bytes > this.#limits.total) return undefined
    this.#add(tenantId, bytes)
    if (shared) shared.holders += 1
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      if (shared) shared.holders -= 1
      this.#add(tenantId, -own - (shared && shared.holders === 0 ? shared.bytes.length : 0))
    }
  }

  #add(tenantId: string, bytes: number): void {
    this.#total += bytes
    const left = (this.#ofTenant.get(tenantId) ?? 0) + bytes
    if (left > 0) this.#ofTenant.set(tenantId, left)
    else this.#ofTenant.delete(tenantId)
  }
}
