import { beforeEach, describe, expect, it } from 'vitest'
import { type Scope, scopeTo } from '../../../src/storage/scope/scope.ts'
import { testDatabase } from '../../support/database.ts'
import { activityRow, anomalyRow, endpointRow, eventRow } from '../../support/rows.ts'
import { own, twoWorlds, worldOf } from '../../tenancy/worlds.ts'

const database = await testDatabase()

/** Fresh worlds for each test: `a` attacks, `b` must stay as it was and unseen. */
let a: string
let b: string
let attacker: Scope

beforeEach(async () => {
  ;[a, b] = await twoWorlds(database)
  attacker = scopeTo(database, a)
})

/** The attack may fail or do something harmless; tenant B is untouched, and A gained nothing of B's. */
async function harmless(attack: () => Promise<unknown>): Promise<void> {
  const before = await worldOf(database, b)
  const answer = await attack().catch((error: Error) => `${error.name}`)
  expect(await worldOf(database, b)).toEqual(before)
  const seen = JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? String(value) : value)) ?? ''
  for (const secret of [own('anm', b), own('evt', b), own('whe', b), `"${b}"`])
    expect(seen).not.toContain(secret)
}

describe('an attacker of another tenant', () => {
  const key = () => ({ tenantId_id: { tenantId: b, id: own('anm', b) } })
  const ownKey = () => ({ tenantId_id: { tenantId: a, id: own('anm', a) } })

  it('reads nothing by naming it', async () => {
    const { db } = attacker
    expect(await db.anomaly.findUnique({ where: key() })).toBeNull()
    expect(await db.anomaly.findMany({ where: { tenantId: b } })).toEqual([])
    expect(
      await db.anomaly.findMany({ where: { OR: [{ tenantId: b }, { tenantId: { not: '' } }] } }),
    ).toHaveLength(1)
    expect(await db.anomaly.findMany({ where: { NOT: { tenantId: a } } })).toEqual([])
    expect(await db.anomaly.count({ where: { tenantId: { in: [a, b] } } })).toBe(1)
    expect(await db.tenant.findUnique({ where: { id: b } })).toBeNull()
    expect(await db.tenant.findMany()).toHaveLength(1)
    expect(await db.tenant.findUnique({ where: { externalId: own('ext', b) } })).toBeNull()
    expect(
      await db.webhookEndpoint.findUnique({ where: { tokenHash: `hash of ${own('whe', b)}` } }),
    ).toBeNull()
    expect(await db.anomaly.groupBy({ by: ['tenantId'], where: { tenantId: b } })).toEqual([])
    expect(await db.anomaly.aggregate({ where: { tenantId: b }, _count: true })).toEqual({ _count: 0 })
    await expect(db.anomaly.findUniqueOrThrow({ where: key() })).rejects.toMatchObject({ code: 'P2025' })
    await expect(db.anomaly.findFirstOrThrow({ where: { tenantId: b } })).rejects.toMatchObject({
      code: 'P2025',
    })
  })

  it('reads nothing with a condition that says nothing', async () => {
    const { db } = attacker
    const absent: unknown = undefined
    expect(await db.anomaly.findMany({ where: { tenantId: absent as string } })).toHaveLength(1)
    await expect(
      db.anomaly.findUnique({ where: { tenantId_id: { tenantId: absent as string, id: 'x' } } }),
    ).rejects.toThrow('missing')
    await expect(db.tenant.findUnique({ where: { id: absent as string } })).rejects.toThrow('missing')
  })

  it('finds no place in another feed by a cursor', async () => {
    const { db } = attacker
    await expect(db.anomaly.findMany({ cursor: key() })).rejects.toThrow('must name the tenant')
    await expect(db.tenant.findMany({ cursor: { id: b } })).rejects.toThrow('must name the tenant')
    await expect(db.tenant.findMany({ cursor: { id: b, externalId: own('ext', a) } })).rejects.toThrow(
      'must name the tenant',
    )
    await expect(db.tenant.findMany({ include: { anomalies: { cursor: key() } } })).rejects.toThrow(
      'cursor inside a relation',
    )
  })

  it('changes nothing by naming it', async () => {
    const { db } = attacker
    await expect(db.anomaly.update({ where: key(), data: { note: 'x' } })).rejects.toMatchObject({
      code: 'P2025',
    })
    await expect(db.anomaly.delete({ where: key() })).rejects.toMatchObject({ code: 'P2025' })
    await expect(db.tenant.update({ where: { id: b }, data: { name: 'x' } })).rejects.toMatchObject({
      code: 'P2025',
    })
    expect(await db.anomaly.updateMany({ where: { tenantId: b }, data: { note: 'x' } })).toEqual({ count: 0 })
    expect(await db.anomaly.deleteMany({ where: { OR: [{ tenantId: b }, { id: own('anm', b) }] } })).toEqual({
      count: 0,
    })
    expect(await db.anomaly.updateManyAndReturn({ where: { tenantId: b }, data: { note: 'x' } })).toEqual([])
    await harmless(() => db.anomaly.updateMany({ data: { note: 'all of them' } }))
    await harmless(() => db.anomalyEvent.deleteMany())
    await harmless(() => db.tenant.updateMany({ data: { suspendedAt: new Date(0) } }))
  })

  it.each([
    ['creates for another tenant', () => attacker.db.anomaly.create({ data: anomalyRow(b, 'anm_x', 9) })],
    [
      'creates many for another',
      () => attacker.db.activity.createMany({ data: [activityRow(a, 9), activityRow(b, 9)] }),
    ],
    [
      'creates many and reads them',
      () =>
        attacker.db.wake.createManyAndReturn({
          data: { tenantId: b, id: 'w', dueAt: new Date(0), events: '[]' },
        }),
    ],
    [
      'moves its own row to another',
      () => attacker.db.anomaly.update({ where: ownKey(), data: { tenantId: b } }),
    ],
    [
      'moves its own row by set',
      () => attacker.db.anomaly.update({ where: ownKey(), data: { tenantId: { set: b } } }),
    ],
    ['moves all its rows', () => attacker.db.anomaly.updateMany({ data: { tenantId: b } })],
    ['becomes another', () => attacker.db.tenant.update({ where: { id: a }, data: { id: b } })],
    [
      'upserts over another row',
      () =>
        attacker.db.anomaly.upsert({
          where: key(),
          create: anomalyRow(a, 'anm_x', 9),
          update: { note: 'x' },
        }),
    ],
    [
      'upserts by another token',
      () =>
        attacker.db.webhookEndpoint.upsert({
          where: { tokenHash: `hash of ${own('whe', b)}` },
          create: endpointRow(a),
          update: { name: 'x' },
        }),
    ],
    [
      'upserts a row of another',
      () => attacker.db.anomaly.upsert({ where: ownKey(), create: anomalyRow(b, 'anm_x', 9), update: {} }),
    ],
    [
      'upserts and moves',
      () =>
        attacker.db.anomaly.upsert({
          where: ownKey(),
          create: anomalyRow(a, 'anm_x', 9),
          update: { tenantId: b },
        }),
    ],
    [
      'connects a relation',
      () => attacker.db.anomaly.update({ where: ownKey(), data: { tenant: { connect: { id: b } } } }),
    ],
    [
      'creates along a relation',
      () =>
        attacker.db.tenant.update({
          where: { id: a },
          data: { anomalies: { create: anomalyRow(b, 'anm_x', 9) } },
        }),
    ],
    [
      'steals along a relation',
      () => attacker.db.tenant.update({ where: { id: a }, data: { anomalies: { connect: key() } } }),
    ],
    [
      'sets along a relation',
      () => attacker.db.tenant.update({ where: { id: a }, data: { anomalies: { set: [key()] } } }),
    ],
    [
      'updates along a relation',
      () =>
        attacker.db.tenant.update({
          where: { id: a },
          data: { anomalies: { updateMany: { where: { tenantId: b }, data: { note: 'x' } } } },
        }),
    ],
    [
      'deletes along a relation',
      () =>
        attacker.db.tenant.update({ where: { id: a }, data: { anomalies: { deleteMany: { tenantId: b } } } }),
    ],
    [
      'makes a tenant',
      () => attacker.db.tenant.create({ data: { id: 'ten_x', name: 'x', createdAt: new Date(0) } }),
    ],
  ])('is refused when it %s', async (_, attack) => {
    const before = await worldOf(database, b)
    await expect(attack()).rejects.toThrow(/^(anomaly|activity|wake|tenant|webhookEndpoint): /)
    expect(await worldOf(database, b)).toEqual(before)
  })

  it('cannot even refer to its rows', async () => {
    const { db } = attacker
    await expect(
      db.anomalyEvent.create({ data: { tenantId: a, anomalyId: own('anm', a), stripeId: own('evt', b) } }),
    ).rejects.toMatchObject({ code: 'P2003' })
    await expect(db.stripeEvent.create({ data: eventRow(a, own('whe', b), 'evt_x') })).rejects.toMatchObject({
      code: 'P2003',
    })
    await expect(db.activity.create({ data: activityRow(a, 9, own('anm', b)) })).rejects.toMatchObject({
      code: 'P2003',
    })
  })

  it('finds no way round on the client', () => {
    for (const name of [
      '$queryRaw',
      '$executeRaw',
      '$queryRawUnsafe',
      '$executeRawUnsafe',
      '$transaction',
      '$extends',
      '$parent',
      '_engine',
      '_request',
    ])
      expect(Reflect.get(attacker.db, name), name).toBeUndefined()
    for (const name of ['$parent', 'findRaw', 'aggregateRaw', 'fields', 'constructor'])
      expect(Reflect.get(attacker.db.anomaly, name), name).toBeUndefined()
  })

  it('gets no client of its tenant from a result', async () => {
    const found = attacker.db.anomaly.findUnique({ where: ownKey() })
    expect(Reflect.get(found, 'tenant')).toBeUndefined()
    await found
  })

  it('enters no other tenant in a transaction', async () => {
    expect(await attacker.sql.write(async (tx) => Reflect.get(tx, 'enter'))).toBeUndefined()
    const inside = attacker.transaction(async (db) =>
      db.anomaly.findMany({ where: { OR: [{ tenantId: b }, { tenantId: { not: '' } }] } }),
    )
    expect((await inside).map(({ tenantId }) => tenantId)).toEqual([a])
    await expect(
      attacker.transaction((db) => db.anomaly.create({ data: anomalyRow(b, 'anm_x', 9) })),
    ).rejects.toThrow('another tenant')
  })

  it('gets nothing by raw statements', async () => {
    await harmless(() => attacker.sql.all('SELECT * FROM "Anomaly"'))
    await harmless(() => attacker.sql.tuples('SELECT * FROM "Anomaly"'))
    await harmless(() => attacker.sql.all('SELECT * FROM "Anomaly" WHERE "tenantId" = ?', [b]))
    await harmless(() => attacker.sql.write((tx) => tx.run('UPDATE "Anomaly" SET "note" = ?', ['x'])))
    await harmless(() => attacker.sql.write((tx) => tx.run('DELETE FROM "Wake" WHERE "tenantId" = ?', [b])))
    await harmless(() => attacker.sql.write((tx) => tx.all('SELECT * FROM "Tenant"')))
    const columns = ['tenantId', 'id', 'dueAt', 'events']
    await harmless(() =>
      attacker.sql.write((tx) =>
        tx.insert({ table: 'Wake', columns }, [
          [a, 'w', new Date(0), '[]'],
          [b, 'w', new Date(0), '[]'],
        ]),
      ),
    )
  })
})
