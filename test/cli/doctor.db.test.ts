import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { appendWake } from '../../src/storage/inbox.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { emptyDatabase, engine } from '../support/database.ts'
import { eventRow } from '../support/rows.ts'
import { cli, cliJson, type Env, freshEnv, SECRET } from './harness.ts'

let env: Env
let tenantId: string
beforeAll(async () => {
  env = { ...(await freshEnv()), PUBLIC_URL: 'http://localhost:4000', MIN_FREE_DISK: '0' }
  const made = await cliJson(env, ['tenant', 'create', 'Acme', '--webhook-secret', 'whsec_of_acme_itself'])
  tenantId = (made as { id: string }).id
})

async function change(work: (database: Database) => Promise<unknown>): Promise<void> {
  const database = await openDatabase({ databaseUrl: env['DATABASE_URL'] ?? '' })
  try {
    await work(database)
  } finally {
    await database.close()
  }
}

const doctor = (more: Env = {}) => cli({ ...env, ...more }, ['doctor', '--json'])

const notice = (check: string, message: RegExp, advice: RegExp) => ({
  ok: true,
  findings: expect.arrayContaining([
    {
      check,
      level: 'notice',
      message: expect.stringMatching(message),
      advice: expect.stringMatching(advice),
    },
  ]),
})

const problem = (check: string, message: RegExp) => ({
  ok: false,
  findings: expect.arrayContaining([
    { check, level: 'problem', message: expect.stringMatching(message), advice: expect.any(String) },
  ]),
})

describe('billingwatch doctor', () => {
  it('finds nothing wrong with what is well, and exits with 0', async () => {
    const { code, json } = await doctor()
    expect(json()).toMatchObject({ ok: true })
    expect(json()).not.toMatchObject({ findings: expect.arrayContaining([{ level: 'problem' }]) })
    expect(code).toBe(0)
  })

  it('names channels on which alerts do not arrive, and why', async () => {
    const channel = (id: string, over: object) => ({
      tenantId,
      id,
      name: id,
      kind: 'SLACK',
      target: 'slack',
      sealed: '',
      hint: '',
      routing: '{}',
      schedule: '{}',
      cursor: 0n,
      state: 'ACTIVE',
      createdAt: new Date(),
      ...over,
    })
    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000)
    await change((database) =>
      scopeTo(database, tenantId).db.alertChannel.createMany({
        data: [
          channel('chn_gone', {
            state: 'DISABLED',
            reason: 'Slack answered 404: no_service',
            failingSince: ago(5),
          }),
          channel('chn_down', { failingSince: ago(61) }),
          channel('chn_slow', { failingSince: ago(59) }),
        ],
      }),
    )
    const { json } = await doctor()
    expect(json()).toMatchObject(
      problem('alerts', /chn_gone \(SLACK\) .* is disabled: Slack answered 404: no_service/),
    )
    expect(json()).toMatchObject(problem('alerts', /chn_down \(SLACK\) .* every attempt has failed since/))
    expect(JSON.stringify(json())).not.toContain('chn_slow')
    await change((database) => scopeTo(database, tenantId).db.alertChannel.deleteMany())
  })

  it('says it to people, a line for each check', async () => {
    const { stdout } = await cli(env, ['doctor'])
    for (const check of [
      'configuration',
      'database',
      'migrations',
      'clock',
      'secrets',
      'events',
      'alerts',
      'tenants',
    ])
      expect(stdout).toMatch(new RegExp(`^ {2}ok {3}${check}: `, 'm'))
  })

  it('names each mistake of the environment', async () => {
    const { code, json } = await doctor({ PORT: 'x', RETENTION_DAYS: '3' })
    expect(code).toBe(1)
    expect(json()).toEqual(problem('configuration', /PORT.*RETENTION_DAYS/s))
  })

  it('tells a missing secret outside a local set-up', async () => {
    const { code, json } = await doctor({ HOST: '0.0.0.0', BILLINGWATCH_SECRET: undefined })
    expect(code).toBe(1)
    expect(json()).toEqual(problem('configuration', /BILLINGWATCH_SECRET/))
  })

  it('tells secrets that do not open, and ones that wait for rewrap', async () => {
    const other = 'another secret of more than thirty-two characters'
    expect((await doctor({ BILLINGWATCH_SECRET: other })).json()).toEqual(
      problem('secrets', /2 of 2 .* cannot/),
    )
    const rolling = await doctor({ BILLINGWATCH_SECRET: other, BILLINGWATCH_SECRET_PREVIOUS: SECRET })
    expect(rolling.code).toBe(0)
    expect(rolling.stdout).toMatch(/2 of 2 secrets and tokens are under the previous secret/)
  })

  it('tells a Redis that does not answer', async () => {
    const { code, json } = await doctor({ REDIS_URL: 'redis://127.0.0.1:1' })
    expect(code).toBe(1)
    expect(json()).toEqual(problem('redis', /^127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/))
  })

  it('tells events that failed, by what a detector said', async () => {
    await change(async (database) => {
      const { db } = scopeTo(database, tenantId)
      const endpoint = await db.webhookEndpoint.findFirstOrThrow()
      const failed = (id: string, error: string) => ({
        ...eventRow(tenantId, endpoint.id, id),
        ...{ status: 'FAILED', error, receivedAt: new Date() },
      })
      const data = [
        failed('evt_1', 'FRAUD_SPIKE: bad day'),
        failed('evt_2', 'FRAUD_SPIKE: bad day'),
        failed('evt_3', 'CARD_TESTING: worse'),
      ]
      await db.stripeEvent.createMany({ data })
    })
    const { code, json } = await doctor()
    expect(code).toBe(1)
    expect(json()).toEqual(problem('events', /^2 FAILED .*FRAUD_SPIKE: bad day$/))
    expect(json()).toEqual(problem('events', /^1 FAILED .*CARD_TESTING: worse$/))
    await change(({ prisma }) => prisma.stripeEvent.deleteMany({ where: { tenantId } }))
  })

  it('names a tenant whose events are not judged, and what to do where attempts have failed', async () => {
    const waiting = (minutes: number, failures: number) =>
      change(async ({ prisma, sql }) => {
        const dueAt = new Date(Date.now() - minutes * 60_000)
        await prisma.wake.deleteMany({ where: { tenantId } })
        await sql.write(async (tx) => {
          await tx.enter(tenantId)
          await appendWake(tx, tenantId, 'w', dueAt, ['evt_1'])
        })
        await prisma.claim.updateMany({ where: { tenantId }, data: { failures } })
      })
    await waiting(0.5, 0)
    expect((await doctor()).stdout).not.toContain('wait to be judged')
    await waiting(9, 0)
    const { code, json } = await doctor()
    expect(json()).toEqual(
      notice('events', /^events of 1 tenant wait to be judged, the oldest since 20.*Z$/, /Does a worker run/),
    )
    expect(code).toBe(0)
    await waiting(25, 0)
    expect((await doctor()).json()).toEqual(problem('events', /^Acme \(ten_.*: not judged for 25 minutes$/))
    await waiting(25, 4)
    expect((await doctor()).json()).toEqual(problem('events', /25 minutes; 4 attempts have failed$/))
    await change(({ prisma }) => prisma.wake.deleteMany({ where: { tenantId } }))
  })

  it('tells a tenant that fell silent, to the hour, but not one that never spoke or is suspended', async () => {
    const heard = (hours: number) =>
      change(({ prisma }) =>
        prisma.webhookEndpoint.updateMany({
          where: { tenantId },
          data: { lastDeliveryAt: new Date(Date.now() - hours * 3_600_000) },
        }),
      )
    await heard(23.9)
    expect((await doctor()).code).toBe(0)
    await heard(30.5)
    expect((await doctor()).json()).toEqual(problem('tenants', /^Acme \(ten_.*: no delivery for 30 h$/))
    await cliJson(env, ['tenant', 'suspend', tenantId])
    expect((await doctor()).code).toBe(0)
  })

  it('says how many tenants are read-only since they were moved, or while they come', async () => {
    const mark = (moving: string | null) =>
      change(({ prisma }) => prisma.tenant.updateMany({ where: { id: tenantId }, data: { moving } }))
    expect((await doctor()).stdout).not.toContain('read-only')
    await mark('OUT')
    const left = await doctor()
    expect(left.json()).toEqual(
      notice(
        'tenants',
        /^read-only since they were moved .*: 1 tenant, Acme \(ten_.*\)$/,
        /PUBLIC_URL.*tenant delete/,
      ),
    )
    expect(left.code).toBe(0)
    await mark('IN')
    expect((await doctor()).json()).toEqual(notice('tenants', /^read-only until all .*: 1 tenant, /, /copy/))
    await mark(null)
  })

  it('tells a database that was not migrated, and leaves it so', async () => {
    const url = await emptyDatabase()
    if (engine === 'sqlite') await openDatabase({ databaseUrl: url }).then((database) => database.close())
    for (const _ of [1, 2]) {
      const { code, json } = await doctor({ DATABASE_URL: url })
      expect(code).toBe(1)
      expect(json()).toMatchObject({
        findings: expect.arrayContaining([
          expect.objectContaining({
            check: 'migrations',
            level: 'problem',
            advice: expect.stringMatching(/migrate/),
          }),
        ]),
      })
    }
  })

  it.runIf(engine === 'postgresql')('tells a database that does not answer', async () => {
    const { code, json } = await doctor({ DATABASE_URL: 'postgresql://root@127.0.0.1:1/none' })
    expect(code).toBe(1)
    expect(json()).toEqual(problem('database', /./))
  })

  it.runIf(engine === 'sqlite')('makes nothing in an empty folder, where nothing is wrong yet', async () => {
    const url = (await emptyDatabase()).replace('test.db', 'data/new.db')
    const { code, json } = await doctor({ DATABASE_URL: url, BILLINGWATCH_SECRET: undefined })
    expect(json()).toMatchObject({ ok: true })
    expect(code).toBe(0)
    expect(existsSync(dirname(url.slice('file:'.length)))).toBe(false)
  })

  it.runIf(engine === 'sqlite')('tells a disk that is nearly full', async () => {
    expect((await doctor({ MIN_FREE_DISK: '1000000' })).json()).toEqual(problem('disk', /MIN_FREE_DISK/))
  })

  it.runIf(engine === 'sqlite')('reads the file through, and says what is damaged', async () => {
    expect((await doctor()).stdout).toContain('every page is sound')
    const url = await emptyDatabase()
    await migrate({ databaseUrl: url })
    const path = url.slice('file:'.length)
    const bytes = readFileSync(path)
    bytes.fill(0xff, 8 * 4_096, 12 * 4_096)
    writeFileSync(path, bytes)
    const { code, json } = await doctor({ DATABASE_URL: url })
    expect(code).toBe(1)
    expect(json()).toEqual(problem('integrity', /^the database file is damaged: /))
  })

  it.runIf(engine === 'sqlite')('tells files that others can read', async () => {
    const file = (env['DATABASE_URL'] ?? '').slice('file:'.length)
    expect((await doctor()).stdout).not.toMatch(/other users of this machine/)
    chmodSync(file, 0o644)
    expect((await doctor()).stdout).toMatch(/other users of this machine can read [^ ]*test\.db/)
    // It was opened: that takes the file away from them.
    expect((await doctor()).stdout).not.toMatch(/other users of this machine/)
  })
})
