import type { Scope, TenantClient } from '../../storage/scope/scope.ts'
import type { FairQueue } from './fair-queue.ts'

/**
 * The scope with each statement queued. The statements of a nested page would otherwise block the event loop on SQLite,
 * and on PostgreSQL take every connection of the pool that deliveries need.
 */
export function pacedScope(scope: Scope, queue: FairQueue): Scope {
  const take = <T>(work: () => Promise<T>): Promise<T> => queue.run(scope.tenantId, work)
  return {
    tenantId: scope.tenantId,
    db: pacedClient(scope.db, take),
    sql: {
      all: (text, values) => take(() => scope.sql.all(text, values)),
      tuples: (text, values) => take(() => scope.sql.tuples(text, values)),
      write: (work) => take(() => scope.sql.write(work)),
    },
    // Once begun, its statements do not wait: it may hold locks.
    transaction: (work) => take(() => scope.transaction(work)),
  }
}

type Take = <T>(work: () => Promise<T>) => Promise<T>

function pacedClient(client: TenantClient, take: Take): TenantClient {
  const models = new Map<string | symbol, unknown>()
  return new Proxy(client, {
    get(target, name) {
      if (!models.has(name)) {
        const model: unknown = Reflect.get(target, name)
        models.set(name, typeof model === 'object' && model !== null ? pacedModel(model, take) : model)
      }
      return models.get(name)
    },
  })
}

const pacedModel = <T extends object>(model: T, take: Take): T =>
  new Proxy(model, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return (...args: unknown[]) => take(async () => await Reflect.apply(method, target, args))
    },
  })
