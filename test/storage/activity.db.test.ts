import { beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../../src/actor.ts'
import { recordActivity } from '../../src/storage/activity.ts'
import type { Database } from '../../src/storage/database.ts'
import { testDatabase } from '../support/database.ts'
import { clock } from '../support/stepped-clock.ts'
import { newTenant } from '../tenancy/office.ts'

let database: Database
beforeAll(async () => {
  database = await testDatabase()
})

const actor: Actor = { kind: 'SYSTEM', name: 'test' }
const entry = (note: string) => ({ at: clock.now(), kind: 'TENANT_UPDATED' as const, actor, note })

describe('recording activity', () => {
  it('numbers without gap or repeat, however many write at once, in order within each write', async () => {
    const { id, scope } = await newTenant(database)
    const head = await scope.db.activity.count()
    const given = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        scope.transaction((db) => recordActivity(db, id, [entry(`${n}a`), entry(`${n}b`)])),
      ),
    )
    for (const [first = 0n, second] of given) expect(second).toBe(first + 1n)
    const rows = await scope.db.activity.findMany({ orderBy: { seq: 'asc' }, skip: head })
    expect(rows.map(({ seq }) => Number(seq))).toEqual(Array.from({ length: 20 }, (_, n) => head + 1 + n))
    expect((await scope.db.tenant.findFirst())?.seq).toBe(BigInt(head + 20))
  })

  it('gives its numbers back when the act is rolled back', async () => {
    const { id, scope } = await newTenant(database)
    const before = await scope.db.tenant.findFirst()
    const failing = scope.transaction(async (db) => {
      await recordActivity(db, id, [entry('never was')])
      throw new Error('the act failed')
    })
    await expect(failing).rejects.toThrow('the act failed')
    expect((await scope.db.tenant.findFirst())?.seq).toBe(before?.seq)
    expect(await scope.db.activity.count({ where: { note: 'never was' } })).toBe(0)
  })

  it('of nothing is nothing', async () => {
    const { id, scope } = await newTenant(database)
    expect(await scope.transaction((db) => recordActivity(db, id, []))).toEqual([])
  })
})
