import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { newId } from '../../src/ids.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { readMigrations } from '../../src/storage/migrations.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { migratePostgres } from '../../src/storage/postgres/migrate.ts'
import { withRoles } from '../../src/storage/postgres/roles.ts'
import { cli, SECRET } from '../cli/harness.ts'
import { emptyDatabase, engine, onServer } from '../support/database.ts'
import { atEnd } from '../support/endings.ts'
import { insertWorld, tenantRow } from '../support/rows.ts'

const run = promisify(execFile)

const doctor = async (databaseUrl: string) => {
  const ran = await cli({ DATABASE_URL: databaseUrl, BILLINGWATCH_SECRET: SECRET }, ['doctor', '--json'])
  return { code: ran.code, said: ran.stdout }
}

/** A login of its own, and an empty database that belongs to it, reached by it. */
async function installation(attributes: string): Promise<{ url: string; login: string; admin: string }> {
  const login = `billingwatch_test_${newId('key').slice(4, 14).toLowerCase()}`
  await onServer(`CREATE ROLE ${login} LOGIN ${attributes}`)
  atEnd(() => onServer(`DROP ROLE ${login}`))
  const admin = await emptyDatabase()
  const url = new URL(admin)
  await onServer(`ALTER DATABASE "${url.pathname.slice(1)}" OWNER TO ${login}`)
  url.username = login
  return { url: url.href, login, admin }
}

async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const result: unknown = await client.query(statement)
    const { rows } = (Array.isArray(result) ? result.at(-1) : result) as pg.QueryResult
    return rows
  } finally {
    await client.end()
  }
}

/** The roles of the database, as its own table has them. */
const rolesAt = async (url: string): Promise<string[]> => {
  const [row] = await query(url, 'SELECT "id" FROM "_billingwatch_roles"')
  return ['app', 'system'].map((kind) => `billingwatch_${row?.['id']}_${kind}`)
}

describe.runIf(engine === 'postgresql')('two installations in one cluster', () => {
  it('cannot read each other, whatever role their logins take, while each works', async () => {
    const mine = await installation('CREATEROLE')
    const theirs = await installation('CREATEROLE')
    for (const { url } of [mine, theirs]) {
      await migrate({ databaseUrl: url })
      const database = await openDatabase({ databaseUrl: url })
      await insertWorld(database, 'own')
      expect(await database.prisma.tenant.count()).toBe(1)
      await database.close()
    }
    const intruder = new URL(theirs.url)
    intruder.username = mine.login
    // Anybody may connect, as PostgreSQL has it: what is tried is whether there is anything to see.
    for (const role of ['', ...(await rolesAt(mine.url)), ...(await rolesAt(theirs.url))]) {
      const attempt = query(intruder.href, `${role && `SET ROLE ${role}; `}SELECT "name" FROM "Tenant"`)
      await expect(attempt).rejects.toThrow('permission denied')
    }
  })

  it('are served by a login that may only connect, once an owner has migrated for it', async () => {
    const { url, login, admin } = await installation('')
    await onServer(`ALTER DATABASE "${new URL(url).pathname.slice(1)}" OWNER TO root`)
    await expect(migrate({ databaseUrl: url })).rejects.toThrow(
      `the login "${login}" may not make tables in this database. Set MIGRATE_DATABASE_URL`,
    )
    await migrate({ databaseUrl: url, migrateDatabaseUrl: admin })
    expect(await migrate({ databaseUrl: url })).toEqual([])
    const database = await openDatabase({ databaseUrl: url })
    await insertWorld(database, 'own')
    expect(await database.prisma.tenant.count()).toBe(1)
    await database.close()
  })

  it("are dumped whole by the program's own login, as the documentation says", async () => {
    const { url } = await installation('CREATEROLE')
    await migrate({ databaseUrl: url })
    const database = await openDatabase({ databaseUrl: url })
    await insertWorld(database, 'dumped')
    await database.close()
    const [, system] = await rolesAt(url)
    const options = ['--enable-row-security', `--role=${system}`, '--dbname', url]
    const { stdout } = await run('pg_dump', options, { maxBuffer: 1e8 })
    const dumped = [...stdout.matchAll(/^COPY public\."?(\w+)"? .* FROM stdin;\n([\s\S]*?)^\\\.$/gm)]
    const counts = new Map(dumped.map(([, table = '', rows = '']) => [table, rows.split('\n').length - 1]))
    const tables = await query(url, 'SELECT relname AS name FROM pg_class WHERE relrowsecurity')
    const asked = tables.map(({ name }) => `(SELECT count(*)::int FROM "${name}") AS "${name}"`)
    const [stored = {}] = await query(url, `SET ROLE ${system}; SELECT ${asked.join(', ')}`)
    expect(stored['Tenant']).toBe(1)
    expect(Object.fromEntries(tables.map(({ name }) => [name, counts.get(String(name))]))).toEqual(stored)
  })

  it('are migrated by a login that inherits nothing, whose migrations still reach the rows of all tenants', async () => {
    const { url, login, admin } = await installation('CREATEROLE NOINHERIT')
    // It inherits nothing from the role of the database's owner either.
    await query(admin, `GRANT CREATE ON SCHEMA public TO ${login}`)
    atEnd(() => query(admin, `REVOKE CREATE ON SCHEMA public FROM ${login}`))
    await migrate({ databaseUrl: url })
    const database = await openDatabase({ databaseUrl: url })
    await database.prisma.tenant.create({ data: tenantRow('ten_a') })
    await database.close()
    expect(await query(url, 'SELECT "id" FROM "Tenant"')).toEqual([])
    const [like] = readMigrations('postgresql')
    if (!like) throw new Error('no migrations')
    const script = `UPDATE "Tenant" SET "name" = 'renamed'; CREATE TABLE "later" ("id" INTEGER);`
    await migratePostgres(url, url, [...readMigrations('postgresql'), { ...like, name: '9_data', script }])
    expect(await query(admin, 'SELECT "name" FROM "Tenant"')).toEqual([{ name: 'renamed' }])
    const unforced = `SELECT relname FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity`
    expect(await query(admin, unforced)).toEqual([])
  })
})

describe.runIf(engine === 'postgresql')('a database of an earlier version', () => {
  const SHARED = { app: 'billingwatch_app', system: 'billingwatch_system' }

  /** As the version before made it: on roles that the whole cluster shares. */
  async function earlier(): Promise<string> {
    for (const role of Object.values(SHARED)) await onServer(`CREATE ROLE ${role} NOLOGIN`).catch(() => {})
    const url = await emptyDatabase()
    await migratePostgres(url, url, [])
    for (const { name, script, checksum } of readMigrations('postgresql').slice(0, 2)) {
      await query(url, script)
      await query(
        url,
        `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "finished_at", "applied_steps_count")
         VALUES ('${name.slice(0, 36)}', '${checksum}', '${name}', now(), 1)`,
      )
    }
    await query(url, 'DROP TABLE "_billingwatch_roles"')
    return url
  }

  it('gets roles of its own, goes on serving processes of that version, and doctor says how to end that', async () => {
    const databaseUrl = await earlier()
    expect((await doctor(databaseUrl)).said).toMatch(/"check":"migrations","level":"problem".*migrate/)
    await migrate({ databaseUrl })
    const database = await openDatabase({ databaseUrl })
    await database.prisma.tenant.create({ data: tenantRow('ten_a') })
    await database.prisma.tenant.create({ data: tenantRow('ten_b') })
    await database.close()
    const visible = (roles: string) =>
      query(
        databaseUrl,
        `BEGIN; SET LOCAL ROLE ${roles}; SELECT set_config('app.tenant_id', 'ten_a', true); SELECT "id" FROM "Tenant"`,
      )
    const [app = '', system = ''] = await rolesAt(databaseUrl)
    for (const role of [app, SHARED.app]) expect(await visible(role)).toEqual([{ id: 'ten_a' }])
    for (const role of [system, SHARED.system]) expect(await visible(role)).toHaveLength(2)

    const { code, said } = await doctor(databaseUrl)
    expect([code, said]).toEqual([0, expect.stringMatching(/all databases of this cluster shared/)])
    const [, remedy = ''] = /run in this database as a superuser: (DROP OWNED BY [^;]*;)/.exec(said) ?? []
    await query(databaseUrl, remedy)
    expect((await doctor(databaseUrl)).said).not.toMatch(/all databases of this cluster shared/)
    await expect(visible(SHARED.system)).rejects.toThrow('permission denied')
    expect(await visible(app)).toEqual([{ id: 'ten_a' }])
    expect(await visible(system)).toHaveLength(2)
  })
})

describe.runIf(engine === 'postgresql')('doctor, on PostgreSQL,', () => {
  it('says before the first migration what the login may not do, and how to let it', async () => {
    const { url, login, admin } = await installation('')
    await onServer(`ALTER DATABASE "${new URL(url).pathname.slice(1)}" OWNER TO root`)
    const before = await doctor(url)
    expect(before.code).toBe(1)
    expect(before.said).toMatch(new RegExp(`login \\\\"${login}\\\\" may not make tables in the database`))
    expect(before.said).toMatch(new RegExp(`login \\\\"${login}\\\\" may not make roles`))
    await onServer(`ALTER ROLE ${login} CREATEROLE`)
    await onServer(`ALTER DATABASE "${new URL(url).pathname.slice(1)}" OWNER TO ${login}`)
    expect((await doctor(url)).said).not.toMatch(/may not/)
    expect(await query(admin, `SELECT 1 FROM pg_tables WHERE schemaname = 'public'`)).toEqual([])
    await migrate({ databaseUrl: url })
    expect((await doctor(url)).code).toBe(0)
  })

  it('says that a dump was restored without its roles, and a server refuses with the same words', async () => {
    const source = await emptyDatabase()
    await migrate({ databaseUrl: source })
    const roles = await rolesAt(source)
    const { stdout: dump } = await run('pg_dump', ['--dbname', source, '--no-owner'], { maxBuffer: 1e8 })
    const target = await emptyDatabase()
    // Another cluster has none of these roles.
    const elsewhere = dump.replaceAll(/billingwatch_[0-9a-f]{12}_/g, 'billingwatch_000000000000_')
    const moved = elsewhere.replace(/^([0-9a-f]{12})$/m, '000000000000')
    const restored = run('psql', ['--dbname', target, '--quiet', '--file', '-'], { maxBuffer: 1e8 })
    restored.child.stdin?.end(moved)
    await restored
    const { code, said } = await doctor(target)
    expect([code, said]).toEqual([1, expect.stringMatching(/restored from a dump without the roles/)])
    expect(said).toMatch(/CREATE ROLE billingwatch_000000000000_app NOLOGIN;/)
    await expect(openDatabase({ databaseUrl: target })).rejects.toThrow('restored from a dump')
    expect(roles).toHaveLength(2)
  })
})

describe('the names of roles', () => {
  it('stand in a script only as whole words', () => {
    const own = { app: 'billingwatch_0123456789ab_app', system: 'billingwatch_0123456789ab_system' }
    expect(
      withRoles(`TO billingwatch_app, billingwatch_system; 'billingwatch_' || kind, billingwatch_apple`, own),
    ).toBe(`TO ${own.app}, ${own.system}; 'billingwatch_' || kind, billingwatch_apple`)
  })
})
