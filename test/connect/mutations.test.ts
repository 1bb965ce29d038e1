import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { collect, makeTenant, socket, startServer } from '../support/app.ts'
import { emptyDatabase } from '../support/database.ts'
import { ask, data, type Json } from '../support/graphql.ts'
import { inTrouble, throttled } from '../support/stripe-api/refusal.ts'
import type { StripeDouble } from '../support/stripe-api.ts'
import { LIVE_KEY, onOneEngine, PATIENT, payments, stripe, TEST_KEY } from './harness.ts'

const CONNECT = `mutation ($input: ConnectStripeInput!) { connectStripe(input: $input) {
  stripeConnection { id state account keyHint imports { id kind state } }
} }`
const REPLACE = `mutation ($input: ReplaceStripeKeyInput!) { replaceStripeKey(input: $input) {
  stripeConnection { id state keyHint trouble imports { state error } }
} }`
const DISCONNECT = `mutation ($input: DisconnectStripeInput!) { disconnectStripe(input: $input) {
  disconnectedStripeConnectionId
} }`
const STANDING = `{ tenant { stripeConnections {
  id state trouble stripeEndpointStatus completeness { through atStripe stored }
  imports { kind state read stored error }
} } }`

async function serverFor({ url }: StripeDouble, over: Record<string, string> = {}) {
  const databaseUrl = await emptyDatabase()
  const app = await startServer(databaseUrl, { STRIPE_API_URL: url, ...over })
  return { app, tenant: await makeTenant(app, databaseUrl) }
}

const connected = z.object({
  connectStripe: z.object({
    stripeConnection: z.object({ id: z.string(), imports: z.array(z.object({ id: z.string() })) }),
  }),
})
const standing = z.object({
  tenant: z.object({ stripeConnections: z.array(z.looseObject({ imports: z.array(z.looseObject({})) })) }),
})

type Served = Awaited<ReturnType<typeof serverFor>>

const act = ({ app, tenant }: Served, mutation: string, input: Json) =>
  ask(app, tenant.key, mutation, { input })

async function connectionOf({ app, tenant }: Served) {
  return standing.parse(await data(app, tenant.key, STANDING)).tenant.stripeConnections[0]
}

describe('connectStripe', () => {
  it(
    'makes the endpoint, and fetches and judges the past in the background, which can be followed',
    async () => {
      const double = await stripe()
      double.happen(payments(230))
      const served = await serverFor(double)
      const { app, tenant } = served
      const made = connected.parse(
        await data(app, tenant.key, CONNECT, { input: { key: LIVE_KEY, historyDays: 0 } }),
      )
      const { id, imports } = made.connectStripe.stripeConnection
      expect(JSON.stringify(made)).not.toContain(LIVE_KEY)
      const client = socket(app.url, tenant.key)
      const heard = collect(
        client,
        'subscription ($id: ID!) { importProgress(id: $id) { kind state read stored } }',
        { id: imports[0]?.id },
      )
      await vi.waitFor(
        () =>
          expect(heard.received.at(-1)).toEqual({
            importProgress: { kind: 'BACKFILL', state: 'DONE', read: 230, stored: 230 },
          }),
        30_000,
      )
      await vi.waitFor(
        async () =>
          expect(await connectionOf(served)).toMatchObject({
            id,
            state: 'CONNECTED',
            trouble: null,
            stripeEndpointStatus: 'enabled',
            completeness: { through: expect.stringMatching(/^\d{4}-/), atStripe: 230, stored: 230 },
          }),
        30_000,
      )
      const { events } = await data(
        app,
        tenant.key,
        '{ events(filter: {statuses: [PROCESSED]}) { totalCount } }',
      )
      expect(events).toEqual({ totalCount: 230 })
      const { activity } = await data(app, tenant.key, '{ activity { nodes { kind data } } }')
      expect(JSON.stringify(activity)).toContain('STRIPE_CONNECTED')
      expect(JSON.stringify(activity)).not.toContain(LIVE_KEY)

      // Twice at once is the same as once.
      const again = await Promise.all([1, 2].map(() => act(served, CONNECT, { key: LIVE_KEY })))
      expect(again.map(({ errors }) => errors)).toEqual([[], []])
      expect(double.endpoints.all).toHaveLength(1)
      await act(served, REPLACE, { id, key: LIVE_KEY })
      const { activity: repeated } = await data(app, tenant.key, '{ activity { nodes { kind } } }')
      expect(JSON.stringify(repeated).match(/STRIPE_CONNECTED/g)).toHaveLength(1)
      const { db } = scopeTo(app.database, tenant.id)
      expect(await db.webhookSecret.count({ where: { endpoint: { tenantId: tenant.id } } })).toBe(2)

      expect((await act(served, DISCONNECT, { id, deleteEndpoint: true })).data).toEqual({
        disconnectStripe: { disconnectedStripeConnectionId: id },
      })
      expect((await act(served, DISCONNECT, { id })).data).toEqual({
        disconnectStripe: { disconnectedStripeConnectionId: id },
      })
      for (const never of ['scn_never', '%', id.replaceAll(/./g, '_')])
        expect((await act(served, DISCONNECT, { id: never })).errors).toMatchObject([
          { extensions: { code: 'NOT_FOUND' } },
        ])
      expect(double.endpoints.all).toEqual([])
      expect(await connectionOf(served)).toBeUndefined()
      const { activity: after } = await data(app, tenant.key, '{ activity { nodes { kind } } }')
      expect(JSON.stringify(after)).toContain('STRIPE_DISCONNECTED')
    },
    PATIENT,
  )

  onOneEngine(
    'says which value is wrong and what to do, and makes nothing',
    async () => {
      const double = await stripe()
      const served = await serverFor(double)
      const blind = double.without('rk_live_51Nblind00001', 'rak_event_read')
      double.addKey('rk_live_51Nrevoked0001')
      double.revoke('rk_live_51Nrevoked0001')
      for (const [key, path, reason] of [
        ['pk_live_51Npublishable', 'key', 'publishable key'],
        ['sk_live_51Nsecret00001', 'key', 'create a restricted key'],
        ['nothing of the kind', 'key', 'rk_live_…'],
        ['rk_live_51Nunknown0001', 'key', 'does not know this key'],
        ['rk_live_51Nrevoked0001', 'key', 'revoked'],
        [blind, 'key', 'lacks the permission Events: Read'],
      ] as const) {
        const { errors } = await act(served, CONNECT, { key })
        expect(errors, key).toMatchObject([
          {
            message: expect.stringContaining(reason),
            extensions: { code: 'BAD_USER_INPUT', issues: [{ path: [path] }] },
          },
        ])
        expect(JSON.stringify(errors)).not.toContain(key)
      }
      for (const [path, days] of [
        ['days', 31],
        ['historyDays', 400],
      ] as const) {
        const { errors } = await act(served, CONNECT, { key: LIVE_KEY, [path]: days })
        expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', issues: [{ path: [path] }] } }])
      }

      double.trouble = () => inTrouble(503)
      expect((await act(served, CONNECT, { key: LIVE_KEY })).errors).toMatchObject([
        { message: expect.stringContaining('trouble itself'), extensions: { code: 'UNAVAILABLE' } },
      ])
      double.trouble = () => throttled(0)
      expect((await act(served, CONNECT, { key: LIVE_KEY })).errors).toMatchObject([
        { message: expect.stringContaining('throttles'), extensions: { code: 'RATE_LIMITED' } },
      ])
      expect(await connectionOf(served)).toBeUndefined()
      expect(double.endpoints.all).toEqual([])
    },
    PATIENT,
  )

  onOneEngine(
    'refuses where Stripe could not deliver to',
    async () => {
      const double = await stripe()
      const served = await serverFor(double, { STRIPE_API_URL: 'https://api.stripe.com' })
      expect((await act(served, CONNECT, { key: LIVE_KEY })).errors).toMatchObject([
        {
          message: expect.stringContaining('set PUBLIC_URL'),
          extensions: { code: 'BAD_USER_INPUT', issues: [{ path: ['endpointId'] }] },
        },
      ])
    },
    PATIENT,
  )

  it(
    'says when a key is revoked half-way, and goes on where it was with another one',
    async () => {
      const double = await stripe()
      double.happen(payments(350))
      const served = await serverFor(double)
      let pages = 0
      double.trouble = ({ path, query }) => {
        if (path === '/v1/events' && query['starting_after'] !== undefined) pages += 1
        if (pages === 2) double.revoke(LIVE_KEY)
        return undefined
      }
      const { errors, data: made } = await act(served, CONNECT, { key: LIVE_KEY, historyDays: 0 })
      expect(errors).toEqual([])
      const { id } = connected.parse(made).connectStripe.stripeConnection
      await vi.waitFor(
        async () =>
          expect(await connectionOf(served)).toMatchObject({
            state: 'REVOKED',
            trouble: expect.stringContaining('revoked'),
            imports: [{ kind: 'BACKFILL', state: 'FAILED', error: expect.stringContaining('revoked') }],
          }),
        30_000,
      )
      double.addKey(TEST_KEY)
      expect((await act(served, REPLACE, { id, key: TEST_KEY })).errors).toMatchObject([
        { extensions: { code: 'CONFLICT', issues: [{ path: ['key'] }] } },
      ])
      const fresh = double.addKey('rk_live_51Nfresh000002')
      expect((await act(served, REPLACE, { id, key: fresh })).data).toMatchObject({
        replaceStripeKey: {
          stripeConnection: { state: 'CONNECTED', keyHint: 'rk_live_…0002', trouble: null },
        },
      })
      await vi.waitFor(
        async () =>
          expect(await connectionOf(served)).toMatchObject({
            completeness: { atStripe: 350, stored: 350 },
            imports: [{ state: 'DONE', read: 350, stored: 350 }],
          }),
        30_000,
      )
    },
    PATIENT,
  )
})
