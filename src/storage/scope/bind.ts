import type { PrismaClient } from '../../generated/sqlite/client.ts'
import { inTenant } from '../current-tenant.ts'
import { Binder, type Fields, fieldsOf, TenancyError } from './binder.ts'

/** A client that is bound to one tenant: it adds the tenant to every operation, and refuses what it cannot bind. */
export type TenantClient = Omit<PrismaClient, '$transaction' | '$extends' | `$${string}`>

type Rewrite = (binder: Binder, args: Fields) => Fields

const read: Rewrite = (binder, args) => ({
  ...args,
  where: binder.where(args['where']),
  ...(args['cursor'] === undefined ? {} : { cursor: binder.ownKey(args['cursor'], 'cursor') }),
})
const readOne: Rewrite = (binder, args) => ({ ...args, where: binder.flatWhere(args['where']) })
const insert: Rewrite = (binder, args) => ({ ...args, data: binder.createMany(args['data']) })
const updateOne: Rewrite = (binder, args) => ({
  ...args,
  where: binder.uniqueWhere(args['where']),
  data: binder.change(args['data']),
})
const updateMany: Rewrite = (binder, args) => ({
  ...args,
  where: binder.where(args['where']),
  data: binder.change(args['data']),
})
// The key is not ANDed here: only a bare key lets the database itself decide between the two halves.
const upsert: Rewrite = (binder, args) => ({
  ...args,
  where: binder.ownKey(args['where'], 'where'),
  create: binder.create(args['create']),
  update: binder.change(args['update']),
})
const deleteOne: Rewrite = (binder, args) => ({ ...args, where: binder.uniqueWhere(args['where']) })
const deleteMany: Rewrite = (binder, args) => ({ ...args, where: binder.where(args['where']) })

/** Every operation there is, and how it is bound; whatever is not here does not exist in a tenant. */
const OPERATIONS: ReadonlyMap<string, Rewrite> = new Map([
  ['findUnique', readOne],
  ['findUniqueOrThrow', readOne],
  ['findFirst', read],
  ['findFirstOrThrow', read],
  ['findMany', read],
  ['count', read],
  ['aggregate', read],
  ['groupBy', read],
  ['create', insert],
  ['createMany', insert],
  ['createManyAndReturn', insert],
  ['update', updateOne],
  ['updateMany', updateMany],
  ['updateManyAndReturn', updateMany],
  ['upsert', upsert],
  ['delete', deleteOne],
  ['deleteMany', deleteMany],
])

/** Prisma merges the `findUnique` calls of one moment, whosesoever they are: different tenants' would run as one. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['findUnique', 'findFirst'],
  ['findUniqueOrThrow', 'findFirstOrThrow'],
])

/** @returns the client with every model bound to the tenant, and nothing but the models */
export function bindToTenant(client: TenantClient, tenantId: string): TenantClient {
  const models = new Map<string, unknown>()
  return new Proxy(client, {
    get(target, name) {
      if (typeof name !== 'string' || /^[$_]/.test(name)) return undefined
      if (!models.has(name)) {
        const delegate: unknown = Reflect.get(target, name)
        const isModel = typeof delegate === 'object' && delegate !== null
        models.set(name, isModel ? bindModel(delegate, name, tenantId) : undefined)
      }
      return models.get(name)
    },
  })
}

function bindModel<T extends object>(delegate: T, model: string, tenantId: string): T {
  const binder = new Binder(model, tenantId)
  return new Proxy(delegate, {
    get(target, name) {
      const rewrite = typeof name === 'string' ? OPERATIONS.get(name) : undefined
      if (typeof name !== 'string' || !rewrite) return undefined
      // An async function gives a promise of the result and nothing more: no walk along relations from it.
      return async (given: unknown): Promise<unknown> => {
        const method: unknown = Reflect.get(target, INSTEAD.get(name) ?? name)
        if (typeof method !== 'function') throw new TenancyError(`${model} has no ${name}`)
        const args = fieldsOf(given, 'arguments')
        binder.selection(args['select'])
        binder.selection(args['include'])
        const bound = rewrite(binder, args)
        // Prisma's promise begins its work when it is awaited, so that has to happen inside.
        return inTenant(tenantId, async () => await Reflect.apply(method, target, [bound]))
      }
    },
  })
}
