import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { cliJson } from '../cli/harness.ts'
import { environment, makeTenant, nowSeconds, post } from '../support/app.ts'
import { emptyDatabase, engine } from '../support/database.ts'
import { data } from '../support/graphql.ts'
import { paid } from '../support/pipeline.ts'
import {
  bundleProgram,
  killServer,
  type ServerProcess,
  spawnServer,
  startCommand,
} from '../support/servers.ts'
import type { DoubleRequest, StripeDouble } from '../support/stripe-api.ts'
import { connected, filledRows, LIVE_KEY, PATIENT, payments, stripe } from './harness.ts'

let databaseUrl: string
let database: Database
let program: string

beforeAll(async () => {
  program = await bundleProgram(`billingwatch-connect-kill/${engine}`)
  databaseUrl = await emptyDatabase()
  await migrate({ databaseUrl })
  database = await openDatabase({ databaseUrl })
  return () => database.close()
})

async function startServer({ url }: StripeDouble): Promise<ServerProcess> {
  const server = await spawnServer(program, environment(databaseUrl, { STRIPE_API_URL: url }))
  onTestFinished(() => killServer(server))
  return server
}

const isPage = ({ path, query }: DoubleRequest): boolean => path === '/v1/events' && query['limit'] === '100'

const CONNECT = `mutation ($key: String!) { connectStripe(input: {key: $key, historyDays: 0}) {
  stripeConnection { id }
} }`

/** All of it but what says when, or under which ids it was stored. */
async function rowsOf(tenant: string) {
  const { db } = scopeTo(database, tenant)
  const connection = await db.stripeConnection.findFirst({ select: { atStripe: true, stored: true } })
  return {
    connection,
    events: await db.stripeEvent.findMany({
      orderBy: { stripeId: 'asc' },
      select: { stripeId: true, status: true, source: true, facts: true },
    }),
    // Whether an event that webhooks brought late was known from Stripe's list before is as it happened.
    anomalies: await db.anomaly.findMany({
      where: { detector: { not: 'WEBHOOK_LAG' } },
      orderBy: [{ detector: 'asc' }, { startedAt: 'asc' }],
      select: { detector: true, startedAt: true, occurrences: true, origin: true, severity: true },
    }),
    counted: await db.metricBucket.aggregate({
      _sum: { events: true, chargesSucceeded: true, revenue: true },
    }),
    states: await db.detectorState.count(),
    jobs: await db.importJob.findMany({ select: { kind: true, state: true, read: true, stored: true } }),
  }
}

const untilImported = (tenant: string): Promise<void> =>
  vi.waitFor(
    async () => {
      const { db } = scopeTo(database, tenant)
      expect(await db.stripeConnection.findMany()).toMatchObject([{ reconcileAt: expect.any(Date) }])
      expect(await db.stripeEvent.count({ where: { status: 'PENDING' } })).toBe(0)
    },
    { timeout: 60_000, interval: 100 },
  )

describe('kill -9', () => {
  it('at every page of an import, with deliveries between them, gives the same rows', async () => {
    const account = await stripe()
    const past = payments(110, { every: 6_000, failing: 6 })
    account.happen(past)
    const fresh = Array.from({ length: 6 }, (_, index) =>
      paid(nowSeconds() - 5, { customer: `cus_${index}` }, { livemode: true, id: `evt_fresh_${index}` }),
    )
    /** Those that come by webhook, too, and those that come by it alone. */
    const delivered = [...past.slice(-6), ...fresh]

    const whole = await makeTenant({ database }, databaseUrl)
    let server = await startServer(account)
    await data(server, whole.key, CONNECT, { key: LIVE_KEY })
    for (const one of delivered) expect((await post(server.url, whole.token, one)).status).toBe(200)
    await untilImported(whole.id)
    const wanted = await rowsOf(whole.id)
    expect(wanted.events).toHaveLength(110 + fresh.length)
    expect(wanted.counted._sum).toMatchObject({ events: 110 + fresh.length })

    const killed = await makeTenant({ database }, databaseUrl)
    await data(server, killed.key, CONNECT, { key: LIVE_KEY })
    let [pages, kills] = [0, 0]
    let gone: Promise<void> = killServer(server)
    account.trouble = (request) => {
      if (!isPage(request)) return undefined
      pages += 1
      if (pages < 2) return undefined
      gone = killServer(server)
      return { drop: 'before' }
    }
    const { db } = scopeTo(database, killed.id)
    const isDone = async () => (await db.importJob.count({ where: { state: 'DONE' } })) > 0
    while (!(await isDone()) && kills < 12) {
      await gone
      pages = 0
      server = await startServer(account)
      const here = server
      for (const one of delivered.slice(0, 2)) {
        const answer = await post(here.url, killed.token, one).catch(() => undefined)
        // Killed meanwhile: as Stripe, deliver it again to the next one.
        if (answer === undefined) break
        expect(answer.status).toBe(200)
        delivered.shift()
      }
      await vi.waitFor(async () => expect((await isDone()) || here.process.signalCode !== null).toBe(true), {
        timeout: 60_000,
        interval: 50,
      })
      kills += 1
    }
    expect(kills).toBeGreaterThan(2)
    account.trouble = () => undefined
    await killServer(server)
    server = await startServer(account)
    for (const one of delivered) expect((await post(server.url, killed.token, one)).status).toBe(200)
    await untilImported(killed.id)
    const rows = await rowsOf(killed.id)
    const sources = (all: typeof rows.events) => all.map(({ source: _, ...event }) => event)
    // Which of the two ways an event came first is as it happened.
    expect({ ...rows, events: sources(rows.events), jobs: [] }).toEqual({
      ...wanted,
      events: sources(wanted.events),
      jobs: [],
    })
    expect(rows.jobs).toMatchObject([{ kind: 'BACKFILL', state: 'DONE', read: 110 }])
    expect(account.endpoints.all).toHaveLength(2)
    // A page that was not stored is asked for once more, and no other.
    expect(account.requests.filter(isPage).length).toBeLessThanOrEqual(2 * (2 + 2 + 3 + 1) + 2 * kills)
  }, 240_000)

  it(
    'at every page of a comparison gives the same rows',
    async () => {
      const account = await stripe()
      account.happen(payments(10))
      const [whole, killed] = [await connected(account), await connected(account)]
      account.happen(payments(250, { every: 300, until: nowSeconds() - 20 * 60, name: 'lost' }))
      await cliJson(whole.env, ['reconcile', whole.tenant])
      let [ended, kills]: [number | null, number] = [null, 0]
      for (let runs = 0; ended !== 0 && runs < 12; runs += 1) {
        const { through } = await killed.connection()
        const comparing = startCommand(program, killed.env, ['reconcile', killed.tenant])
        let pages = 0
        account.trouble = (request) => {
          if (isPage(request)) pages += 1
          if (!isPage(request) || pages < 2) return undefined
          // One time while it waits for the page, the next time while it may be storing it.
          if (kills % 2 === 1) return void setImmediate(() => comparing.process.kill('SIGKILL'))
          comparing.process.kill('SIGKILL')
          return { drop: 'before' }
        }
        ended = await comparing.ended
        if (ended === 0) break
        kills += 1
        expect((await killed.connection()).through).toEqual(through)
      }
      expect(ended).toBe(0)
      expect(kills).toBeGreaterThan(2)
      expect(await filledRows(killed)).toEqual(await filledRows(whole))
      expect((await killed.connection()).filled).toBe(250)
      expect(await killed.scope.db.activity.count({ where: { kind: 'EVENTS_FILLED' } })).toBe(1)
    },
    PATIENT,
  )
})
