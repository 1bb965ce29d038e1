import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { moveTenant } from '../../src/tenancy/move/move-tenant.ts'
import { createVault } from '../../src/tenancy/vault.ts'
import { systemClock } from '../../src/time.ts'
import { cli, cliJson } from '../cli/harness.ts'
import {
  environment,
  makeTenant,
  nowSeconds,
  post,
  query,
  STRIPE_SECRET,
  startServer,
  type TestTenant,
  temporaryFolder,
} from '../support/app.ts'
import { emptyDatabase, engine } from '../support/database.ts'
import { atEnd } from '../support/endings.ts'
import { createServerDatabase, serverAnswers } from '../support/postgres-server.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { fillTenant, rowsByTable } from '../support/whole-tenant.ts'
import { newTenant } from './office.ts'

const postgres = await serverAnswers()

/** An empty database of the other engine, where there is one. */
async function elsewhere(): Promise<string> {
  if (engine === 'postgresql' || !postgres) return `file:${join(temporaryFolder(), 'other.db')}`
  const { url, drop } = await createServerDatabase()
  atEnd(drop)
  return url
}

async function opened(databaseUrl: string): Promise<Database> {
  await migrate({ databaseUrl })
  const database = await openDatabase({ databaseUrl })
  atEnd(() => database.close())
  return database
}

const doubleCharge = (customer: string) => {
  const at = nowSeconds() - 10
  return [at, at + 4].map((created) =>
    event('charge.succeeded', charge({ created, customer, payment_intent: `pi_${customer}_${created}` }), {
      created,
      id: `evt_${customer}_${created}`,
    }),
  )
}

const SHOWN = '{ tenant { name } events { totalCount } }'

const shown = async (url: string, { key }: TestTenant) => (await query(url, key, SHOWN)).data
const anomaliesOf = async (url: string, { key }: TestTenant) =>
  JSON.parse(JSON.stringify((await query(url, key, '{ anomalies { nodes { id } } }')).data)).anomalies.nodes
const codeOf = async (url: string, { key }: TestTenant, mutation: string) => {
  const { errors } = await query(url, key, mutation)
  return JSON.parse(JSON.stringify(errors ?? [{ extensions: { code: 'none' } }]))[0].extensions.code
}

const MUTATION = 'mutation { createApiKey(input: {name: "new", role: VIEWER}) { apiKey { id } } }'

describe('copy', () => {
  it('moves a tenant under load: nothing that was answered 200 is missing, its URL and keys work there, and here it is read-only', async () => {
    const [fromUrl, toUrl] = [await emptyDatabase(), await elsewhere()]
    const app = await startServer(fromUrl)
    const [mine, other] = [await makeTenant(app, fromUrl), await makeTenant(app, fromUrl)]
    for (const one of doubleCharge('cus_first')) await post(app.url, mine.token, one)
    await vi.waitFor(async () => expect(await anomaliesOf(app.url, mine)).toHaveLength(1), {
      timeout: 45_000,
    })

    const accepted: string[] = []
    let running = true
    const load = (async () => {
      for (let n = 0; running && n < 2_000; n++)
        for (const one of doubleCharge(`cus_${n}`)) {
          const { status } = await post(app.url, mine.token, one)
          if (status === 200) accepted.push(String(one['id']))
          else expect(status).toBe(503)
        }
    })()
    const argv = ['copy', '--from', fromUrl, '--to', toUrl, '--tenant', mine.id]
    const copied = (await cliJson(environment(fromUrl), argv)) as { rows: number }
    running = false
    await load
    expect(copied).toEqual({ tenants: 1, rows: expect.any(Number), verified: true })
    expect(copied.rows).toBeGreaterThan(accepted.length)

    const refused = await post(app.url, mine.token, doubleCharge('cus_late')[0] ?? {})
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '60'])
    expect((await post(app.url, other.token, doubleCharge('cus_other')[0] ?? {})).status).toBe(200)
    expect(await codeOf(app.url, mine, MUTATION)).toBe('UNAVAILABLE')
    expect(await codeOf(app.url, other, MUTATION)).toBe('none')
    const here = await shown(app.url, mine)
    expect(await query(app.url, mine.key, '{ tenant { health { status reasons } } }')).toMatchObject({
      data: {
        tenant: {
          health: { status: 'FAILING', reasons: [expect.stringContaining('moves to another database')] },
        },
      },
    })
    expect((await fetch(`${app.url}/readyz`)).status).toBe(200)

    const target = await startServer(toUrl)
    const events = await scopeTo(target.database, mine.id).db.stripeEvent.findMany({
      where: { tenantId: mine.id },
      select: { stripeId: true },
    })
    const there = new Set(events.map(({ stripeId }) => stripeId))
    expect(accepted.filter((id) => !there.has(id))).toEqual([])
    expect(await shown(target.url, mine)).toEqual(here)
    expect(await anomaliesOf(target.url, mine)).toEqual(
      expect.arrayContaining(await anomaliesOf(app.url, mine)),
    )
    expect(here).toMatchObject({ events: { totalCount: events.length } })
    expect((await post(target.url, mine.token, doubleCharge('cus_late')[0] ?? {})).status).toBe(200)
    expect(await codeOf(target.url, mine, MUTATION)).toBe('none')

    // Run again it finds that nothing is left to do; and there is no way to write to both.
    expect(await cliJson(environment(fromUrl), argv)).toMatchObject({ tenants: 1, rows: 0, earlier: 1 })
    const cancelled = await cli(environment(fromUrl), [...argv, '--cancel'])
    expect([cancelled.code, cancelled.stderr]).toEqual([1, expect.stringContaining('delete it there first')])
    await cliJson(environment(fromUrl), ['tenant', 'delete', mine.id, '--yes'])
    expect((await post(app.url, mine.token, doubleCharge('cus_gone')[0] ?? {})).status).toBe(404)
  }, 90_000)

  it('takes every row of every table there and back, alike', async () => {
    const [from, to] = [await opened(await emptyDatabase()), await opened(await elsewhere())]
    const tenant = await newTenant(from)
    await fillTenant(from, {
      tenantId: tenant.id,
      endpointId: tenant.endpoint.id,
      now: tenant.tenant.createdAt,
    })
    const before = await rowsByTable(from, tenant.id)
    expect(Object.values(before).every((rows) => rows > 0)).toBe(true)
    const total = Object.values(before).reduce((sum, rows) => sum + rows, 0)
    const move = { clock: systemClock, settleMs: 0 }
    expect(await moveTenant({ ...move, from, to }, tenant.id)).toBe(total)
    expect(await rowsByTable(to, tenant.id)).toEqual(before)

    const back = await opened(await emptyDatabase())
    expect(await moveTenant({ ...move, from: to, to: back }, tenant.id)).toBe(total)
    const [first, last] = [from, back].map(async ({ sql }) =>
      Promise.all(
        Object.keys(before)
          // Each move raises the version of what was remembered of it.
          .filter((table) => table !== 'Tenant' && table !== 'Claim')
          .map((table) =>
            sql.all(`SELECT * FROM "${table}" WHERE "tenantId" = ? ORDER BY 1, 2, 3`, [tenant.id]),
          ),
      ),
    )
    expect(await last).toEqual(await first)
  }, 60_000)

  it('goes on where it was broken off, and until then the tenant is served by neither as a whole', async () => {
    const [fromUrl, toUrl] = [await emptyDatabase(), await elsewhere()]
    const [from, to] = [await opened(fromUrl), await opened(toUrl)]
    const tenant = await newTenant(from)
    await fillTenant(from, {
      tenantId: tenant.id,
      endpointId: tenant.endpoint.id,
      now: tenant.tenant.createdAt,
    })
    let pages = 0
    const check = () => {
      pages += 1
      if (pages > 6) throw new Error('killed')
    }
    const move = { from, to, clock: systemClock, settleMs: 0 }
    await expect(moveTenant({ ...move, check }, tenant.id)).rejects.toThrow('killed')
    const keys = await to.sql.all('SELECT 1 FROM "ApiKey"')
    expect(keys).toEqual([])
    expect(await moveTenant(move, tenant.id)).toBeGreaterThan(1_000)
    expect(await rowsByTable(to, tenant.id)).toEqual(await rowsByTable(from, tenant.id))
  }, 60_000)

  it('is taken back by --cancel before it is complete', async () => {
    const [fromUrl, toUrl] = [await emptyDatabase(), await elsewhere()]
    const [from, to] = [await opened(fromUrl), await opened(toUrl)]
    const tenant = await newTenant(from)
    const move = { from, to, clock: systemClock, settleMs: 0 }
    const check = () => {
      throw new Error('killed')
    }
    await expect(moveTenant({ ...move, check }, tenant.id)).rejects.toThrow('killed')
    const env = environment(fromUrl, {
      BILLINGWATCH_SECRET: 'a secret for tests, longer than thirty-two characters',
    })
    const told = await cli(env, ['tenant', 'show', tenant.id])
    expect(told.stdout).toContain('read-only (moves to another database')
    const update = ['tenant', 'update', tenant.id, '--name', 'New']
    const refused = await cli(env, [...update, '--json'])
    expect([refused.code, refused.json()]).toEqual([
      1,
      { error: { code: 'UNAVAILABLE', message: expect.stringContaining('read-only') } },
    ])
    await cliJson(env, ['copy', '--from', fromUrl, '--to', toUrl, '--tenant', tenant.id, '--cancel'])
    expect(Object.values(await rowsByTable(to, tenant.id)).every((rows) => rows === 0)).toBe(true)
    expect(await cliJson(env, update)).toMatchObject({ name: 'New' })
  }, 60_000)

  it('seals anew where the target has a secret of its own, and refuses a secret that is not the target’s', async () => {
    const [fromUrl, toUrl] = [await emptyDatabase(), await elsewhere()]
    const app = await startServer(fromUrl)
    const tenant = await makeTenant(app, fromUrl)
    const theirs = 'the secret of the other installation, long enough'
    const there = await startServer(toUrl, { BILLINGWATCH_SECRET: theirs })
    await cliJson({ ...environment(toUrl), BILLINGWATCH_SECRET: theirs }, ['tenant', 'create', 'Theirs'])
    const argv = ['copy', '--from', fromUrl, '--to', toUrl, '--tenant', tenant.id]
    const wrong = await cli(environment(fromUrl), argv)
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('cannot be opened')])
    expect((await post(app.url, tenant.token, doubleCharge('cus_1')[0] ?? {})).status).toBe(200)
    const copied = await cliJson(environment(fromUrl), [...argv, '--to-secret', '-'], theirs)
    expect(copied).toMatchObject({ tenants: 1, verified: true })
    expect((await post(there.url, tenant.token, doubleCharge('cus_2')[0] ?? {})).status).toBe(200)
    const { db } = scopeTo(there.database, tenant.id)
    const [secret] = await db.webhookSecret.findMany({ where: { tenantId: tenant.id } })
    const place = { tenantId: tenant.id, id: secret?.id ?? '', purpose: 'webhook-secret' } as const
    expect(createVault(theirs).open(secret?.sealed ?? '', place)).toBe(STRIPE_SECRET)
  }, 60_000)

  it('copies all tenants, and names what it cannot do', async () => {
    const [fromUrl, toUrl] = [await emptyDatabase(), await elsewhere()]
    const from = await opened(fromUrl)
    const tenants = [await newTenant(from), await newTenant(from), await newTenant(from)]
    const env = environment(fromUrl, {
      BILLINGWATCH_SECRET: 'a secret for tests, longer than thirty-two characters',
    })
    const unknown = await cli(env, [
      'copy',
      '--from',
      fromUrl,
      '--to',
      toUrl,
      '--tenant',
      'ten_nobody',
      '--json',
    ])
    expect(unknown.json()).toMatchObject({
      error: { code: 'NOT_FOUND', message: expect.stringContaining('ten_nobody') },
    })
    const same = await cli(env, ['copy', '--from', fromUrl, '--to', fromUrl])
    expect(same.code).toBe(2)
    const nowhere = await cli(env, ['copy', '--from', `file:${temporaryFolder()}/none.db`, '--to', toUrl])
    expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining('none.db')])
    const copied = await cliJson(env, ['copy', '--from', fromUrl, '--to', toUrl])
    expect(copied).toMatchObject({ tenants: 3, verified: true })
    const listed = await cliJson({ ...env, DATABASE_URL: toUrl }, ['tenant', 'list'])
    expect(listed).toHaveLength(tenants.length)
  }, 60_000)
})
