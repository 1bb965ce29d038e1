import { expect, it } from 'vitest'
import { scopeTo } from '../../src/tenancy/scope.ts'
import { testDatabase } from '../support/database.ts'

const database = await testDatabase()

it('opens, writes by either way and reads by the other', async () => {
  const createdAt = new Date('2026-02-03T04:05:06.007Z')
  await database.prisma.tenant.create({ data: { id: 'ten_a', name: 'A', createdAt } })
  await database.sql.write((tx) =>
    tx.insert({ table: 'Tenant', columns: ['id', 'name', 'createdAt', 'seq'] }, [
      ['ten_b', 'B', createdAt, 5n],
    ]),
  )
  expect(
    await database.sql.all('SELECT "id" FROM "Tenant" WHERE "createdAt" = ? ORDER BY "id"', [createdAt]),
  ).toEqual([{ id: 'ten_a' }, { id: 'ten_b' }])
  expect(await database.prisma.tenant.findMany({ where: { createdAt }, select: { seq: true } })).toEqual([
    { seq: 0n },
    { seq: 5n },
  ])
  const scope = scopeTo(database, 'ten_b')
  expect(await scope.db.tenant.findMany({ select: { id: true } })).toEqual([{ id: 'ten_b' }])
  expect(await scope.db.tenant.findUnique({ where: { id: 'ten_a' } })).toBeNull()
})
