import { beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../../src/ids.ts'
import { type Scope, scopeTo } from '../../../src/storage/scope/scope.ts'
import { testDatabase } from '../../support/database.ts'
import { activityRow, anomalyRow, insertWorld } from '../../support/rows.ts'
import { own, twoWorlds } from '../../tenancy/worlds.ts'

const database = await testDatabase()

/** Fresh worlds for each test: `a` is served, beside `b`. */
let a: string
let b: string
let scope: Scope

beforeEach(async () => {
  ;[a, b] = await twoWorlds(database)
  scope = scopeTo(database, a)
})

describe('a bound client serves its own tenant', () => {
  it('with every kind of reading', async () => {
    const { db } = scope
    const key = { tenantId_id: { tenantId: a, id: own('anm', a) } }
    expect(await db.anomaly.findUnique({ where: key })).toMatchObject({ tenantId: a })
    expect(await db.anomaly.findUniqueOrThrow({ where: key, select: { title: true } })).toEqual({
      title: `title of ${own('anm', a)}`,
    })
    expect(await db.tenant.findUnique({ where: { id: a } })).toMatchObject({ id: a })
    expect(await db.anomaly.findFirst()).toMatchObject({ tenantId: a })
    expect(await db.anomaly.findFirstOrThrow({ orderBy: { seq: 'desc' } })).toMatchObject({ tenantId: a })
    expect(await db.anomaly.findMany({ cursor: key, take: 5 })).toHaveLength(1)
    expect(await db.anomaly.count()).toBe(1)
    expect(await db.anomaly.aggregate({ _sum: { severity: true } })).toEqual({ _sum: { severity: 1 } })
    expect(await db.anomaly.groupBy({ by: ['status'], _count: true })).toEqual([
      { status: 'OPEN', _count: 1 },
    ])
  })

  it('along relations, in both directions', async () => {
    const anomaly = await scope.db.anomaly.findFirst({
      include: {
        tenant: true,
        activities: true,
        events: { include: { event: { include: { endpoint: true } } } },
      },
    })
    expect(anomaly?.tenant.id).toBe(a)
    expect(anomaly?.activities).toHaveLength(1)
    expect(anomaly?.events[0]?.event.endpoint.id).toBe(own('whe', a))
    const tenant = await scope.db.tenant.findFirst({ include: { anomalies: true, _count: true } })
    expect(tenant?.anomalies).toHaveLength(1)
  })

  it('with every kind of writing', async () => {
    const { db } = scope
    const row = anomalyRow(a, 'anm_new', 2)
    const where = { tenantId_id: { tenantId: a, id: 'anm_new' } }
    expect(await db.anomaly.create({ data: row })).toMatchObject({ id: 'anm_new' })
    expect(await db.anomaly.update({ where, data: { occurrences: { increment: 2 } } })).toMatchObject({
      occurrences: 3,
    })
    expect(await db.anomaly.upsert({ where, create: row, update: { note: 'n' } })).toMatchObject({
      note: 'n',
    })
    expect(await db.anomaly.updateMany({ where: { note: 'n' }, data: { note: null } })).toEqual({ count: 1 })
    expect(await db.anomaly.updateManyAndReturn({ data: { severity: 3 } })).toHaveLength(2)
    expect(await db.anomaly.delete({ where })).toMatchObject({ id: 'anm_new' })
    expect(await db.activity.createMany({ data: [activityRow(a, 2), activityRow(a, 3)] })).toEqual({
      count: 2,
    })
    expect(
      await db.wake.createManyAndReturn({ data: { tenantId: a, id: 'w', dueAt: new Date(0), events: '[]' } }),
    ).toHaveLength(1)
    expect(await db.wake.deleteMany()).toEqual({ count: 1 })
    expect(await db.tenant.update({ where: { id: a }, data: { name: 'new' } })).toMatchObject({ name: 'new' })
  })

  it('in one transaction, whole or not at all', async () => {
    const failing = scope.transaction(async (db) => {
      await db.anomaly.updateMany({ data: { note: 'gone' } })
      expect(await db.anomaly.count({ where: { note: 'gone' } })).toBe(1)
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await scope.db.anomaly.count({ where: { note: 'gone' } })).toBe(0)
    await scope.transaction((db) => db.anomaly.updateMany({ data: { note: 'kept' } }))
    expect(await scope.db.anomaly.count({ where: { note: 'kept' } })).toBe(1)
  })

  it('with raw statements that name it', async () => {
    const rows = await scope.sql.all('SELECT "id" FROM "Anomaly" WHERE "tenantId" = ?', [a])
    expect(rows).toEqual([{ id: own('anm', a) }])
    const changed = scope.sql.write(async (tx) => {
      await tx.insert({ table: 'Wake', columns: ['tenantId', 'id', 'dueAt', 'events'] }, [
        [a, 'w', new Date(0), '[]'],
      ])
      return tx.run('DELETE FROM "Wake" WHERE "tenantId" = ?', [a])
    })
    expect(await changed).toBe(1)
  })

  it('to many tenants that ask for the same at the same moment', async () => {
    const tenants = [a, b]
    for (let more = 0; more < 3; more++) tenants.push(await insertWorld(database, newId('ten').slice(4, 14)))
    const answers = await Promise.all(
      tenants.map((id) =>
        scopeTo(database, id).db.tenant.findUnique({ where: { id }, select: { id: true } }),
      ),
    )
    expect(answers).toEqual(tenants.map((id) => ({ id })))
    const anomalies = await Promise.all(tenants.map((id) => scopeTo(database, id).db.anomaly.findMany()))
    expect(anomalies.map((rows) => rows.map(({ tenantId }) => tenantId))).toEqual(tenants.map((id) => [id]))
  })
})
