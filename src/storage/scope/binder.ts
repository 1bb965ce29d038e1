/** Something tried to reach past its tenant. A mistake in the program, never a user's: outsiders get a masked error. */
export class TenancyError extends Error {
  override readonly name = 'TenancyError'
}

export type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' &&
  value !== null &&
  (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)

/** @throws TenancyError unless it is a plain object; absent counts as empty */
export function fieldsOf(value: unknown, what: string): Fields {
  if (value === undefined) return {}
  if (!isFields(value)) throw new TenancyError(`${what} is not an object`)
  return value
}

/** How a column changes, beside being given its value. Anything else in an object is a write through a relation. */
const CHANGES = new Set(['set', 'increment', 'decrement', 'multiply', 'divide'])

const isScalar = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array

const isColumnValue = (value: unknown): boolean =>
  isScalar(value) ||
  (isFields(value) && Object.entries(value).every(([key, inner]) => CHANGES.has(key) && isScalar(inner)))

/** `tenantId_id: {tenantId, id}`: Prisma names a composite key after its columns. */
const isCompositeKey = (key: string, value: unknown): value is Fields =>
  key.includes('_') &&
  isFields(value) &&
  Object.keys(value).sort().join('_') === key.split('_').sort().join('_')

/** Puts the tenant into the parts of an operation on one model. */
export class Binder {
  /** The column that says whose a row is. */
  readonly #column: string

  constructor(
    private readonly model: string,
    private readonly tenantId: string,
  ) {
    this.#column = model === 'tenant' ? 'id' : 'tenantId'
  }

  /** ANDed, so that nothing in the given condition, an OR least of all, widens it. */
  where(where: unknown): Fields {
    return { AND: [this.#own, fieldsOf(where, 'where')] }
  }

  /** The same, with the unique key on top, where Prisma looks for it. */
  uniqueWhere(where: unknown): Fields {
    const given = fieldsOf(where, 'where')
    const and = given['AND'] === undefined ? [] : [given['AND']].flat()
    return { ...given, AND: [this.#own, ...and] }
  }

  /** The same for `findFirst`, which knows no composite keys and would take an absent one for any row. */
  flatWhere(where: unknown): Fields {
    const given = Object.entries(fieldsOf(where, 'where')).filter(([, value]) => value !== undefined)
    const parts: Fields[] = given.map(([key, value]) =>
      isCompositeKey(key, value) ? this.#complete(value) : { [key]: value },
    )
    if (parts.length === 0) throw this.#refusal('a unique key is missing')
    return { AND: [this.#own, ...parts] }
  }

  /** A key that is compared, or written, as it stands: it must name this tenant, and no other beside it. */
  ownKey(where: unknown, what: string): Fields {
    const given = fieldsOf(where, what)
    const named = [given, ...Object.values(given).filter(isFields)]
      .map((fields) => fields[this.#column])
      .filter((tenant) => tenant !== undefined)
    if (named.length > 0 && named.every((tenant) => tenant === this.tenantId)) return given
    throw this.#refusal(`${what} must name the tenant itself`)
  }

  /** Columns only, and never another tenant's id: a row does not move, and nothing is written through a relation. */
  change(data: unknown): Fields {
    const given = fieldsOf(data, 'data')
    for (const [field, value] of Object.entries(given))
      if (!isColumnValue(value)) throw this.#refusal(`${field} would be written through a relation`)
    const named = given[this.#column]
    if (named !== undefined && named !== this.tenantId) throw this.#refusal('data names another tenant')
    return given
  }

  create(data: unknown): Fields {
    if (this.model === 'tenant') throw this.#refusal('a tenant is not made from within one')
    return { ...this.change(data), ...this.#own }
  }

  createMany(data: unknown): unknown {
    return Array.isArray(data) ? data.map((row: unknown) => this.create(row)) : this.create(data)
  }

  /** What is read along relations stays with the tenant by the composite keys; a place to start from need not. */
  selection(selection: unknown): void {
    if (isFields(selection))
      for (const [key, value] of Object.entries(selection)) {
        if (key === 'cursor') throw this.#refusal('a cursor inside a relation')
        if (key !== 'where') this.selection(value)
      }
  }

  get #own(): Fields {
    return { [this.#column]: this.tenantId }
  }

  #complete(key: Fields): Fields {
    if (Object.values(key).includes(undefined)) throw this.#refusal('a part of a composite key is missing')
    return key
  }

  #refusal(reason: string): TenancyError {
    return new TenancyError(`${this.model}: ${reason}`)
  }
}
