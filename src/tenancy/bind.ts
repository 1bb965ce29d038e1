import { inTenant } from '../storage/current-tenant.ts'
import type { TenantClient } from './scope.ts'

/** Something tried to reach past its tenant. A mistake in the program, never a user's: it is not told outside. */
export class TenancyError extends Error {
  override readonly name = 'TenancyError'
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' &&
  value !== null &&
  (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)

const fieldsOf = (value: unknown, what: string): Fields => {
  if (value === undefined) return {}
  if (!isFields(value)) throw new TenancyError(`${what} is not an object`)
  return value
}

/** Which column ties a model's rows to their tenant. */
const tenantColumn = (model: string): string => (model === 'tenant' ? 'id' : 'tenantId')

const NUMBER_CHANGES = new Set(['set', 'increment', 'decrement', 'multiply', 'divide'])

const isNested = (value: unknown): boolean =>
  Array.isArray(value) ||
  (isFields(value) &&
    !Object.entries(value).every(
      ([key, inner]) => NUMBER_CHANGES.has(key) && !isFields(inner) && !Array.isArray(inner),
    ))

/** What one operation on one model becomes inside a tenant. */
class Binder {
  readonly #column: string

  constructor(
    private readonly model: string,
    private readonly tenantId: string,
  ) {
    this.#column = tenantColumn(model)
  }

  where(where: unknown): Fields {
    return { AND: [{ [this.#column]: this.tenantId }, fieldsOf(where, 'where')] }
  }

  /** Keeps the unique key on top, where Prisma looks for it. */
  uniqueWhere(where: unknown): Fields {
    const given = fieldsOf(where, 'where')
    const and = given['AND'] === undefined ? [] : [given['AND']].flat()
    return { ...given, AND: [{ [this.#column]: this.tenantId }, ...and] }
  }

  /** A composite key taken apart: `findFirst` has no composite keys. */
  flatWhere(where: unknown): Fields {
    const parts: Fields[] = Object.entries(fieldsOf(where, 'where')).map(([key, value]) =>
      isFields(value) &&
      Object.keys(value).sort().join() === key.split('_').sort().join() &&
      key.includes('_')
        ? value
        : { [key]: value },
    )
    return { AND: [{ [this.#column]: this.tenantId }, ...parts] }
  }

  /** A key that must name this tenant itself: it is compared, or written, as it stands. */
  ownKey(where: unknown, what: string): Fields {
    const given = fieldsOf(where, what)
    const names = (fields: Fields) => fields[this.#column] === this.tenantId
    if (names(given) || Object.values(given).some((value) => isFields(value) && names(value))) return given
    throw new TenancyError(`${this.model}: ${what} must name the tenant it is bound to`)
  }

  change(data: unknown): Fields {
    const given = fieldsOf(data, 'data')
    for (const [field, value] of Object.entries(given))
      if (isNested(value))
        throw new TenancyError(`${this.model}.${field}: writes through relations are refused`)
    const named = given[this.#column]
    if (named !== undefined && named !== this.tenantId)
      throw new TenancyError(`${this.model}: data names another tenant`)
    return given
  }

  create(data: unknown): Fields {
    if (this.model === 'tenant') throw new TenancyError('a tenant is not made from within one')
    return { ...this.change(data), [this.#column]: this.tenantId }
  }

  createMany(data: unknown): unknown {
    return Array.isArray(data) ? data.map((row: unknown) => this.create(row)) : this.create(data)
  }
}

type Rewrite = (bind: Binder, args: Fields) => Fields

const many: Rewrite = (bind, args) => ({
  ...args,
  where: bind.where(args['where']),
  ...(args['cursor'] === undefined ? {} : { cursor: bind.ownKey(args['cursor'], 'cursor') }),
})
const one: Rewrite = (bind, args) => ({ ...args, where: bind.flatWhere(args['where']) })
const insert: Rewrite = (bind, args) => ({ ...args, data: bind.createMany(args['data']) })

/** Every operation that is allowed, what it becomes, and what is called; whatever is not here is refused. */
const OPERATIONS: ReadonlyMap<string, readonly [string, Rewrite]> = new Map<
  string,
  readonly [string, Rewrite]
>([
  // Prisma merges the findUnique calls of one tick, also those of different tenants.
  ['findUnique', ['findFirst', one]],
  ['findUniqueOrThrow', ['findFirstOrThrow', one]],
  ['findFirst', ['findFirst', many]],
  ['findFirstOrThrow', ['findFirstOrThrow', many]],
  ['findMany', ['findMany', many]],
  ['count', ['count', many]],
  ['aggregate', ['aggregate', many]],
  ['groupBy', ['groupBy', many]],
  ['create', ['create', insert]],
  ['createMany', ['createMany', insert]],
  ['createManyAndReturn', ['createManyAndReturn', insert]],
  [
    'update',
    [
      'update',
      (bind, args) => ({ ...args, where: bind.uniqueWhere(args['where']), data: bind.change(args['data']) }),
    ],
  ],
  [
    'updateMany',
    [
      'updateMany',
      (bind, args) => ({ ...args, where: bind.where(args['where']), data: bind.change(args['data']) }),
    ],
  ],
  [
    'updateManyAndReturn',
    [
      'updateManyAndReturn',
      (bind, args) => ({ ...args, where: bind.where(args['where']), data: bind.change(args['data']) }),
    ],
  ],
  [
    'upsert',
    [
      'upsert',
      (bind, args) => ({
        ...args,
        where: bind.ownKey(args['where'], 'where'),
        create: bind.create(args['create']),
        update: bind.change(args['update']),
      }),
    ],
  ],
  ['delete', ['delete', (bind, args) => ({ ...args, where: bind.uniqueWhere(args['where']) })]],
  ['deleteMany', ['deleteMany', (bind, args) => ({ ...args, where: bind.where(args['where']) })]],
])

function bindModel<T extends object>(delegate: T, model: string, tenantId: string): T {
  const binder = new Binder(model, tenantId)
  return new Proxy(delegate, {
    get(target, name) {
      const operation = typeof name === 'string' ? OPERATIONS.get(name) : undefined
      if (!operation) return undefined
      const [called, rewrite] = operation
      return async (args: unknown): Promise<unknown> => {
        const method: unknown = Reflect.get(target, called)
        if (typeof method !== 'function') throw new TenancyError(`${model} has no ${called}`)
        const bound = rewrite(binder, fieldsOf(args, 'arguments'))
        // Prisma's promises begin their work only when they are awaited, so that must happen inside too.
        return inTenant(tenantId, async () => await Reflect.apply(method, target, [bound]))
      }
    },
  })
}

/** @returns the client with every model bound to the tenant, and nothing but the models */
export function bindToTenant(client: TenantClient, tenantId: string): TenantClient {
  const bound = new Map<string | symbol, unknown>()
  return new Proxy(client, {
    get(target, name) {
      if (typeof name !== 'string' || name.startsWith('$') || name.startsWith('_')) return undefined
      if (!bound.has(name)) {
        const delegate: unknown = Reflect.get(target, name)
        const isModel = typeof delegate === 'object' && delegate !== null
        bound.set(name, isModel ? bindModel(delegate, name, tenantId) : undefined)
      }
      return bound.get(name)
    },
  })
}
