import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { environment, makeTenant, post, query, startServer, temporaryFolder } from '../support/app.ts'
import { emptyDatabase, engine } from '../support/database.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { cli, cliJson } from './harness.ts'

async function served() {
  const databaseUrl = await emptyDatabase()
  const app = await startServer(databaseUrl)
  const tenant = await makeTenant(app, databaseUrl, 'Acme')
  const deliver = (to = app.url) => post(to, tenant.token, event('charge.succeeded', charge()))
  return { app, databaseUrl, env: environment(databaseUrl), tenant, deliver }
}

describe.runIf(engine === 'sqlite')('backup', () => {
  it('copies a database under load as it is at one moment, for its owner alone; restored, it is served', async () => {
    const { env, tenant, deliver } = await served()
    for (let n = 0; n < 20; n++) expect((await deliver()).status).toBe(200)
    let running = true
    const load = (async () => {
      while (running) await deliver()
    })()
    const file = join(temporaryFolder(), 'copy.db')
    const ran = await cli(env, ['backup', file, '--json'])
    running = false
    await load
    expect(ran.code, ran.stderr).toBe(0)
    expect(ran.json()).toEqual({
      file,
      bytes: statSync(file).size,
      tenants: 1,
      events: expect.any(Number),
    })
    expect(ran.stderr).toMatch(/BILLINGWATCH_SECRET is not in it/)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(dirname(file))).toEqual(['copy.db'])

    const restored = await startServer(`file:${file}`)
    const { data } = await query(restored.url, tenant.key, '{ tenant { name } events { totalCount } }')
    const { events } = ran.json() as { events: number }
    expect(events).toBeGreaterThanOrEqual(20)
    expect(data).toEqual({ tenant: { name: 'Acme' }, events: { totalCount: events } })
    expect((await deliver(restored.url)).status).toBe(200)
  })

  it('names the key file that a copy needs', async () => {
    const databaseUrl = await emptyDatabase()
    const env = { ...environment(databaseUrl), BILLINGWATCH_SECRET: '' }
    await cliJson(env, ['tenant', 'create', 'Acme'])
    const { stderr } = await cli(env, ['backup', join(temporaryFolder(), 'copy.db')])
    expect(stderr).toContain(join(dirname(databaseUrl.slice('file:'.length)), 'secret.key'))
  })

  it('replaces no file, makes none where there is no database or folder, and leaves nothing behind', async () => {
    const { env } = await served()
    const folder = temporaryFolder()
    const there = join(folder, 'there.db')
    writeFileSync(there, 'mine')
    const over = await cli(env, ['backup', there])
    expect([over.code, over.stderr]).toEqual([1, expect.stringContaining(`${there} is there already`)])
    expect(readFileSync(there, 'utf8')).toBe('mine')
    const nowhere = await cli(env, ['backup', join(folder, 'no', 'such', 'copy.db')])
    expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining(join(folder, 'no', 'such'))])
    const missing = join(folder, 'missing.db')
    const none = await cli(environment(`file:${missing}`), ['backup', join(folder, 'copy.db')])
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining(missing)])
    expect(existsSync(missing)).toBe(false)
    expect(readdirSync(folder)).toEqual(['there.db'])
  })

  it('does not take a file for a copy that SQLite finds damaged, or that is no database', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'data'))
    const broken = join(folder, 'data', 'broken.db')
    writeFileSync(broken, 'these are notes'.repeat(500))
    chmodSync(broken, 0o600)
    const ran = await cli(environment(`file:${broken}`), ['backup', join(folder, 'copy.db')])
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('file is not a database')])
    expect(readdirSync(folder)).toEqual(['data'])
  })
})

describe.runIf(engine === 'postgresql')('backup', () => {
  it('says what to use on PostgreSQL', async () => {
    const ran = await cli(environment(await emptyDatabase()), ['backup', 'copy.db'])
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('pg_dump')])
  })
})
