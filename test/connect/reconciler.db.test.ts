import { describe, expect, it, vi } from 'vitest'
import { memoryBus } from '../../src/bus/memory.ts'
import { stripeMeans } from '../../src/connect/means.ts'
import { Reconciler } from '../../src/connect/reconciler.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import { createLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { createVault } from '../../src/tenancy/vault.ts'
import { systemClock, toDate } from '../../src/time.ts'
import { SECRET } from '../cli/harness.ts'
import { startServer } from '../support/app.ts'
import { atEnd } from '../support/endings.ts'
import { nowSeconds } from '../support/outside.ts'
import type { Json } from '../support/stripe/basics.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { revokedKey } from '../support/stripe-api/refusal.ts'
import { connected, LIVE_KEY, type OwnEnv, PATIENT, payments, stripe } from './harness.ts'

const HOUR = 3_600
const DAY = 24 * HOUR

/** One customer charged twice within seconds. */
const chargedTwice = (customer: string, at: number): Json[] =>
  [0, 5].map((later) => {
    const object = charge({ id: `ch_${customer}_${later}`, created: at + later, customer, amount: 4_200 })
    return event('charge.succeeded', object, { id: `evt_${customer}_${later}`, created: at + later })
  })

/** What goes round in a server, one look at a time. */
async function reconcilerOn({ DATABASE_URL: databaseUrl, STRIPE_API_URL }: OwnEnv) {
  const database = await openDatabase({ databaseUrl })
  atEnd(() => database.close())
  const metrics = createMetrics(false)
  const reconciler = new Reconciler({
    database,
    vault: createVault(SECRET),
    bus: memoryBus(),
    detectors: DETECTORS,
    clock: systemClock,
    log: createLogger('silent'),
    metrics,
    means: stripeMeans({ stripeApiUrl: STRIPE_API_URL ?? '' }, () => ({ publicUrl: undefined, port: 0 })),
  })
  const counted = async (name: 'reconciliations' | 'stripeConnections' | 'eventsFilled' | 'stripeRequests') =>
    Object.fromEntries(
      (await metrics[name].get()).values.map(({ labels, value }) => [Object.values(labels).join(), value]),
    )
  return { reconciler, metrics, counted }
}

describe('a server', () => {
  it(
    'fills in at its start what came while it was down: judged live up to 72 hours, and after that as the past',
    async () => {
      const double = await stripe()
      double.happen(payments(40))
      const { env, scope, connection } = await connected(double, 5)
      double.happen([
        ...chargedTwice('cus_old', nowSeconds() - 80 * HOUR),
        ...chargedTwice('cus_new', nowSeconds() - 2 * HOUR),
      ])
      const server = await startServer(env.DATABASE_URL, {
        BILLINGWATCH_SECRET: SECRET,
        STRIPE_API_URL: double.url,
      })
      await vi.waitFor(
        async () => {
          const anomalies = await scope.db.anomaly.findMany({ where: { detector: 'DUPLICATE_CHARGE' } })
          expect(anomalies.map(({ customerId, origin }) => [customerId, origin]).sort()).toEqual([
            ['cus_new', 'LIVE'],
            ['cus_old', 'HISTORY'],
          ])
        },
        { timeout: 60_000, interval: 250 },
      )
      // Events are judged before the last list has ended.
      await vi.waitFor(
        async () => expect(await connection()).toMatchObject({ filled: 4, missing: 0, rationSpent: 0 }),
        { timeout: 45_000, interval: 100 },
      )
      expect(await scope.db.anomaly.count({ where: { detector: 'WEBHOOK_LAG' } })).toBe(0)
      const metrics = await (await fetch(`${server.url}/metrics`)).text()
      expect(metrics).toContain('billingwatch_stripe_events_filled_total 4')
      await server.close()
      expect((await connection()).leaseHolder).toBeNull()
    },
    PATIENT,
  )

  it(
    'looks at each connection in its turn, within its ration, and at its key and endpoint once a day',
    async () => {
      const double = await stripe()
      const { env, scope, connection } = await connected(double, 0)
      const { reconciler, counted } = await reconcilerOn(env)
      const requests = () => double.requests.length
      const due = (more: object = {}) =>
        scope.db.stripeConnection.updateMany({ data: { reconcileAt: toDate(nowSeconds() - 1), ...more } })

      const before = requests()
      await reconciler.look()
      expect(requests()).toBe(before)

      await due()
      await reconciler.look()
      expect(requests()).toBe(before + 2)
      expect(await connection()).toMatchObject({ rationSpent: 2 })
      const next = ((await connection()).reconcileAt?.getTime() ?? 0) / 1_000 - nowSeconds()
      expect(next).toBeGreaterThan(90 * 60)
      expect(await counted('reconciliations')).toEqual({ complete: 1 })
      expect(await counted('stripeConnections')).toEqual({ CONNECTED: 1, LIMITED: 0, REVOKED: 0 })

      // The ration is spent: what is proven waits.
      await due({ rationSpent: 100, rationSince: toDate(nowSeconds()) })
      const through = (await connection()).through
      await reconciler.look()
      expect(requests()).toBe(before + 2)
      expect((await connection()).through).toEqual(through)

      const [endpoint] = double.endpoints.all
      if (endpoint !== undefined) endpoint.status = 'disabled'
      await due({ rationSpent: 0, probedAt: toDate(nowSeconds() - DAY - 1) })
      await reconciler.look()
      expect(await connection()).toMatchObject({
        state: 'CONNECTED',
        stripeEndpointStatus: 'disabled',
        trouble: expect.stringContaining('enable it in Stripe'),
      })
    },
    PATIENT,
  )

  it(
    'goes on without a key that Stripe refuses, and tries it again a day later',
    async () => {
      const double = await stripe()
      const { env, scope, connection } = await connected(double, 0)
      const { reconciler, counted } = await reconcilerOn(env)
      const due = (more: object = {}) =>
        scope.db.stripeConnection.updateMany({ data: { reconcileAt: toDate(nowSeconds() - 1), ...more } })
      double.trouble = () => revokedKey(LIVE_KEY)
      await due()
      await reconciler.look()
      expect(await connection()).toMatchObject({ state: 'REVOKED' })
      expect(await counted('reconciliations')).toEqual({ failed: 1 })
      const sent = double.requests.length
      await due()
      await reconciler.look()
      expect(double.requests.length).toBe(sent)
      expect(((await connection()).reconcileAt?.getTime() ?? 0) / 1_000).toBeGreaterThan(
        nowSeconds() + 23 * HOUR,
      )

      double.trouble = () => undefined
      await due({ probedAt: toDate(nowSeconds() - DAY - 1) })
      await reconciler.look()
      expect(await connection()).toMatchObject({ state: 'CONNECTED', trouble: null })

      // Whoever stops does not wait for an answer.
      double.trouble = () => ({ waitMs: 15_000 })
      await due()
      const looking = reconciler.look()
      await vi.waitFor(() => expect(double.requests.at(-1)?.path).toBe('/v1/events'))
      await reconciler.stop()
      await looking
      expect(await connection()).toMatchObject({ state: 'CONNECTED', leaseHolder: null })
    },
    PATIENT,
  )
})
