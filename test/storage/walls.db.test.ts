import { describe, expect, it } from 'vitest'
import { newId } from '../../src/ids.ts'
import { inTenant } from '../../src/storage/current-tenant.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { emptyDatabase, engine, onServer, testDatabase } from '../support/database.ts'
import { atEnd } from '../support/endings.ts'
import { anomalyRow, formerTokenRow, insertWorld } from '../support/rows.ts'

// Here the bound client is left out: what is tried is what would happen if its filter were not there.

const database = await testDatabase()
const { prisma, sql } = database
const a = await insertWorld(database, 'a')
const b = await insertWorld(database, 'b')

const WAKE = { table: 'Wake', columns: ['tenantId', 'id', 'dueAt', 'events'] }
const wake = (tenantId: string) => [tenantId, newId('evn'), new Date(0), '[]']

describe('a transaction of the system that enters tenants one after the other', () => {
  it('writes the rows of each', async () => {
    await sql.write(async (tx) => {
      for (const tenantId of [a, b]) {
        await tx.enter(tenantId)
        await tx.insert(WAKE, [wake(tenantId), wake(tenantId)])
      }
    })
    expect(await sql.all('SELECT "tenantId" FROM "Wake" ORDER BY "tenantId"')).toEqual(
      [a, a, b, b].map((tenantId) => ({ tenantId })),
    )
  })

  it('is refused rows of another than the one it has entered', async () => {
    const mixing = sql.write(async (tx) => {
      await tx.enter(a)
      await tx.insert(WAKE, [wake(a), wake(b)])
    })
    await expect(mixing).rejects.toThrow()
    expect(await sql.all('SELECT 1 FROM "Wake"')).toHaveLength(4)
  })
})

describe.runIf(engine === 'sqlite')('the tripwire on SQLite, without the filter', () => {
  it.each([
    ['reads everything', () => prisma.anomaly.findMany()],
    ['reads former tokens', () => prisma.formerToken.findMany()],
    ['reads another', () => prisma.anomaly.findMany({ where: { tenantId: b } })],
    ['counts', () => prisma.anomaly.count()],
    ['updates everything', () => prisma.anomaly.updateMany({ data: { note: 'x' } })],
    ['deletes everything', () => prisma.wake.deleteMany()],
    ['creates for another', () => prisma.anomaly.create({ data: anomalyRow(b, 'anm_x', 9) })],
    ['does it in a transaction', () => prisma.$transaction((tx) => tx.anomaly.findMany())],
    ['reads raw', () => sql.all('SELECT * FROM "Anomaly"')],
    ['reads rows of a page', () => sql.tuples('SELECT * FROM "Anomaly"')],
    ['writes raw', () => sql.write((tx) => tx.run('DELETE FROM "Wake"'))],
    [
      'reads raw while writing',
      () => sql.write((tx) => tx.all('SELECT * FROM "Wake" WHERE "tenantId" = ?', [b])),
    ],
    ['uses Prisma raw', () => prisma.$queryRawUnsafe('SELECT * FROM "Anomaly"')],
  ])('stops a statement that %s', async (_, attack) => {
    await expect(inTenant(a, async () => await attack())).rejects.toThrow(/does not name its tenant/)
    expect(await prisma.anomaly.count({ where: { note: null } })).toBe(2)
    expect(await prisma.wake.count()).toBe(4)
  })
})

describe.runIf(engine === 'postgresql')('row-level security on PostgreSQL, without the filter', () => {
  const asA = <T>(work: () => PromiseLike<T>): Promise<T> => inTenant(a, async () => await work())

  it('shows only the own rows, alone and in a transaction', async () => {
    expect(await asA(() => prisma.tenant.findMany({ select: { id: true } }))).toEqual([{ id: a }])
    expect(await asA(() => prisma.anomaly.findMany({ where: { tenantId: b } }))).toEqual([])
    expect(await asA(() => prisma.$transaction((tx) => tx.anomaly.count()))).toBe(1)
    expect(await asA(() => prisma.$queryRawUnsafe('SELECT "tenantId" FROM "Anomaly"'))).toEqual([
      { tenantId: a },
    ])
    expect(await asA(() => sql.all('SELECT "tenantId" FROM "Anomaly"'))).toEqual([{ tenantId: a }])
    expect(await asA(() => sql.tuples('SELECT "tenantId" FROM "Anomaly"'))).toEqual([[a]])
    expect(await asA(() => sql.write((tx) => tx.all('SELECT "tenantId" FROM "Anomaly"')))).toEqual([
      { tenantId: a },
    ])
  })

  it('shows and takes only the own former tokens, and lets nobody prolong one', async () => {
    const hashes = (tenantId: string) => prisma.formerToken.findMany({ where: { tenantId } })
    expect(await asA(() => prisma.formerToken.findMany())).toEqual(await hashes(a))
    expect(await asA(() => prisma.formerToken.deleteMany({ where: { tenantId: b } }))).toEqual({ count: 0 })
    const theirs = formerTokenRow(b, 'whe_b')
    await expect(asA(() => prisma.formerToken.create({ data: { ...theirs, hash: 'mine' } }))).rejects.toThrow(
      'row-level security',
    )
    await expect(
      asA(() => prisma.formerToken.updateMany({ data: { expiresAt: new Date() } })),
    ).rejects.toThrow('permission denied')
  })

  it('changes only the own rows', async () => {
    expect(await asA(() => prisma.anomaly.updateMany({ data: { note: 'own' } }))).toEqual({ count: 1 })
    expect(await asA(() => sql.write((tx) => tx.run('DELETE FROM "Wake"')))).toBe(2)
    expect(await prisma.anomaly.findMany({ where: { tenantId: b }, select: { note: true } })).toEqual([
      { note: null },
    ])
    expect(await prisma.wake.count()).toBe(2)
  })

  it('lets no row be made for another, nor moved to it', async () => {
    await expect(asA(() => prisma.anomaly.create({ data: anomalyRow(b, 'anm_x', 9) }))).rejects.toThrow(
      'row-level security',
    )
    await expect(asA(() => prisma.wake.updateMany({ data: { tenantId: b } }))).resolves.toEqual({ count: 0 })
    await expect(asA(() => prisma.anomaly.updateMany({ data: { tenantId: b } }))).rejects.toThrow()
  })

  it('lets a tenant neither rewrite its feed nor make a tenant', async () => {
    await expect(asA(() => prisma.activity.updateMany({ data: { note: 'x' } }))).rejects.toThrow(
      'permission denied',
    )
    await expect(
      asA(() => prisma.tenant.create({ data: { id: a, name: 'x', createdAt: new Date(0) } })),
    ).rejects.toThrow('permission denied')
  })

  it('lets the system look up, but not write events, anomalies or states', async () => {
    expect(await prisma.webhookEndpoint.count()).toBe(2)
    await expect(prisma.anomaly.create({ data: anomalyRow(a, 'anm_x', 9) })).rejects.toThrow(
      'permission denied',
    )
    await expect(prisma.detectorState.updateMany({ data: { version: 2 } })).rejects.toThrow(
      'permission denied',
    )
  })

  it('leaves no tenant behind on a connection', async () => {
    for (let round = 0; round < 20; round++) {
      await Promise.all([
        asA(() => sql.all('SELECT 1 FROM "Anomaly"')),
        asA(() => prisma.$transaction((tx) => tx.anomaly.count())),
        sql.all('SELECT 1 FROM "Tenant"').then((rows) => expect(rows).toHaveLength(2)),
        inTenant('', () => sql.all('SELECT 1 FROM "Tenant"')).then((rows) => expect(rows).toEqual([])),
      ])
    }
  })

  it('is forced on every table that there is, with a policy for each role', async () => {
    const rows = await sql.all(
      `SELECT c.relname AS "table", c.relrowsecurity AND c.relforcerowsecurity AS "forced",
         (SELECT string_agg(DISTINCT r.rolname, ' ' ORDER BY r.rolname) FROM pg_policy p
            JOIN pg_roles r ON r.oid = ANY (p.polroles) WHERE p.polrelid = c.oid) AS "roles"
       FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname NOT LIKE '\\_%'`,
    )
    expect(rows.length).toBeGreaterThanOrEqual(17)
    for (const row of rows)
      expect(row).toEqual({
        table: row['table'],
        forced: true,
        roles: expect.stringMatching(/^billingwatch_([0-9a-f]{12})_app billingwatch_\1_system$/),
      })
  })
})

describe.runIf(engine === 'postgresql')('a login that is no superuser', () => {
  const login = `billingwatch_test_${newId('key').slice(4, 14).toLowerCase()}`

  it('is told what to grant, then works, and is held to row-level security though it owns the tables', async () => {
    await onServer(`CREATE ROLE ${login} LOGIN`)
    atEnd(() => onServer(`DROP ROLE ${login}`))
    const url = new URL(await emptyDatabase())
    const name = url.pathname.slice(1)
    await onServer(`ALTER DATABASE "${name}" OWNER TO ${login}`)
    url.username = login
    const databaseUrl = url.href
    const refused = await migrate({ databaseUrl }).then(
      () => '',
      (error: Error) => error.message,
    )
    const [, remedy = ''] = /As a superuser, run: (.*)$/.exec(refused) ?? []
    expect(remedy).toContain(`TO "${login}";`)
    await onServer(remedy)
    expect(await migrate({ databaseUrl })).not.toEqual([])
    const other = await openDatabase({ databaseUrl })
    const own = await insertWorld(other, 'own')
    await insertWorld(other, 'other')
    expect(await inTenant(own, () => other.sql.all('SELECT "tenantId" FROM "Anomaly"'))).toEqual([
      { tenantId: own },
    ])
    await other.close()
  })

  it('gets the roles from the login that migrates', async () => {
    const second = `${login}_app`
    await onServer(`CREATE ROLE ${second} LOGIN`)
    atEnd(() => onServer(`DROP ROLE ${second}`))
    const migrateDatabaseUrl = await emptyDatabase()
    const url = new URL(migrateDatabaseUrl)
    url.username = second
    await expect(openDatabase({ databaseUrl: url.href })).rejects.toThrow('billingwatch migrate')
    await migrate({ databaseUrl: url.href, migrateDatabaseUrl })
    const other = await openDatabase({ databaseUrl: url.href })
    await insertWorld(other, 'own')
    await other.close()
  })
})

it.runIf(engine === 'postgresql')('names the server that does not answer', async () => {
  const databaseUrl = 'postgresql://root:secret@127.0.0.1:1/none'
  await expect(openDatabase({ databaseUrl })).rejects.toThrow('PostgreSQL at 127.0.0.1:1 does not answer')
  await expect(migrate({ databaseUrl })).rejects.toThrow('PostgreSQL at 127.0.0.1:1 does not answer')
})
