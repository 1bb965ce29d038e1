import { closeSync, copyFileSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { Driver } from '../src/storage/sqlite/driver.ts'
import { pathOf } from '../src/storage/sqlite/path.ts'
import { makeTenant, post, startServer } from './support/app.ts'
import { emptyDatabase, engine } from './support/database.ts'
import { charge } from './support/stripe/charges.ts'
import { event } from './support/stripe/events.ts'

async function served(options: Parameters<typeof startServer>[2] = {}) {
  const databaseUrl = await emptyDatabase()
  const app = await startServer(databaseUrl, {}, options)
  const { token } = await makeTenant(app, databaseUrl)
  const deliver = async () => (await post(app.url, token, event('charge.succeeded', charge()))).status
  const ready = async () => {
    const response = await fetch(`${app.url}/readyz`)
    return { status: response.status, body: await response.json() }
  }
  return { app, databaseUrl, deliver, ready }
}

const notReady = (...checks: string[]) => ({
  status: 503,
  body: expect.objectContaining({
    checks: expect.objectContaining(Object.fromEntries(checks.map((name) => [name, false]))),
  }),
})

describe('a server is ready', () => {
  it('when it can store, which it tries at most once a second, for all who ask', async () => {
    const { app, deliver, ready } = await served()
    const asked = await Promise.all(Array.from({ length: 20 }, ready))
    expect(asked.map(({ status }) => status)).toEqual(Array(20).fill(200))
    const rows = await app.database.sql.all('SELECT "id" FROM "_probe"')
    expect(rows).toHaveLength(1)
    expect(await deliver()).toBe(200)
    expect(await ready()).toMatchObject({
      status: 200,
      body: { checks: { database: true, deliveries: true } },
    })
  })

  it('not while every delivery of the last seconds was answered 503', async () => {
    const { app, deliver, ready } = await served()
    const failing = vi
      .spyOn(app.database.sqlFor('delivery'), 'write')
      .mockRejectedValue(Object.assign(new Error('full'), { code: 'SQLITE_FULL' }))
    expect(await deliver()).toBe(503)
    expect(await ready()).toEqual(notReady('deliveries'))
    failing.mockRestore()
    expect(await deliver()).toBe(200)
    await vi.waitFor(async () => expect((await ready()).status).toBe(200), 5_000)
  })
})

describe.runIf(engine === 'sqlite')('a server whose database file', () => {
  it.each<[string, (path: string) => void]>([
    ['is removed', (path) => rmSync(path)],
    [
      'is replaced by a restored one',
      (path) => {
        copyFileSync(path, `${path}.restored`)
        renameSync(`${path}.restored`, path)
      },
    ],
    ['has lost its log', (path) => rmSync(`${path}-wal`)],
    [
      'has another log',
      (path) => {
        copyFileSync(`${path}-wal`, `${path}.other`)
        renameSync(`${path}.other`, `${path}-wal`)
      },
    ],
  ])('%s answers 503 and is not ready until it is restarted', async (_, damage) => {
    const { databaseUrl, deliver, ready } = await served()
    const path = pathOf(databaseUrl)
    copyFileSync(path, `${path}.copy`)
    expect(await deliver()).toBe(200)
    damage(path)
    expect(await deliver()).toBe(503)
    await vi.waitFor(async () => expect(await ready()).toEqual(notReady('database')), 5_000)
    // Something at the path again changes nothing: it is not what is open.
    copyFileSync(`${path}.copy`, path)
    expect(await deliver()).toBe(503)
    expect(await ready()).toEqual(notReady('database'))
  })

  it('has damaged pages is not ready and takes nothing more, without being restarted', async () => {
    const { databaseUrl, deliver, ready } = await served({ checkIntegrityAfterMs: 3_000 })
    expect(await deliver()).toBe(200)
    const reader = new Driver(pathOf(databaseUrl))
    reader.pragma('wal_checkpoint(TRUNCATE)')
    const root = reader.prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'HeldEvent'`).pluck().get()
    reader.close()
    const file = openSync(pathOf(databaseUrl), 'r+')
    writeSync(file, Buffer.alloc(4_096, 0xff), 0, 4_096, (Number(root) - 1) * 4_096)
    closeSync(file)
    await vi.waitFor(async () => expect(await ready()).toEqual(notReady('database')), 15_000)
    expect(await deliver()).toBe(503)
  })

  it('has pages that SQLite finds damaged takes nothing more, though it does not meet them again', async () => {
    const { databaseUrl, deliver, ready } = await served()
    const path = pathOf(databaseUrl)
    expect(await deliver()).toBe(200)
    const reader = new Driver(path)
    reader.pragma('wal_checkpoint(TRUNCATE)')
    reader.close()
    const whole = readFileSync(path).subarray(4_096)
    const overwrite = (bytes: Buffer) => {
      const file = openSync(path, 'r+')
      writeSync(file, bytes, 0, bytes.length, 4_096)
      closeSync(file)
    }
    overwrite(Buffer.alloc(whole.length, 0xff))
    expect(await deliver()).toBe(503)
    overwrite(whole)
    expect(await deliver()).toBe(503)
    await vi.waitFor(async () => expect(await ready()).toEqual(notReady('database')), 5_000)
  })

  it('is locked by another process is not ready, and is again once it is free', async () => {
    const { databaseUrl, ready } = await served()
    const other = new Driver(pathOf(databaseUrl), { timeout: 0 })
    // The server shares this thread: who waited here for a transaction of its would keep it from ending.
    await vi.waitFor(() => other.exec('BEGIN IMMEDIATE'), 5_000)
    expect(await ready()).toEqual(notReady('database'))
    other.exec('ROLLBACK')
    other.close()
    await vi.waitFor(async () => expect((await ready()).status).toBe(200), 5_000)
  })
})
