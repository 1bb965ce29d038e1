import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createLogger } from '../../src/log.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { madeDatabase } from '../../src/storage/migrations.ts'
import { emptyDatabase, engine } from '../support/database.ts'
import { cli, SECRET } from './harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'bw-databases-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** An address of the engine under test where nothing is, and what a message must name of it. */
const nowhere = engine === 'sqlite' ? `file:${join(folder, 'a typo', 'bw.db')}` : await emptyDatabase()
const place = engine === 'sqlite' ? join(folder, 'a typo', 'bw.db') : new URL(nowhere).pathname.slice(1)

describe('a database that is not there', () => {
  it.each([
    [['tenant', 'list']],
    [['tenant', 'show', 'ten_x']],
    [['tenant', 'delete', 'ten_x', '--yes']],
    [['endpoint', 'list', 'ten_x']],
    [['secret', 'rewrap']],
    [['key', 'list', 'ten_x']],
    [['replay', 'ten_x', '-']],
    [['replay', 'ten_x', '-', '--dry-run']],
  ])('is named by %j, which makes none', async (argv) => {
    const env = { DATABASE_URL: nowhere, ...(engine === 'postgresql' && { BILLINGWATCH_SECRET: SECRET }) }
    const { code, stdout, stderr } = await cli(env, argv)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^error: there is (no database|nothing of BillingWatch).*\n$/)
    expect(stderr).toContain(place)
    expect(readdirSync(folder)).toEqual([])
  })

  it('is made when it is migrated at last', async () => {
    expect(madeDatabase(await migrate({ databaseUrl: nowhere }))).toBe(true)
  })

  it.each([[['migrate']], [['tenant', 'create', 'First']]])('is made by %j, which says so', async (argv) => {
    const databaseUrl = await emptyDatabase()
    const env = { DATABASE_URL: databaseUrl, BILLINGWATCH_SECRET: SECRET, PUBLIC_URL: 'http://localhost' }
    const first = await cli(env, argv)
    expect(first.code).toBe(0)
    expect(first.stderr).toMatch(/^Made a new database: \S+\n$/)
    if (engine === 'sqlite') expect(first.stderr).toContain(databaseUrl.slice('file:'.length))
    const second = await cli(env, argv)
    expect([second.code, second.stderr]).toEqual([0, ''])
  })
})

describe('webhook URLs on the command line', () => {
  const created = async (env: Record<string, string>) => {
    const { stdout, stderr } = await cli(env, ['tenant', 'create', 'Somebody', '--json'])
    return { url: String(JSON.parse(stdout).webhookUrl), stderr }
  }

  it('are those of the server that has the database open, whatever its port', async () => {
    if (engine !== 'sqlite') return
    const databaseUrl = await emptyDatabase()
    const env = { DATABASE_URL: databaseUrl, BILLINGWATCH_SECRET: SECRET, MIN_FREE_DISK: '0' }
    const app = await startApp({ config: readConfig({ ...env, PORT: '0' }), log: createLogger('silent') })
    try {
      const { url, stderr } = await created(env)
      expect(stderr).toBe('')
      expect(new URL(url).origin).toBe(`http://localhost:${new URL(app.url).port}`)
    } finally {
      await app.close()
    }
    expect(existsSync(`${databaseUrl.slice('file:'.length)}.server`)).toBe(false)
    expect((await created(env)).stderr).toMatch(/http:\/\/localhost:4000 is a guess/)
  })

  it('are said to be a guess while no server runs, unless PUBLIC_URL says them', async () => {
    const env = { DATABASE_URL: await emptyDatabase(), BILLINGWATCH_SECRET: SECRET }
    await migrate({ databaseUrl: env.DATABASE_URL })
    const guess = await created({ ...env, PORT: '4711' })
    expect(guess.url).toMatch(/^http:\/\/localhost:4711\/webhook\//)
    expect(guess.stderr).toMatch(/PUBLIC_URL is not set.*localhost:4711 is a guess/)
    // Of a database on a server nobody here knows which processes use it.
    expect(guess.stderr.startsWith('No server runs here')).toBe(engine === 'sqlite')
    const known = await created({ ...env, PUBLIC_URL: 'https://billing.example.com' })
    expect(known.url).toMatch(/^https:\/\/billing\.example\.com\/webhook\//)
    expect(known.stderr).toBe('')
  })
})

describe.runIf(engine === 'sqlite')('a command beside a server that was given its secret', () => {
  it('makes no key of its own when it was given none, and says what is missing', async () => {
    const databaseUrl = `file:${join(mkdtempSync(join(folder, 'given-')), 'bw.db')}`
    const env = { DATABASE_URL: databaseUrl, MIN_FREE_DISK: '0' }
    const given = { ...env, BILLINGWATCH_SECRET: SECRET }
    const app = await startApp({ config: readConfig({ ...given, PORT: '0' }), log: createLogger('silent') })
    try {
      const slip = await cli(env, ['tenant', 'create', 'First'])
      expect([slip.code, slip.stdout]).toEqual([1, ''])
      expect(slip.stderr).toMatch(
        /^error: The server at http:\/\/localhost:\d+ has .*BILLINGWATCH_SECRET.*\n$/,
      )
      expect(existsSync(join(databaseUrl.slice('file:'.length), '..', 'secret.key'))).toBe(false)
      expect((await cli(given, ['tenant', 'create', 'First'])).code).toBe(0)
    } finally {
      await app.close()
    }
  })
})
