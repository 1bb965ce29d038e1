import { placeOf } from '../../calendar/country.ts'
import type { Database } from '../database.ts'
import { takeUnlocked } from './checked-claim.ts'
import type { Search, TenantWork, WorkClaim } from './claims.ts'
import { DueTenants, type ReadyTenant } from './due-tenants.ts'
import { takeLocked } from './locked-claim.ts'
import { RememberedMemory } from './remembered.ts'
import { StoredMemory } from './stored-memory.ts'
import type { Taken } from './taken.ts'
import { TenantMemories } from './tenant-memories.ts'
import type { DueWakes } from './wakes.ts'

/** Tenants of one claim, and events of all of them: enough to spread the cost of a commit, few enough to hold nobody up. */
const MAX_TENANTS = 64
const MAX_EVENTS = 500

/** Where one process gets its work from, and what it remembers of its tenants from one claim to the next. */
export class WorkSource {
  readonly memories: TenantMemories
  readonly #database: Database
  readonly #due = new DueTenants()

  constructor(database: Database, memories = new TenantMemories()) {
    this.#database = database
    this.memories = memories
  }

  /**
   * Takes tenants whose turn it is, with what waits for them: those first that were served longest ago.
   * @returns undefined when nobody has work, or all who have are with other processes
   */
  async claim(search: Search): Promise<WorkClaim | undefined> {
    if (search.apart !== undefined) return this.#take([search.apart.tenantId], search)
    for (let looked = false; ; ) {
      if (this.#due.isOver) {
        if (looked) return undefined
        await this.#due.look(this.#database.sql, search.now)
        looked = true
      }
      const tenantIds = this.#due.take(MAX_TENANTS).filter((id) => !search.passOver?.includes(id))
      const claim = tenantIds.length === 0 ? undefined : await this.#take(tenantIds, search)
      if (claim !== undefined) return claim
    }
  }

  async #take(tenantIds: readonly string[], search: Search): Promise<WorkClaim | undefined> {
    const take = this.#database.engine === 'postgresql' ? takeLocked : takeUnlocked
    const taken = await take(this.#database, tenantIds, search.now)
    try {
      const tenants = await this.#workOf(taken, search)
      if (tenants.length > 0) return this.#claimOf(taken, tenants)
    } catch (error) {
      await taken.release()
      throw error
    }
    await taken.release()
    return undefined
  }

  #claimOf(taken: Taken, tenants: readonly TenantWork[]): WorkClaim {
    return {
      tenants,
      release: () => taken.release(),
      record: async (judged) => {
        const recorded = await taken.record(judged)
        const stored = new Set(recorded.map(({ tenantId }) => tenantId))
        for (const { work } of judged) {
          const { tenantId, version, memory } = work
          if (stored.has(tenantId)) this.memories.keep(tenantId, version + 1, memory.remembered)
        }
        return recorded
      },
    }
  }

  /** Tenants for whom nothing is due any more were served by another process between the look and the lock. */
  async #workOf(taken: Taken, { apart }: Search): Promise<TenantWork[]> {
    if (apart !== undefined) {
      const due: DueWakes = { wakes: [], stripeIds: [...apart.stripeIds], rang: false }
      return taken.ready.map((tenant) => this.#tenantWork(taken, tenant, due))
    }
    const wakes = await taken.wakesOf(taken.ready)
    const tenants: TenantWork[] = []
    let events = 0
    for (const [index, tenant] of taken.ready.entries()) {
      if (events >= MAX_EVENTS) {
        this.#due.putBack(taken.ready.slice(index).map(({ tenantId }) => tenantId))
        break
      }
      const due = wakes.get(tenant.tenantId)
      if (due === undefined || due.wakes.length === 0) continue
      events += due.stripeIds.length
      tenants.push(this.#tenantWork(taken, tenant, due))
    }
    return tenants
  }

  #tenantWork(taken: Taken, tenant: ReadyTenant, due: DueWakes): TenantWork {
    const { tenantId, version, rebuilding } = tenant
    const remembered = this.memories.take(tenantId, version)
    remembered.place ??= placeOf(tenant)
    const memory = new RememberedMemory(remembered, new StoredMemory(taken.readerOf(tenantId), tenantId))
    return { tenantId, version, rebuilding, memory, ...due }
  }
}
