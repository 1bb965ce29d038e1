import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../../src/ids.ts'
import type { Database } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { Driver } from '../../src/storage/sqlite/driver.ts'
import { AT, tenantRow } from '../support/rows.ts'

let folder: string
let databaseUrl: string
let path: string
let database: Database

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'billingwatch-'))
  path = join(folder, 'nested', 'test.db')
  databaseUrl = `file:${path}`
  await migrate({ databaseUrl })
  database = await openDatabase({ databaseUrl })
})

afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

const insertRaw = (into: Database, id = newId('ten')) =>
  into.sql.write((tx) => tx.insert({ table: 'Tenant', columns: ['id', 'name', 'createdAt'] }, [[id, id, AT]]))

it('makes a file that survives a power cut, checks references, and can give space back', () => {
  const file = new Driver(path, { readonly: true })
  expect(file.pragma('journal_mode', { simple: true })).toBe('wal')
  expect(file.pragma('auto_vacuum', { simple: true })).toBe(2)
  file.close()
})

it('writes with synchronous=FULL and foreign keys on, by either way', async () => {
  const settings = database.prisma.$transaction(async (tx) => [
    await tx.$queryRawUnsafe('PRAGMA synchronous'),
    await tx.$queryRawUnsafe('PRAGMA foreign_keys'),
  ])
  expect(await settings).toEqual([[{ synchronous: 2n }], [{ foreign_keys: 1n }]])
  const orphan = { table: 'Claim', columns: ['tenantId', 'servedAt'] }
  await expect(database.sql.write((tx) => tx.insert(orphan, [['ten_nobody', AT]]))).rejects.toMatchObject({
    code: 'SQLITE_CONSTRAINT_FOREIGNKEY',
  })
})

it('serves the next one after a COMMIT that failed', async () => {
  const lost = newId('ten')
  const failing = database.prisma.$transaction(async (tx) => {
    await tx.$executeRawUnsafe('PRAGMA defer_foreign_keys = ON')
    await tx.tenant.create({ data: tenantRow(lost) })
    await tx.claim.create({ data: { tenantId: 'ten_nobody', servedAt: AT } })
  })
  await expect(failing).rejects.toThrow()
  const raw = database.sql.write(async (tx) => {
    await tx.run('PRAGMA defer_foreign_keys = ON')
    await tx.insert({ table: 'Claim', columns: ['tenantId', 'servedAt'] }, [['ten_nobody', AT]])
  })
  await expect(raw).rejects.toThrow('FOREIGN KEY')
  const kept = newId('ten')
  await insertRaw(database, kept)
  const ids = await database.prisma.tenant.findMany({
    where: { id: { in: [lost, kept] } },
    select: { id: true },
  })
  expect(ids).toEqual([{ id: kept }])
})

it('refuses to write where only reading is promised', async () => {
  await expect(database.sql.all('DELETE FROM "Wake"')).rejects.toThrow()
})

it("waits for another process's lock while the event loop goes on", async () => {
  const script = join(folder, 'holder.cjs')
  const driver = JSON.stringify(join(import.meta.dirname, '../../node_modules/better-sqlite3'))
  await writeFile(
    script,
    `const file = new (require(${driver}))(process.argv[2])
     file.exec('BEGIN IMMEDIATE')
     process.send('held')
     process.on('message', () => { file.exec('COMMIT'); process.disconnect() })`,
  )
  const holder = fork(script, [path])
  await once(holder, 'message')
  let ended = false
  const [raw, own] = [newId('ten'), newId('ten')]
  const writes = Promise.all([
    insertRaw(database, raw),
    database.prisma.tenant.create({ data: tenantRow(own) }),
  ]).finally(() => {
    ended = true
  })
  for (let turns = 0; turns < 50; turns++) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    expect(await database.prisma.tenant.count({ where: { id: { in: [raw, own] } } })).toBe(0)
  }
  expect(ended).toBe(false)
  holder.send('release')
  await writes
  expect(await database.prisma.tenant.count({ where: { id: { in: [raw, own] } } })).toBe(2)
})

it('lets several openers of one file write at once, and loses nothing', async () => {
  const others = await Promise.all([openDatabase({ databaseUrl }), openDatabase({ databaseUrl })])
  const before = await database.prisma.tenant.count()
  await Promise.all(
    [database, ...others].flatMap((opener) => [
      ...Array.from({ length: 20 }, () => insertRaw(opener)),
      ...Array.from({ length: 10 }, () => opener.prisma.tenant.create({ data: tenantRow() })),
    ]),
  )
  expect(await database.prisma.tenant.count()).toBe(before + 90)
  await Promise.all(others.map((other) => other.close()))
})

it('refuses a write from inside a write, which would wait for itself', async () => {
  const inner = database.sql.write(() => insertRaw(database))
  await expect(inner).rejects.toThrow('from inside a write')
  await insertRaw(database)
})

it('folds its log into the file when it closes', async () => {
  const url = `file:${join(folder, 'closing.db')}`
  await migrate({ databaseUrl: url })
  const closing = await openDatabase({ databaseUrl: url })
  const write = insertRaw(closing)
  await closing.close()
  await write
  expect(existsSync(join(folder, 'closing.db-wal'))).toBe(false)
})
