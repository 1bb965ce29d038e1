import { beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import {
  createTenant,
  deleteTenant,
  listTenants,
  markDeleted,
  markedTenants,
} from '../../src/tenancy/tenants.ts'
import { testDatabase } from '../support/database.ts'
import { clock } from '../support/stepped-clock.ts'
import { fillTenant, rowsByTable } from '../support/whole-tenant.ts'
import { acting, newTenant } from './office.ts'

let database: Database
beforeAll(async () => {
  database = await testDatabase()
})

const fill = ({ id, endpoint }: Awaited<ReturnType<typeof newTenant>>) =>
  fillTenant(database, { tenantId: id, endpointId: endpoint.id, now: clock.now() })

describe('erasing a tenant', () => {
  it('leaves no row of it in any table, and every row of its neighbour', async () => {
    const [gone, stays] = [await newTenant(database), await newTenant(database)]
    await fill(gone)
    await fill(stays)
    const before = await rowsByTable(database, stays.id)
    // A new model has to be filled here too.
    expect(Object.entries(before).filter(([, rows]) => rows === 0)).toEqual([])
    expect(Object.keys(before).length).toBeGreaterThanOrEqual(17)

    const progress: number[] = []
    await deleteTenant(database, acting, gone.id, {
      settleMs: 0,
      progress: (rows) => void progress.push(rows),
    })
    expect(Object.entries(await rowsByTable(database, gone.id)).filter(([, rows]) => rows > 0)).toEqual([])
    expect(await rowsByTable(database, stays.id)).toEqual(before)
    const total = Object.values(before).reduce((sum, rows) => sum + rows, 0)
    expect(progress.at(-1)).toBe(total)
    expect(Math.max(...progress.map((rows, index) => rows - (progress[index - 1] ?? 0)))).toBeLessThanOrEqual(
      500,
    )
  })

  it('cuts it off at once, and can be finished by another process', async () => {
    const { id } = await newTenant(database)
    await markDeleted(database, acting, id)
    await markDeleted(database, acting, id)
    expect((await listTenants(database)).map((tenant) => tenant.id)).not.toContain(id)
    expect(await markedTenants(database)).toContain(id)
    await deleteTenant(database, acting, id, { settleMs: 0 })
    expect(await markedTenants(database)).not.toContain(id)
  })

  it('may be done by two processes at once', async () => {
    const tenant = await newTenant(database)
    const { id } = tenant
    await fill(tenant)
    await Promise.all([1, 2].map(() => deleteTenant(database, acting, id, { settleMs: 0 })))
    expect(Object.values(await rowsByTable(database, id)).every((rows) => rows === 0)).toBe(true)
  })

  it('of one that never was is NOT_FOUND', async () => {
    await expect(deleteTenant(database, acting, 'ten_nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('keeps its externalId taken until it is over', async () => {
    const input = { name: 'Back again', externalId: 'crm-back' }
    const first = await createTenant(database, acting, input)
    await markDeleted(database, acting, first.tenant.id)
    await expect(createTenant(database, acting, input)).rejects.toMatchObject({ code: 'CONFLICT' })
    await deleteTenant(database, acting, first.tenant.id, { settleMs: 0 })
    expect((await createTenant(database, acting, input)).existing).toBe(false)
  })
})
