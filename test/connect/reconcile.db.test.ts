import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { toDate } from '../../src/time.ts'
import { cli, cliJson } from '../cli/harness.ts'
import { nowSeconds } from '../support/outside.ts'
import { inTrouble, invalid, notAllowed, revokedKey, throttled } from '../support/stripe-api/refusal.ts'
import type { DoubleRequest } from '../support/stripe-api.ts'
import {
  connected,
  filledRows,
  LIVE_KEY,
  onOneEngine,
  PATIENT,
  payments,
  stripe,
  tenantFor,
} from './harness.ts'

const HOUR = 3_600

const isPage = ({ path, query }: DoubleRequest): boolean => path === '/v1/events' && query['limit'] === '100'

describe('reconcile', () => {
  it(
    'fills in what no webhook brought, and says up to when nothing is missing',
    async () => {
      const double = await stripe()
      double.happen(payments(60))
      const { env, tenant, scope, connection } = await connected(double)
      const before = await connection()
      const lost = payments(130, { every: 600, until: nowSeconds() - 20 * 60, name: 'lost' })
      double.happen(lost)
      const result = await cliJson(env, ['reconcile', tenant])
      // Of the events that are known those of the last two days are compared.
      const known = 48
      expect(result).toEqual({
        checked: known + 130,
        missing: 130,
        filled: 130,
        completeThrough: expect.stringMatching(/^\d{4}-/),
      })
      const after = await connection()
      expect(after).toMatchObject({ missing: 0, filled: 130, reconciling: null, trouble: null })
      expect(after.atStripe).toBe(before.atStripe + known + 130)
      expect(after.stored).toBe(after.atStripe)
      expect(Math.abs((after.through?.getTime() ?? 0) / 1_000 - (nowSeconds() - 15 * 60))).toBeLessThan(30)
      const { events, waiting } = await filledRows({ scope, connection })
      expect(events.filter(({ source }) => source === 'API')).toHaveLength(130)
      expect(waiting).toEqual(lost.map(({ id }) => id).sort())
      expect(await scope.db.activity.findMany({ where: { kind: 'EVENTS_FILLED' } })).toEqual([
        expect.objectContaining({ actorKind: 'SYSTEM', data: expect.stringContaining('"filled":130') }),
      ])

      expect(await cliJson(env, ['reconcile', tenant])).toMatchObject({ missing: 0, filled: 0 })
      expect(await connection()).toMatchObject({ atStripe: after.atStripe, filled: 130 })
      expect(await scope.db.activity.count({ where: { kind: 'EVENTS_FILLED' } })).toBe(1)
    },
    PATIENT,
  )

  it(
    'gives the same rows and numbers wherever it is broken off and run again',
    async () => {
      const double = await stripe()
      double.happen(payments(10))
      const whole = await connected(double)
      const broken = await connected(double)
      double.happen(payments(220, { every: 600, until: nowSeconds() - 20 * 60, name: 'lost', failing: 4 }))
      await cliJson(whole.env, ['reconcile', whole.tenant])
      let runs = 0
      for (let code = 1; code !== 0; runs += 1) {
        let pages = 0
        double.trouble = (request) => {
          if (isPage(request)) pages += 1
          return isPage(request) && pages === 2 ? invalid('It breaks here.') : undefined
        }
        expect(runs).toBeLessThan(20)
        const through = (await broken.connection()).through
        const ran = await cli(broken.env, ['reconcile', broken.tenant])
        code = ran.code
        if (code === 0) break
        expect(ran.stderr).toContain('It breaks here.')
        expect((await broken.connection()).through).toEqual(through)
      }
      expect(runs).toBeGreaterThan(2)
      expect(await filledRows(broken)).toEqual(await filledRows(whole))
      expect(await broken.scope.db.activity.count({ where: { kind: 'EVENTS_FILLED' } })).toBe(1)
    },
    PATIENT,
  )

  onOneEngine(
    'waits out what passes, and says what does not',
    async () => {
      const double = await stripe()
      double.happen(payments(5))
      const { env, tenant, scope, connection } = await connected(double)
      const passing = [throttled(0), inTrouble(503), { drop: 'before' } as const]
      double.trouble = (request) => (isPage(request) ? passing.shift() : undefined)
      expect(await cliJson(env, ['reconcile', tenant])).toMatchObject({ missing: 0 })
      expect(passing).toEqual([])

      double.trouble = ({ path }) => (path === '/v1/events' ? revokedKey(LIVE_KEY) : undefined)
      const revoked = await cli(env, ['reconcile', tenant])
      expect([revoked.code, revoked.stderr]).toEqual([
        1,
        expect.stringContaining('create a new restricted key'),
      ])
      expect(await connection()).toMatchObject({
        state: 'REVOKED',
        trouble: expect.stringContaining('revoked'),
      })
      await cli(env, ['reconcile', tenant])
      expect(await scope.db.activity.count({ where: { kind: 'STRIPE_KEY_REVOKED' } })).toBe(1)

      double.trouble = (request) =>
        request.path === '/v1/events' ? notAllowed(LIVE_KEY, double.account, 'rak_event_read') : undefined
      const limited = await cli(env, ['reconcile', tenant])
      expect([limited.code, limited.stderr]).toEqual([
        1,
        expect.stringContaining('lacks the permission Events: Read'),
      ])
      expect(await connection()).toMatchObject({ state: 'LIMITED' })

      double.trouble = () => undefined
      await cliJson(env, ['reconcile', tenant])
      expect(await connection()).toMatchObject({ state: 'CONNECTED', trouble: null, troubleSince: null })
    },
    PATIENT,
  )

  onOneEngine(
    'lets doctor say up to when it is complete, and what to do where it is not',
    async () => {
      const double = await stripe()
      double.happen(payments(5))
      const { env, tenant, scope } = await connected(double)
      const said = async () => {
        const { stdout } = await cli(env, ['doctor', '--json'])
        const findings = z
          .array(
            z.looseObject({
              check: z.string(),
              level: z.string(),
              message: z.string(),
              advice: z.string().optional(),
            }),
          )
          .parse(z.looseObject({ findings: z.unknown() }).parse(JSON.parse(stdout)).findings)
        return findings.find(({ check }) => check === 'stripe')
      }
      expect(await said()).toMatchObject({
        level: 'problem',
        message: expect.stringContaining('nothing is proven since'),
      })
      await cliJson(env, ['reconcile', tenant])
      expect(await said()).toMatchObject({
        level: 'ok',
        message: expect.stringMatching(/complete through .*: \d+ of \d+ events/),
      })
      await scope.db.stripeConnection.updateMany({
        data: { state: 'REVOKED', trouble: 'Stripe refuses the key.' },
      })
      expect(await said()).toMatchObject({ level: 'problem', advice: expect.stringContaining('reconcile') })
      // Comparing does not ask anew what else the key may do.
      await scope.db.stripeConnection.updateMany({
        data: { state: 'LIMITED', trouble: 'The key lacks Disputes: Read.' },
      })
      expect(await said()).toMatchObject({
        level: 'notice',
        advice: expect.stringContaining('connect ten_'),
      })
      await scope.db.stripeConnection.updateMany({ data: { reconcileAt: null } })
      await scope.db.importJob.updateMany({
        data: { state: 'RUNNING', updatedAt: toDate(nowSeconds() - 2 * HOUR), error: 'Stripe is away.' },
      })
      expect(await said()).toMatchObject({
        level: 'problem',
        message: expect.stringMatching(/its import stands still since .*\. Stripe is away\./),
        advice: expect.stringContaining('connect'),
      })
    },
    PATIENT,
  )

  onOneEngine(
    'says in a sentence why there is nothing to reconcile',
    async () => {
      const double = await stripe()
      const { env, tenant, scope, connection } = await connected(double)
      const none = await tenantFor(double)
      const unconnected = await cli(none.env, ['reconcile', none.tenant])
      expect([unconnected.code, unconnected.stderr]).toEqual([
        1,
        expect.stringContaining('has no connection'),
      ])
      const absent = await cli(env, ['reconcile', tenant, '--connection', 'scn_none'])
      expect([absent.code, absent.stderr]).toEqual([1, expect.stringContaining('no connection scn_none')])
      await scope.db.stripeConnection.updateMany({ data: { through: null } })
      const early = await cli(env, ['reconcile', tenant])
      expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('not fetched yet')])
      expect(await connection()).toMatchObject({ state: 'CONNECTED' })
    },
    PATIENT,
  )

  it(
    'says once of which time Stripe no longer lists events',
    async () => {
      const double = await stripe()
      const { env, tenant, scope, connection } = await connected(double, 40)
      const before = (await connection()).through?.toISOString()
      for (let runs = 0; runs < 2; runs += 1) await cliJson(env, ['reconcile', tenant])
      const acts = await scope.db.activity.findMany({ where: { kind: 'EVENTS_FILLED' } })
      expect(acts.map(({ note }) => note)).toEqual([expect.stringContaining(`From ${before} to `)])
      expect(acts[0]?.note).toContain('nothing is proven: Stripe lists events of 30 days')
    },
    PATIENT,
  )

  it(
    'forgets with a connection how its endpoint stood',
    async () => {
      const double = await stripe()
      const { env, tenant, scope, connection } = await connected(double)
      await scope.db.stripeConnection.updateMany({ data: { stripeEndpointStatus: 'disabled' } })
      await cliJson(env, ['reconcile', tenant])
      const newest = () => scope.db.stripeAnswer.findFirst({ orderBy: { at: 'desc' } })
      expect(await newest()).toMatchObject({ endpoint: 'disabled', answered: true })
      const { id, through } = await connection()
      await cliJson(env, ['connection', 'remove', tenant, id])
      expect(await newest()).toMatchObject({
        endpoint: null,
        answered: true,
        through: BigInt(Math.floor((through?.getTime() ?? 0) / 1_000)),
      })
    },
    PATIENT,
  )
})
