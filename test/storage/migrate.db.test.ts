import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate } from '../../src/storage/migrate.ts'
import { type Migration, readMigrations } from '../../src/storage/migrations.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { migratePostgres } from '../../src/storage/postgres/migrate.ts'
import { migrateSqlite } from '../../src/storage/sqlite/migrate.ts'
import { emptyDatabase, engine } from '../support/database.ts'
import { AT, tenantRow } from '../support/rows.ts'

let root: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'billingwatch-migrations-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** Migrations as they would be read from a package that has these files. */
async function packageWith(files: Record<string, string>): Promise<Migration[]> {
  const folder = await mkdtemp(join(root, 'package-'))
  for (const [name, script] of Object.entries(files)) {
    const path = join(folder, 'prisma', engine, 'migrations', name)
    await mkdir(path, { recursive: true })
    await writeFile(join(path, 'migration.sql'), script)
  }
  return readMigrations(engine, folder)
}

const apply = (url: string, migrations: readonly Migration[]) =>
  engine === 'sqlite' ? migrateSqlite(url, migrations) : migratePostgres(url, url, migrations)

const PARENT = 'CREATE TABLE "parent" ("id" INTEGER PRIMARY KEY);'
const CHILD = 'CREATE TABLE "child" ("id" INTEGER PRIMARY KEY, "parent" INTEGER REFERENCES "parent" ("id"));'

const names = (migrations: readonly Migration[]) => migrations.map(({ name }) => name)

describe('the migrations of the package', () => {
  it('make a database that works, once', async () => {
    const databaseUrl = await emptyDatabase()
    expect(await migrate({ databaseUrl })).toEqual(names(readMigrations(engine)))
    expect(await migrate({ databaseUrl })).toEqual([])
    const database = await openDatabase({ databaseUrl })
    await database.prisma.tenant.create({ data: tenantRow('ten_a') })
    await database.prisma.claim.create({ data: { tenantId: 'ten_a', servedAt: AT } })
    await database.close()
  })

  it('are applied once by three processes that start at the same time', async () => {
    const databaseUrl = await emptyDatabase()
    const applied = await Promise.all([1, 2, 3].map(() => migrate({ databaseUrl })))
    expect(applied.flat().sort()).toEqual(names(readMigrations(engine)))
  })

  it("are recorded as Prisma's own tool records them", async () => {
    const databaseUrl = await emptyDatabase()
    await migrate({ databaseUrl })
    const database = await openDatabase({ databaseUrl })
    const rows = await database.sql.all('SELECT * FROM "_prisma_migrations" ORDER BY "migration_name"')
    expect(rows.map((row) => [row['migration_name'], row['checksum']])).toEqual(
      readMigrations(engine).map(({ name, checksum }) => [name, checksum]),
    )
    for (const row of rows) {
      expect(row).toMatchObject({ applied_steps_count: 1, logs: null, rolled_back_at: null })
      expect(row['finished_at']).not.toBeNull()
    }
    await database.close()
  })
})

it('moves counts by the hour into the first quarter of it', async () => {
  const url = await emptyDatabase()
  const all = readMigrations(engine)
  const last = all.findIndex(({ name }) => name.endsWith('metrics_by_the_quarter_hour'))
  await apply(url, all.slice(0, last))
  const database = await openDatabase({ databaseUrl: url })
  // As the table was then, not as the models are now.
  await database.prisma
    .$executeRaw`INSERT INTO "Tenant" ("id", "name", "createdAt") VALUES ('ten_a', 'A', ${AT})`
  // Among them hours that are four times others.
  const hours = [1, 4, 16, 494_530]
  await database.sql.write(async (tx) => {
    await tx.enter('ten_a')
    const rows = hours.map((hour) => ['ten_a', 's', hour, 'usd', hour])
    await tx.insert(
      { table: 'MetricBucket', columns: ['tenantId', 'stream', 'hour', 'currency', 'events'] },
      rows,
    )
  })
  await apply(url, all)
  const kept = await database.sql.all('SELECT "slot", "events" FROM "MetricBucket" ORDER BY "slot"')
  expect(kept.map(({ slot, events }) => [Number(slot), Number(events)])).toEqual(
    hours.map((hour) => [hour * 4, hour]),
  )
  await database.close()
})

it('says that the migrations are missing instead of starting on an empty database', () => {
  expect(() => readMigrations(engine, root)).toThrow('The migrations are missing')
})

it('refuses a migration that was edited after it was applied', async () => {
  const url = await emptyDatabase()
  await apply(url, await packageWith({ '1_first': PARENT }))
  const edited = await packageWith({ '1_first': `${PARENT}\n-- better`, '2_second': CHILD })
  await expect(apply(url, edited)).rejects.toThrow('1_first was edited')
})

it('takes CRLF and LF for the same', async () => {
  const url = await emptyDatabase()
  const lines = `-- two lines\n${PARENT}\n`
  await apply(url, await packageWith({ '1_first': lines.replaceAll('\n', '\r\n') }))
  expect(await apply(url, await packageWith({ '1_first': lines }))).toEqual([])
})

it('refuses a database that a newer program has migrated', async () => {
  const url = await emptyDatabase()
  await apply(url, await packageWith({ '1_first': PARENT, '2_second': CHILD }))
  await expect(apply(url, await packageWith({ '1_first': PARENT }))).rejects.toThrow('newer BillingWatch')
})

it('leaves nothing of a migration that fails, and applies it once it is mended', async () => {
  const url = await emptyDatabase()
  const first = { '1_first': PARENT }
  await apply(url, await packageWith(first))
  const broken = await packageWith({ ...first, '2_second': `${CHILD} CREATE TABLE "child" ("id" INTEGER);` })
  await expect(apply(url, broken)).rejects.toThrow('2_second failed')
  expect(await apply(url, await packageWith({ ...first, '2_second': CHILD }))).toEqual(['2_second'])
})

describe.runIf(engine === 'sqlite')('on SQLite', () => {
  const fill = 'INSERT INTO "parent" VALUES (1); INSERT INTO "child" VALUES (1, 1);'
  const first = { '1_first': `${PARENT}${CHILD}${fill}` }
  /** What Prisma writes when a column changes: it drops the table that others refer to. */
  const rebuild = `PRAGMA foreign_keys=OFF;
    CREATE TABLE "new_parent" ("id" INTEGER PRIMARY KEY, "name" TEXT);
    INSERT INTO "new_parent" ("id") SELECT "id" FROM "parent";
    DROP TABLE "parent";
    ALTER TABLE "new_parent" RENAME TO "parent";
    PRAGMA foreign_keys=ON;`
  const cascading = { '1_first': first['1_first'].replace('("id"));', '("id") ON DELETE CASCADE);') }

  it('rebuilds a table without losing the rows that refer to it', async () => {
    const url = await emptyDatabase()
    await apply(url, await packageWith(cascading))
    await apply(url, await packageWith({ ...cascading, '2_rebuild': rebuild }))
    const database = await openDatabase({ databaseUrl: url })
    expect(await database.sql.all('SELECT "id" FROM "child"')).toEqual([{ id: 1 }])
    await database.close()
  })

  it('refuses a migration that leaves rows without what they refer to', async () => {
    const url = await emptyDatabase()
    await apply(url, await packageWith(first))
    const orphaning = await packageWith({ ...first, '2_orphan': 'DELETE FROM "parent";' })
    await expect(apply(url, orphaning)).rejects.toThrow('without what they refer to')
    const database = await openDatabase({ databaseUrl: url })
    expect(await database.sql.all('SELECT "id" FROM "parent"')).toEqual([{ id: 1 }])
    await database.close()
  })

  it('copies a file that has data before it changes it, and no other', async () => {
    const url = await emptyDatabase()
    const folder = dirname(url.slice('file:'.length))
    const copies = async () => (await readdir(folder)).filter((name) => name.includes('.before-'))
    await apply(url, await packageWith(first))
    await apply(url, await packageWith(first))
    expect(await copies()).toEqual([])
    await apply(url, await packageWith({ ...first, '2_more': 'CREATE TABLE "more" ("id" INTEGER);' }))
    const [copy, ...rest] = await copies()
    expect(rest).toEqual([])
    const kept = await openDatabase({ databaseUrl: `file:${join(folder, copy ?? '')}` })
    expect(await kept.sql.all('SELECT "parent" FROM "child"')).toEqual([{ parent: 1 }])
    expect(await kept.sql.all(`SELECT 1 FROM sqlite_schema WHERE "name" = 'more'`)).toEqual([])
    await kept.close()
  })

  it('names the file that it cannot use', async () => {
    const url = await emptyDatabase()
    const path = url.slice('file:'.length)
    await writeFile(path, 'these are notes, and no database at all'.repeat(100))
    const complaint = `Cannot use the database file ${path}: file is not a database`
    await expect(migrate({ databaseUrl: url })).rejects.toThrow(complaint)
    await expect(openDatabase({ databaseUrl: url })).rejects.toThrow(complaint)
    const folder = dirname(path)
    const { mode } = await stat(folder)
    await expect(openDatabase({ databaseUrl: `file:${folder}` })).rejects.toThrow(folder)
    expect((await stat(folder)).mode).toBe(mode)
  })

  it('makes the folder of its file', async () => {
    const url = (await emptyDatabase()).replace('test.db', 'a/b/test.db')
    await migrate({ databaseUrl: url })
    expect(existsSync(url.slice('file:'.length))).toBe(true)
  })
})
