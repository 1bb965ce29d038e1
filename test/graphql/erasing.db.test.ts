import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import type { Value } from '../../src/storage/sql.ts'
import { testDatabase } from '../support/database.ts'
import { SOON } from '../support/feed.ts'
import { ADMIN_KEY, ask, data, makeTenant, serveForAll, type TestTenant } from '../support/graphql.ts'

// Tables, columns and references are read from the models: a new table is filled and looked into by itself.

interface Column {
  name: string
  type: string
}

interface Model {
  name: string
  columns: Column[]
  /** Columns here, by the model they refer to and its columns. */
  references: { fields: string[]; model: string; to: string[] }[]
}

const SCALARS = ['String', 'Int', 'BigInt', 'Float', 'Boolean', 'DateTime', 'Bytes']

function readModels(): Model[] {
  const text = readFileSync(join(import.meta.dirname, '../../prisma/models.prisma'), 'utf8')
  const models = [...text.matchAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm)].map(
    ([, name = '', body = '']): Model => {
      const columns = [...body.matchAll(/^ {2}(\w+) +(\w+)\??(?: .*)?$/gm)]
        .filter(([, , type = '']) => SCALARS.includes(type))
        .map(([, column = '', type = '']) => ({ name: column, type }))
      const list = (given = '') => given.split(',').map((one) => one.trim())
      const references = [
        ...body.matchAll(
          /^ {2}\w+ +(\w+)\?? +@relation\((?:"\w+", )?fields: \[([^\]]+)\], references: \[([^\]]+)\]/gm,
        ),
      ].map(([, model = '', fields, to]) => ({ fields: list(fields), model, to: list(to) }))
      return { name, columns, references }
    },
  )
  return models
}

/** What is referred to before what refers to it. */
function inOrder(models: readonly Model[]): Model[] {
  const done: Model[] = []
  while (done.length < models.length) {
    const next = models.find(
      (model) =>
        !done.includes(model) && model.references.every((to) => done.some(({ name }) => name === to.model)),
    )
    if (!next) throw new Error('the models refer to each other in a circle')
    done.push(next)
  }
  return done
}

const database = await testDatabase()
/** All but what belongs to no tenant. */
const models = inOrder(readModels()).filter(({ name }) => name !== 'OperatorSession')
const served = await serveForAll(database)
let gone: TestTenant
let stays: TestTenant

/** A row with every column filled, also those that may be empty. */
function rowOf(
  model: Model,
  tenantId: string,
  rows: ReadonlyMap<string, Record<string, Value>>,
): Record<string, Value> {
  const row: Record<string, Value> = {}
  for (const { name, type } of model.columns) {
    if (name === 'tenantId') row[name] = tenantId
    else if (type === 'String') row[name] = `${name} of ${tenantId}`
    else if (type === 'DateTime') row[name] = new Date(0)
    else if (type === 'Boolean') row[name] = true
    else if (type === 'Bytes') row[name] = Buffer.from('{}')
    else row[name] = type === 'BigInt' ? 1_000_000n : 1_000_000
  }
  for (const { fields, model: to, to: columns } of model.references)
    fields.forEach((field, at) => {
      const value = to === 'Tenant' ? tenantId : rows.get(to)?.[columns[at] ?? '']
      if (value !== undefined) row[field] = value
    })
  return row
}

async function fill(tenantId: string): Promise<void> {
  const rows = new Map<string, Record<string, Value>>()
  for (const model of models) {
    // These the tenant has from its making; a claim has one row only.
    if (model.name === 'Tenant' || model.name === 'Claim') continue
    const row = rowOf(model, tenantId, rows)
    rows.set(model.name, row)
    await database.sql.write(async (tx) => {
      await tx.enter(tenantId)
      await tx.insert({ table: model.name, columns: Object.keys(row) }, [Object.values(row)])
    })
  }
}

async function countOf(tenantId: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { name } of models) {
    const column = name === 'Tenant' ? 'id' : 'tenantId'
    const [row] = await database.sql.all(`SELECT COUNT(*) AS "n" FROM "${name}" WHERE "${column}" = ?`, [
      tenantId,
    ])
    counts[name] = Number(row?.['n'])
  }
  return counts
}

beforeAll(async () => {
  gone = await makeTenant(database, 'Gone')
  stays = await makeTenant(database, 'Stays')
  await fill(gone.id)
  await fill(stays.id)
})

test('deleteTenant answers at once, cuts the tenant off, and leaves no row in any table behind it', async () => {
  const before = await countOf(stays.id)
  expect(
    Object.values(before).every((rows) => rows > 0),
    JSON.stringify(before),
  ).toBe(true)
  expect(await countOf(gone.id)).toEqual(before)

  const remove =
    'mutation($id: ID!) { deleteTenant(input: {id: $id, confirmName: "Gone"}) { deletedTenantId } }'
  expect(await data(served, ADMIN_KEY, remove, { id: gone.id })).toEqual({
    deleteTenant: { deletedTenantId: gone.id },
  })
  // Its rows go while nobody waits; whoever had its key is out already.
  expect((await ask(served, gone.key, '{ viewer { role } }')).status).toBe(401)
  await vi.waitFor(
    async () => expect(Object.entries(await countOf(gone.id)).filter(([, rows]) => rows > 0)).toEqual([]),
    SOON,
  )
  expect(await countOf(stays.id)).toEqual(before)
  expect((await ask(served, stays.key, '{ viewer { role } }')).status).toBe(200)
})
