import { expect, it } from 'vitest'
import { newId } from '../../src/ids.ts'
import { engine, testDatabase } from '../support/database.ts'
import { AT, tenantRow } from '../support/rows.ts'

const database = await testDatabase()
const { prisma, sql } = database

const insertRaw = (id: string) =>
  sql.write((tx) => tx.insert({ table: 'Tenant', columns: ['id', 'name', 'createdAt'] }, [[id, id, AT]]))

const exists = async (id: string) => (await prisma.tenant.count({ where: { id } })) === 1

/** Resolved by hand: a transaction that waits in the middle. */
function gate() {
  let open: () => void = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

it("keeps three plain writes made beside another's transaction that rolls back", async () => {
  const ids = [newId('ten'), newId('ten'), newId('ten')]
  const begun = gate()
  const held = gate()
  const rolledBack = prisma.$transaction(async (tx) => {
    await tx.tenant.create({ data: tenantRow() })
    begun.open()
    await held.opened
    throw new Error('rolled back')
  })
  await begun.opened
  const writes = ids.map((id, index) =>
    index === 2 ? insertRaw(id) : prisma.tenant.create({ data: tenantRow(id) }),
  )
  held.open()
  await expect(rolledBack).rejects.toThrow('rolled back')
  await Promise.all(writes)
  expect(await prisma.tenant.count({ where: { id: { in: ids } } })).toBe(3)
})

it('keeps raw writes made beside a raw transaction that rolls back', async () => {
  const id = newId('ten')
  const begun = gate()
  const held = gate()
  const rolledBack = sql.write(async (tx) => {
    await tx.insert({ table: 'Tenant', columns: ['id', 'name', 'createdAt'] }, [[newId('ten'), 'x', AT]])
    begun.open()
    await held.opened
    throw new Error('rolled back')
  })
  await begun.opened
  const write = insertRaw(id)
  held.open()
  await expect(rolledBack).rejects.toThrow('rolled back')
  await write
  expect(await exists(id)).toBe(true)
})

it('shows no reader what is not committed, while readers go on', async () => {
  const id = newId('ten')
  const begun = gate()
  const held = gate()
  const writing = prisma.$transaction(async (tx) => {
    await tx.tenant.create({ data: tenantRow(id) })
    begun.open()
    await held.opened
  })
  await begun.opened
  expect(await exists(id)).toBe(false)
  expect(await sql.all('SELECT "id" FROM "Tenant" WHERE "id" = ?', [id])).toEqual([])
  held.open()
  await writing
  expect(await exists(id)).toBe(true)
})

it('reads what it has awaited, whichever way it was written', async () => {
  for (let round = 0; round < 25; round++) {
    const [mine, raw] = [newId('ten'), newId('ten')]
    await prisma.tenant.create({ data: tenantRow(mine) })
    expect(await sql.all('SELECT "id" FROM "Tenant" WHERE "id" = ?', [mine])).toHaveLength(1)
    await insertRaw(raw)
    expect(await exists(raw)).toBe(true)
  }
})

it('leaves nothing of a transaction whose work fails, and serves the next', async () => {
  const [first, second, third] = [newId('ten'), newId('ten'), newId('ten')]
  const failing = sql.write(async (tx) => {
    await tx.insert({ table: 'Tenant', columns: ['id', 'name', 'createdAt'] }, [[first, 'x', AT]])
    await tx.insert({ table: 'Tenant', columns: ['id', 'name', 'createdAt'] }, [[first, 'x', AT]])
  })
  await expect(failing).rejects.toThrow()
  const failingToo = prisma.$transaction(async (tx) => {
    await tx.tenant.create({ data: tenantRow(second) })
    await tx.tenant.create({ data: tenantRow(second) })
  })
  await expect(failingToo).rejects.toMatchObject({ code: 'P2002' })
  await insertRaw(third)
  expect([await exists(first), await exists(second), await exists(third)]).toEqual([false, false, true])
})

it.runIf(engine === 'postgresql')(
  'does not report as committed what the server rolled back because an error was swallowed',
  async () => {
    const id = newId('ten')
    const swallowing = sql.write(async (tx) => {
      await tx.insert({ table: 'Tenant', columns: ['id', 'name', 'createdAt'] }, [[id, 'x', AT]])
      await tx.run('UPDATE "Tenant" SET "name" = ? WHERE "nothing" = 1', ['y']).catch(() => {})
    })
    await expect(swallowing).rejects.toThrow('instead of committed')
    const throughPrisma = prisma.$transaction(async (tx) => {
      await tx.tenant.create({ data: tenantRow(id) })
      await tx.tenant.create({ data: tenantRow(id) }).catch(() => {})
    })
    await expect(throughPrisma).rejects.toThrow()
    expect(await exists(id)).toBe(false)
  },
)

it('refuses a writer that was kept past its transaction', async () => {
  const kept = await sql.write(async (tx) => tx)
  await expect(kept.run('DELETE FROM "Wake" WHERE "tenantId" = ?', ['ten_x'])).rejects.toThrow('over')
  await expect(kept.all('SELECT 1')).rejects.toThrow('over')
  await expect(kept.insert({ table: 'Wake', columns: ['tenantId'] }, [['ten_x']])).rejects.toThrow('over')
})

it('serves many transactions at once, each whole', async () => {
  const id = newId('ten')
  await insertRaw(id)
  const add = (way: number) =>
    way % 2 === 0
      ? prisma.$transaction((tx) => tx.tenant.update({ where: { id }, data: { seq: { increment: 1 } } }))
      : sql.write((tx) => tx.run('UPDATE "Tenant" SET "seq" = "seq" + ? WHERE "id" = ?', [1, id]))
  await Promise.all(Array.from({ length: 40 }, (_, way) => add(way)))
  expect(await prisma.tenant.findUnique({ where: { id } })).toMatchObject({ seq: 40n })
})
