import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * Whose statements run: how a bound client tells the drivers below Prisma, which know nothing of tenants. The second
 * wall stands there: row-level security on PostgreSQL, a tripwire on SQLite.
 */
const storage = new AsyncLocalStorage<string | undefined>()

/** Statements begun inside `work`, and transactions opened there, belong to the tenant. */
export const inTenant = <T>(tenantId: string, work: () => T): T => storage.run(tenantId, work)

/** Undoes `inTenant` for a callback that runs inside it but is not its own. */
export const outOfTenant = <T>(work: () => T): T => storage.run(undefined, work)

/** Undefined: the system itself. */
export const currentTenant = (): string | undefined => storage.getStore()

/** A statement went past its tenant: a mistake in the program, never a user's. */
export class TenantWallError extends Error {
  override readonly name = 'TenantWallError'
}
