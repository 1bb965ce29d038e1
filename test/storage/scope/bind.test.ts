import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { currentTenant } from '../../../src/storage/current-tenant.ts'
import { bindToTenant } from '../../../src/storage/scope/bind.ts'
import { TenancyError } from '../../../src/storage/scope/binder.ts'
import type { TenantClient } from '../../../src/storage/scope/scope.ts'

// The first wall by itself: below it stands no database that would hold where it does not.

const [OWN, OTHER] = ['ten_own', 'ten_other']

interface Call {
  operation: string
  args: Record<string, unknown>
  tenant: string | undefined
}

const OPERATIONS = [
  'findUnique',
  'findUniqueOrThrow',
  'findFirst',
  'findFirstOrThrow',
  'findMany',
  'count',
  'aggregate',
  'groupBy',
  'create',
  'createMany',
  'createManyAndReturn',
  'update',
  'updateMany',
  'updateManyAndReturn',
  'upsert',
  'delete',
  'deleteMany',
]

/** A client that keeps what it was asked, bound to `OWN`; and an operation of one of its models by name. */
function bound() {
  const calls: Call[] = []
  const model = new Proxy(
    {},
    {
      get: (_target, operation) => async (args: Record<string, unknown>) => {
        calls.push({ operation: String(operation), args, tenant: currentTenant() })
      },
    },
  )
  const client: TenantClient = Object.assign(Object.create(null), {
    anomaly: model,
    tenant: model,
    $queryRaw: () => {},
    _engine: {},
  })
  const db = bindToTenant(client, OWN)
  const ask = async (operation: string, args?: unknown, name: 'anomaly' | 'tenant' = 'anomaly') => {
    const method: unknown = Reflect.get(Reflect.get(db, name), operation)
    if (typeof method !== 'function') throw new TypeError(`no ${operation}`)
    await Reflect.apply(method, undefined, [args])
    const call = calls.at(-1)
    if (!call) throw new Error('nothing was asked')
    return call
  }
  return { db, ask, calls }
}

const key = (tenantId: string | undefined) => ({ tenantId_id: { tenantId, id: 'x' } })
const { ask } = bound()
const own = { tenantId: OWN }

describe('the condition of', () => {
  const condition = fc.dictionary(
    fc.constantFrom('id', 'tenantId', 'OR', 'NOT', 'AND', 'status'),
    fc.oneof(fc.constant(OTHER), fc.constant({ not: '' }), fc.constant([{ tenantId: OTHER }])),
  )

  it.each([
    'findFirst',
    'findFirstOrThrow',
    'findMany',
    'count',
    'aggregate',
    'groupBy',
    'updateMany',
    'updateManyAndReturn',
    'deleteMany',
  ])('%s is ANDed to the tenant, whatever it says', async (operation) => {
    await fc.assert(
      fc.asyncProperty(fc.option(condition, { nil: undefined }), async (where) => {
        const { args } = await ask(operation, { where, data: {} })
        expect(args['where']).toEqual({ AND: [own, where ?? {}] })
        expect(Object.keys(Object(args['where']))).toEqual(['AND'])
      }),
      { numRuns: 25 },
    )
    expect((await ask(operation)).args['where']).toEqual({ AND: [own, {}] })
  })

  it.each(['update', 'delete'])('%s keeps its key and is ANDed to the tenant', async (operation) => {
    const where = { ...key(OTHER), AND: [{ status: 'OPEN' }] }
    const { args } = await ask(operation, { where, data: {} })
    expect(args['where']).toEqual({ ...key(OTHER), AND: [own, { status: 'OPEN' }] })
  })

  it.each([
    ['findUnique', 'findFirst'],
    ['findUniqueOrThrow', 'findFirstOrThrow'],
  ])('%s is flat, complete, and asked as %s', async (operation, instead) => {
    const call = await ask(operation, { where: { ...key(OTHER), status: 'OPEN' } })
    expect(call.operation).toBe(instead)
    expect(call.args['where']).toEqual({ AND: [own, { tenantId: OTHER, id: 'x' }, { status: 'OPEN' }] })
    for (const where of [{}, undefined, { id: undefined }, key(undefined)])
      await expect(ask(operation, { where })).rejects.toThrow('missing')
  })

  it('one on tenants is on the id', async () => {
    expect((await ask('findMany', {}, 'tenant')).args['where']).toEqual({ AND: [{ id: OWN }, {}] })
  })
})

describe('a key that is compared as it stands', () => {
  it.each([
    ['the cursor of findMany', (at: unknown) => ask('findMany', { cursor: at })],
    ['the cursor of aggregate', (at: unknown) => ask('aggregate', { cursor: at })],
    ['the key of upsert', (at: unknown) => ask('upsert', { where: at, create: {}, update: {} })],
  ])('(%s) names this tenant and no other', async (_name, attack) => {
    await expect(attack(key(OWN))).resolves.toBeDefined()
    for (const at of [
      key(OTHER),
      { id: 'x' },
      {},
      { ...key(OWN), tenantId: OTHER },
      { ...key(OTHER), tenantId: OWN },
    ])
      await expect(attack(at)).rejects.toBeInstanceOf(TenancyError)
  })

  it('does not come in inside a relation', async () => {
    for (const args of [
      { include: { events: { cursor: key(OWN) } } },
      { select: { events: { select: { event: { cursor: key(OWN) } } } } },
    ])
      await expect(ask('findMany', args)).rejects.toBeInstanceOf(TenancyError)
    // A column may be called so.
    await expect(ask('findMany', { include: { events: { where: { cursor: 1 } } } })).resolves.toBeDefined()
  })
})

describe('what is written by', () => {
  const WRITES: [string, (data: unknown) => Promise<Call>][] = [
    ['create', (data) => ask('create', { data })],
    ['createMany', (data) => ask('createMany', { data: [{ id: 'fine' }, data] })],
    ['createManyAndReturn', (data) => ask('createManyAndReturn', { data })],
    ['update', (data) => ask('update', { where: key(OWN), data })],
    ['updateMany', (data) => ask('updateMany', { data })],
    ['updateManyAndReturn', (data) => ask('updateManyAndReturn', { data })],
    ['the creating half of upsert', (create) => ask('upsert', { where: key(OWN), create, update: {} })],
    ['the updating half of upsert', (update) => ask('upsert', { where: key(OWN), create: {}, update })],
  ]

  it.each(WRITES)('%s never names another tenant, nor goes through a relation', async (_name, write) => {
    await expect(
      write({ note: 'x', at: new Date(0), bytes: new Uint8Array(1), n: { increment: 1 } }),
    ).resolves.toBeDefined()
    for (const data of [
      { tenantId: OTHER },
      { tenantId: { set: OTHER } },
      { tenantId: null },
      { tenant: { connect: { id: OTHER } } },
      { events: { create: [{ tenantId: OTHER }] } },
      { events: { set: [key(OTHER)] } },
      { events: [] },
    ])
      await expect(write(data), JSON.stringify(data)).rejects.toBeInstanceOf(TenancyError)
  })

  it('creating carries the tenant, also where it was left out', async () => {
    expect((await ask('create', { data: { id: 'x' } })).args['data']).toEqual({ id: 'x', ...own })
    expect((await ask('createMany', { data: [{ id: 'x' }] })).args['data']).toEqual([{ id: 'x', ...own }])
    const { args } = await ask('upsert', { where: key(OWN), create: { id: 'x' }, update: {} })
    expect(args['create']).toEqual({ id: 'x', ...own })
  })

  it('nobody is a new tenant, nor a tenant that becomes another', async () => {
    for (const operation of ['create', 'createMany'])
      await expect(ask(operation, { data: {} }, 'tenant')).rejects.toBeInstanceOf(TenancyError)
    await expect(ask('update', { where: { id: OWN }, data: { id: OTHER } }, 'tenant')).rejects.toThrow(
      TenancyError,
    )
  })
})

describe('the bound client', () => {
  it.each(OPERATIONS)('says to what lies below it whose %s it is', async (operation) => {
    const args = { where: key(OWN), data: {}, create: {}, update: {} }
    expect((await ask(operation, args)).tenant).toBe(OWN)
    expect(currentTenant()).toBeUndefined()
  })

  it('has those operations and nothing else', () => {
    const { db } = bound()
    for (const name of ['$queryRaw', '$transaction', '_engine', 'then', 'constructor', Symbol.iterator])
      expect(Reflect.get(db, name), String(name)).toBeUndefined()
    for (const name of ['findRaw', 'aggregateRaw', 'fields', '$parent', 'name', Symbol.toStringTag])
      expect(Reflect.get(db.anomaly, name), String(name)).toBeUndefined()
  })

  it('gives a promise and no way on from it', () => {
    const { db } = bound()
    const found: unknown = db.anomaly.findMany()
    expect(found).toBeInstanceOf(Promise)
    expect(Object.getPrototypeOf(found)).toBe(Promise.prototype)
  })

  it('takes only plain objects for arguments', async () => {
    for (const args of [[], 'x', 7, new Map(), null])
      await expect(ask('findMany', args), String(args)).rejects.toBeInstanceOf(TenancyError)
  })
})
