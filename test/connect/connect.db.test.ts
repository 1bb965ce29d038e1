import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openDatabase } from '../../src/storage/open.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { cli, cliJson, type Env } from '../cli/harness.ts'
import { inTrouble, invalid, throttled, unknownKey } from '../support/stripe-api/refusal.ts'
import type { DoubleRequest } from '../support/stripe-api.ts'
import {
  connectArgs,
  EVENTS_ALONE,
  LIVE_KEY,
  onOneEngine,
  PATIENT,
  payments,
  stripe,
  TEST_KEY,
  tenantFor,
} from './harness.ts'

const isPage = ({ path, query }: DoubleRequest): boolean => path === '/v1/events' && query['limit'] === '100'

async function rowsOf(env: Env & { DATABASE_URL: string }, tenant: string) {
  const database = await openDatabase({ databaseUrl: env.DATABASE_URL })
  try {
    const { db } = scopeTo(database, tenant)
    const events = await db.stripeEvent.findMany({
      orderBy: { stripeId: 'asc' },
      select: { stripeId: true, status: true, source: true, facts: true, receivedAt: true },
    })
    const anomalies = await db.anomaly.findMany({
      orderBy: { fingerprint: 'asc' },
      select: { detector: true, fingerprint: true, startedAt: true, origin: true, occurrences: true },
    })
    const states = await db.detectorState.findMany({ orderBy: [{ detector: 'asc' }, { key: 'asc' }] })
    return { events, anomalies, states: states.map(({ tenantId: _, stream: __, ...state }) => state) }
  } finally {
    await database.close()
  }
}

describe('connect', () => {
  it(
    'creates the endpoint, fetches the past, and says up to when nothing is missing',
    async () => {
      const double = await stripe()
      double.happen(payments(250))
      const { env, tenant } = await tenantFor(double)
      const result = await cliJson(env, connectArgs(tenant), `${LIVE_KEY}\n`)
      expect(result).toMatchObject({
        connectionId: expect.stringMatching(/^scn_/),
        account: double.account,
        livemode: true,
        estimate: { requests: expect.any(Number) },
        stripeEndpoint: { id: expect.stringMatching(/^we_/), adopted: false },
        backfill: { read: 250, stored: 250, duplicates: 0 },
        history: { objects: 0, events: 0 },
        anomalies: 0,
        completeThrough: expect.stringMatching(/^\d{4}-/),
      })
      expect(double.endpoints.all).toEqual([
        expect.objectContaining({
          status: 'enabled',
          livemode: true,
          apiVersion: '2026-10-28.endive',
          metadata: { billingwatch: expect.stringMatching(/^whe_/) },
        }),
      ])
      expect(double.requests.filter(({ query }) => Array.isArray(query['types'])).length).toBeGreaterThan(3)
      expect(await cliJson(env, ['connection', 'list', tenant])).toEqual([
        {
          id: expect.stringMatching(/^scn_/),
          endpointId: expect.stringMatching(/^whe_/),
          account: double.account,
          livemode: true,
          keyHint: 'rk_live_…0001',
          state: 'CONNECTED',
          completeThrough: expect.stringMatching(/^\d{4}-/),
        },
      ])
      expect(await cliJson(env, ['secret', 'list', tenant])).toHaveLength(1)
      const rows = await rowsOf(env, tenant)
      expect(new Set(rows.events.map(({ status, source }) => `${status} ${source}`))).toEqual(
        new Set(['PROCESSED BACKFILL']),
      )

      const again = await cliJson(env, connectArgs(tenant, ...EVENTS_ALONE), LIVE_KEY)
      expect(again).toMatchObject({
        stripeEndpoint: { adopted: true },
        backfill: { read: 250, stored: 0, duplicates: 250 },
      })
      expect(double.endpoints.all).toHaveLength(1)
      expect(await cliJson(env, ['secret', 'list', tenant])).toHaveLength(1)
    },
    PATIENT,
  )

  it(
    'gives the same rows wherever it is broken off and run again',
    async () => {
      const double = await stripe()
      double.happen(payments(220, { every: 2_400, failing: 5 }))
      const whole = await tenantFor(double)
      await cliJson(whole.env, connectArgs(whole.tenant, ...EVENTS_ALONE), LIVE_KEY)
      const wanted = await rowsOf(whole.env, whole.tenant)
      expect(wanted.events).toHaveLength(220)

      const { env, tenant } = await tenantFor(double)
      // Both estimates, then each page: the import stops at every one of them, and gets one further each time.
      const stops = 2 + 3 + 1
      for (let reached = 2; reached < stops; reached += 1) {
        let pages = 0
        double.trouble = (request) => {
          if (isPage(request)) pages += 1
          // Of the two estimates and the pages of this run, the second page is not answered.
          return isPage(request) && pages === 4 ? invalid('It breaks here.') : undefined
        }
        const { code, stderr } = await cli(env, connectArgs(tenant, ...EVENTS_ALONE), LIVE_KEY)
        if (code === 0) break
        expect(stderr).toContain('It breaks here.')
      }
      double.trouble = () => undefined
      await cliJson(env, connectArgs(tenant, ...EVENTS_ALONE), LIVE_KEY)
      expect(await rowsOf(env, tenant)).toEqual(wanted)
      expect(double.endpoints.all).toHaveLength(2)
    },
    PATIENT,
  )

  it(
    'leaves one endpoint and its secret when the answer to its creation is lost',
    async () => {
      const double = await stripe()
      const { env, tenant } = await tenantFor(double)
      const troubles = [{ drop: 'after' } as const, unknownKey(LIVE_KEY)]
      double.trouble = ({ method, path }) =>
        method === 'POST' && path === '/v1/webhook_endpoints' ? troubles.shift() : undefined
      const lost = await cli(env, connectArgs(tenant, ...EVENTS_ALONE), LIVE_KEY)
      expect(lost.code).toBe(1)
      expect(lost.stderr).toContain('does not know this key')
      expect(double.endpoints.all).toHaveLength(1)
      double.trouble = () => undefined
      await cliJson(env, connectArgs(tenant, ...EVENTS_ALONE), LIVE_KEY)
      const [endpoint] = double.endpoints.all
      expect(double.endpoints.all).toHaveLength(1)
      const secrets = z
        .array(z.object({ hint: z.string() }))
        .parse(await cliJson(env, ['secret', 'list', tenant]))
      expect(secrets.map(({ hint }) => hint)).toEqual([`whsec_…${endpoint?.secret.slice(-4)}`])
    },
    PATIENT,
  )

  onOneEngine(
    'tries again what is throttled, in trouble or broken off',
    async () => {
      const double = await stripe()
      double.happen(payments(150))
      const { env, tenant } = await tenantFor(double)
      const troubles = [throttled(0), inTrouble(503), { drop: 'before' } as const, { waitMs: 50 }]
      double.trouble = (request) => (isPage(request) ? troubles.shift() : undefined)
      expect(await cliJson(env, connectArgs(tenant, ...EVENTS_ALONE), LIVE_KEY)).toMatchObject({
        backfill: { read: 150, stored: 150 },
      })
      expect(troubles).toEqual([])
    },
    PATIENT,
  )

  onOneEngine(
    'says in a sentence what is wrong, and makes nothing',
    async () => {
      const double = await stripe()
      const { env, tenant } = await tenantFor(double)
      const blind = double.without('rk_live_51Nblind00001', 'rak_event_read')
      double.addKey('rk_live_51Nrevoked0001')
      double.revoke('rk_live_51Nrevoked0001')
      for (const [key, code, reason] of [
        ['pk_live_51Npublishable', 2, 'publishable key'],
        ['sk_live_51Nsecret00001', 2, '--allow-secret-key'],
        ['whsec_0123456789abcdef', 2, 'signing secret'],
        ['hello', 2, 'rk_live_…'],
        ['rk_live_51Nunknown0001', 1, 'does not know this key'],
        ['rk_live_51Nrevoked0001', 1, 'revoked'],
        [blind, 1, 'lacks the permission Events: Read'],
      ] as const) {
        const ran = await cli(env, connectArgs(tenant, ...EVENTS_ALONE), key)
        expect([ran.code, ran.stderr], key).toEqual([code, expect.stringContaining(reason)])
      }
      expect(await cliJson(env, ['connection', 'list', tenant])).toEqual([])
      expect(double.endpoints.all).toEqual([])

      const elsewhere = { ...env, STRIPE_API_URL: 'https://api.stripe.com' }
      const { code, stderr } = await cli(elsewhere, connectArgs(tenant, ...EVENTS_ALONE), LIVE_KEY)
      expect([code, stderr]).toEqual([2, expect.stringContaining('set PUBLIC_URL')])
    },
    PATIENT,
  )

  onOneEngine(
    'goes without what the key may not do, and refuses a key of the other mode',
    async () => {
      const double = await stripe()
      const { env, tenant } = await tenantFor(double)
      const limited = double.without(
        'rk_live_51Nlimited0001',
        'rak_webhook_write',
        'rak_accounts_kyc_basic_read',
      )
      expect(await cliJson(env, connectArgs(tenant, ...EVENTS_ALONE), limited)).toMatchObject({
        account: null,
        stripeEndpoint: null,
        permissions: expect.arrayContaining([{ name: 'rak_webhook_write', granted: false }]),
      })
      expect(await cliJson(env, ['connection', 'list', tenant])).toMatchObject([{ state: 'LIMITED' }])
      double.addKey(TEST_KEY)
      const other = await cli(env, connectArgs(tenant, ...EVENTS_ALONE), TEST_KEY)
      expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('give a live-mode key')])
      const [{ id } = { id: '' }] = z
        .array(z.object({ id: z.string() }))
        .parse(await cliJson(env, ['connection', 'list', tenant]))
      await cliJson(env, ['connection', 'remove', tenant, id])
      expect(await cliJson(env, ['connection', 'list', tenant])).toEqual([])
    },
    PATIENT,
  )
})
