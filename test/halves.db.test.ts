import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { App } from '../src/app.ts'
import type { Database } from '../src/storage/database.ts'
import { appendWake } from '../src/storage/inbox.ts'
import { migrate } from '../src/storage/migrate.ts'
import { readMigrations } from '../src/storage/migrations.ts'
import { openDatabase } from '../src/storage/open.ts'
import { collect, makeTenant, nowSeconds, post, query, socket, startServer } from './support/app.ts'
import { emptyDatabase, engine } from './support/database.ts'
import { connectRedis } from './support/redis.ts'
import { charge } from './support/stripe/charges.ts'
import { event } from './support/stripe/events.ts'

const redis = await connectRedis()
const REDIS = { REDIS_URL: 'redis://127.0.0.1:6379' }
const BUSES: [string, Record<string, string>][] = [
  ['by the database alone', {}],
  ...(redis && engine === 'postgresql' ? [['and Redis', REDIS] as [string, Record<string, string>]] : []),
]

const status = async (app: App, path: string, init: RequestInit = {}) =>
  (await fetch(`${app.url}${path}`, init)).status
const readiness = async (app: App) => {
  const response = await fetch(`${app.url}/readyz`)
  const { checks }: { checks: Record<string, boolean> } = await response.json()
  return { status: response.status, checks }
}
const waiting = async (database: Database) =>
  (await database.sql.all(`SELECT 1 FROM "StripeEvent" WHERE "status" = 'PENDING'`)).length

/** Two payments of one customer, seconds apart. */
const doubleCharge = (customer: string) => {
  const at = nowSeconds() - 10
  return [at, at + 4].map((created) =>
    event('charge.succeeded', charge({ created, customer, payment_intent: `pi_${customer}_${created}` }), {
      created,
    }),
  )
}

/** A server that is closed with its test: all of a file together hold more connections than PostgreSQL has. */
const started: typeof startServer = async (...how) => {
  const app = await startServer(...how)
  onTestFinished(() => app.close())
  return app
}

describe.each(BUSES)('a web process and a worker that are joined %s', (_, shared) => {
  it('do together what one process does: the one takes deliveries and shows, the other judges', async () => {
    const databaseUrl = await emptyDatabase()
    const web = await started(databaseUrl, shared, { only: 'web' })
    const tenant = await makeTenant(web, databaseUrl)
    const seen = collect(
      socket(web.url, tenant.key),
      'subscription { anomalyDetected { node { customerId } } }',
    )
    for (const one of doubleCharge('cus_1'))
      expect(await post(web.url, tenant.token, one)).toMatchObject({ status: 200 })
    expect(await waiting(web.database)).toBe(2)
    await started(databaseUrl, shared, { only: 'worker' })
    await vi.waitFor(
      async () => {
        const { data } = await query(web.url, tenant.key, '{ anomalies { nodes { customerId } } }')
        expect(data).toEqual({ anomalies: { nodes: [{ customerId: 'cus_1' }] } })
      },
      { timeout: 45_000 },
    )
    await vi.waitFor(
      () => expect(seen.received).toEqual([{ anomalyDetected: { node: { customerId: 'cus_1' } } }]),
      { timeout: 45_000 },
    )
  })
})

describe('a worker', () => {
  it('serves /healthz, /readyz and /metrics alone', async () => {
    const worker = await started(await emptyDatabase(), {}, { only: 'worker' })
    for (const path of ['/healthz', '/readyz', '/metrics']) expect(await status(worker, path)).toBe(200)
    for (const path of ['/', '/graphql', '/export/anomalies.csv', '/session', '/a/anm_1'])
      expect(await status(worker, path, { headers: { accept: 'text/html' } })).toBe(404)
    expect(await status(worker, '/webhook/some', { method: 'POST', body: '{}' })).toBe(404)
  })

  it('is ready when it can judge', async () => {
    const worker = await started(await emptyDatabase(), {}, { only: 'worker' })
    expect(await readiness(worker)).toEqual({
      status: 200,
      checks: { database: true, judging: true, accepting: true },
    })
  })
})

describe('a web process', () => {
  it('is ready when it can store, whatever becomes of judging', async () => {
    const web = await started(await emptyDatabase(), {}, { only: 'web' })
    const checks = { database: true, deliveries: true, disk: true, accepting: true }
    expect(await readiness(web)).toEqual({ status: 200, checks })
  })
})

describe('how long events wait', () => {
  it.each([['web'], ['worker'], [undefined]] as const)(
    'is measured by every process, that nobody judges too (serve --only %s)',
    async (only) => {
      const databaseUrl = await emptyDatabase()
      const web = await started(databaseUrl, {}, { only: 'web' })
      const tenant = await makeTenant(web, databaseUrl)
      const [one] = doubleCharge('cus_1')
      await post(web.url, tenant.token, one ?? {})
      await web.database.sql.write(async (tx) => {
        await tx.enter(tenant.id)
        await appendWake(tx, tenant.id, 'w', new Date(Date.now() - 600_000), [String(one?.['id'])])
        // Nobody may judge it for an hour.
        const later = new Date(Date.now() + 3_600_000)
        await tx.run('UPDATE "Claim" SET "retryAt" = ? WHERE "tenantId" = ?', [later, tenant.id])
      })
      const app = await started(databaseUrl, {}, { only })
      await vi.waitFor(
        async () => {
          const metrics = await (await fetch(`${app.url}/metrics`)).text()
          const [, seconds] = /^billingwatch_oldest_waiting_event_seconds (\S+)$/m.exec(metrics) ?? []
          expect(Number(seconds)).toBeGreaterThanOrEqual(600)
        },
        { timeout: 45_000 },
      )
    },
  )
})

describe('a process that is about to stop', () => {
  it('says so to a load balancer, and goes on taking what comes meanwhile', async () => {
    const databaseUrl = await emptyDatabase()
    const app = await started(databaseUrl)
    const tenant = await makeTenant(app, databaseUrl)
    app.leave()
    expect(await readiness(app)).toMatchObject({ status: 503, checks: { accepting: false, database: true } })
    expect(await status(app, '/healthz')).toBe(200)
    const [one] = doubleCharge('cus_1')
    const answer = await post(app.url, tenant.token, one ?? {})
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.headers.get('connection')).toBe('close')
  })

  it('answers what is under way, and refuses connections before it refuses deliveries', async () => {
    const databaseUrl = await emptyDatabase()
    const [app, other] = [await started(databaseUrl), await started(databaseUrl)]
    const tenant = await makeTenant(app, databaseUrl)
    const sent = Array.from({ length: 40 }, (_, n) => doubleCharge(`cus_${n}`)).flat()
    const answers = sent.map((one) => post(app.url, tenant.token, one))
    await answers[0]
    const closed = app.close()
    const statuses = await Promise.all(
      answers.map((answer, n) =>
        answer.then(
          ({ status: got }) => got,
          // As a load balancer does when it cannot connect.
          async () => (await post(other.url, tenant.token, sent[n] ?? {})).status,
        ),
      ),
    )
    await closed
    expect(new Set(statuses)).toEqual(new Set([200]))
    const stored = await other.database.sql.all('SELECT 1 FROM "StripeEvent"')
    expect(stored).toHaveLength(sent.length)
  })
})

describe.runIf(engine === 'postgresql')('several processes', () => {
  it.each(BUSES)(
    'are replaced one after the other under load: no delivery is refused or lost, no subscriber misses anything (%s)',
    async (_, shared) => {
      const databaseUrl = await emptyDatabase()
      const servers = await Promise.all(
        (['web', 'web', 'worker'] as const).map((only) => started(databaseUrl, shared, { only })),
      )
      const [first, second, worker] = servers
      if (!first || !second || !worker) throw new Error('three processes')
      const tenant = await makeTenant(first, databaseUrl)
      const webs = [first, second]
      // What a load balancer does: nobody gets anything who says that it will stop; who cannot be reached is passed over.
      const balanced = async (one: Parameters<typeof post>[2]) => {
        for (const app of [...webs]) {
          const answer = await post(app.url, tenant.token, one).catch(() => undefined)
          if (answer !== undefined) return answer.status
        }
        return 0
      }
      const seen = new Set<string>()
      let after: string | undefined
      const follow = (app: App) => {
        const text =
          'subscription($after: String) { anomalyDetected(after: $after) { cursor node { customerId } } }'
        const { received } = collect(socket(app.url, tenant.key), text, after === undefined ? {} : { after })
        return () => {
          for (const one of received) {
            const { cursor, node } = JSON.parse(JSON.stringify(one)).anomalyDetected
            after = cursor
            seen.add(node.customerId)
          }
        }
      }
      const { data } = await query(first.url, tenant.key, '{ anomalies { resumeCursor } }')
      after = JSON.parse(JSON.stringify(data)).anomalies.resumeCursor
      let note = follow(first)
      const statuses: number[] = []
      let customers = 0
      let running = true
      const load = (async () => {
        while (running && customers < 200) {
          const pair = doubleCharge(`cus_${++customers}`)
          statuses.push(...(await Promise.all(pair.map(balanced))))
        }
      })()
      const replace = async (old: App, only: 'web' | 'worker') => {
        const fresh = await started(databaseUrl, shared, { only })
        if (only === 'web') webs.push(fresh)
        old.leave()
        if (only === 'web') webs.splice(webs.indexOf(old), 1)
        await old.close()
        return fresh
      }
      const third = await replace(first, 'web')
      note()
      note = follow(third)
      await replace(worker, 'worker')
      await replace(second, 'web')
      running = false
      await load
      expect(new Set(statuses)).toEqual(new Set([200]))
      const stored = await third.database.sql.all('SELECT 1 FROM "StripeEvent"')
      expect(stored).toHaveLength(customers * 2)
      const expected = new Set(Array.from({ length: Math.min(customers, 10) }, (_, n) => `cus_${n + 1}`))
      await vi.waitFor(
        async () => {
          note()
          expect(await waiting(third.database)).toBe(0)
          // From the eleventh on they are grouped into one anomaly of many.
          for (const customer of expected) expect(seen).toContain(customer)
        },
        { timeout: 45_000 },
      )
    },
    60_000,
  )

  const migrations = async (database: Database | undefined) => {
    const rows = await database?.sql.all(
      'SELECT "migration_name" AS "name" FROM "_prisma_migrations" ORDER BY "migration_name"',
    )
    return rows?.map(({ name }) => name)
  }
  const EVERY = readMigrations('postgresql').map(({ name }) => name)

  it('migrate once where ten of them begin at the same time', async () => {
    const databaseUrl = await emptyDatabase()
    await Promise.all(Array.from({ length: 10 }, () => migrate({ databaseUrl })))
    const database = await openDatabase({ databaseUrl })
    onTestFinished(() => database.close())
    expect(await migrations(database)).toEqual(EVERY)
  }, 60_000)

  it('that start at the same time on an empty database migrate once and all serve', async () => {
    const databaseUrl = await emptyDatabase()
    // More would ask for more connections than the server of a test has.
    const apps = await Promise.all(
      (['web', 'worker', 'web'] as const).map((only) => started(databaseUrl, {}, { only })),
    )
    onTestFinished(async () => {
      await Promise.all(apps.map((app) => app.close()))
    })
    // A worker is ready once it has looked for work.
    await vi.waitFor(
      async () =>
        expect(new Set(await Promise.all(apps.map((app) => status(app, '/readyz'))))).toEqual(new Set([200])),
      { timeout: 45_000, interval: 100 },
    )
    expect(await migrations(apps[0]?.database)).toEqual(EVERY)
  }, 60_000)
})
