import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { readMigrations } from '../../src/storage/migrations.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { migrateSqlite } from '../../src/storage/sqlite/migrate.ts'
import { dataFolderOf, vaultFor } from '../../src/tenancy/vault.ts'
import { temporaryFolder } from '../support/app.ts'
import { tenantRow } from '../support/rows.ts'

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

const modesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, modeOf(join(folder, name))]))

/** The mode of most machines: what is made is readable by all. */
let usual: number
beforeEach(() => {
  usual = process.umask(0o022)
})
afterEach(() => void process.umask(usual))

describe('what an SQLite installation keeps on disk', () => {
  it('is for its owner alone while it is open: database, log, shared memory, key and the folders made for them', async () => {
    const top = temporaryFolder()
    chmodSync(top, 0o755)
    const folder = join(top, 'made', 'data')
    const config = readConfig({ DATABASE_URL: `file:${folder}/billing.db` })
    await migrateSqlite(config.databaseUrl, readMigrations('sqlite'))
    vaultFor(config, dataFolderOf(config), { warn: () => {} })
    const database = await openDatabase(config)
    await database.prisma.tenant.create({ data: tenantRow('ten_a') })
    try {
      expect(modesIn(folder)).toEqual({
        'billing.db': '600',
        'billing.db-shm': '600',
        'billing.db-wal': '600',
        'secret.key': '600',
      })
      expect([modeOf(folder), modeOf(join(top, 'made'))]).toEqual(['700', '700'])
      expect(modeOf(top)).toBe('755')
    } finally {
      await database.close()
    }
  })

  it('is taken away from others where an earlier version left it readable, and its folder is left as it is', async () => {
    const folder = join(temporaryFolder(), 'data')
    mkdirSync(folder, { mode: 0o755 })
    const path = join(folder, 'billing.db')
    for (const suffix of ['', '-journal']) writeFileSync(path + suffix, '', { mode: 0o644 })
    const database = await openDatabase({ databaseUrl: `file:${path}` })
    await database.close()
    expect(new Set(Object.values(modesIn(folder)))).toEqual(new Set(['600']))
    expect(modeOf(folder)).toBe('755')
  })

  it('is copied before a migration for its owner alone', async () => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o755)
    const url = `file:${join(folder, 'billing.db')}`
    const [first, ...others] = readMigrations('sqlite')
    if (!first) throw new Error('no migrations')
    await migrateSqlite(url, [first])
    const more = { ...first, name: '99991231000000_more', script: 'CREATE TABLE "more" ("id" INTEGER);' }
    await migrateSqlite(url, [first, ...others, more])
    const copies = Object.entries(modesIn(folder)).filter(([name]) => name.includes('.before-'))
    expect(copies.map(([, mode]) => mode)).toEqual(['600'])
  })
})
