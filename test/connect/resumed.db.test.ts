import { beforeEach, describe, expect, it, vi } from 'vitest'
import { waitingImports } from '../../src/storage/connect/due.ts'
import { testDatabase } from '../support/database.ts'
import { clock } from '../support/stepped-clock.ts'
import { charge } from '../support/stripe/charges.ts'
import type { StripeDouble } from '../support/stripe-api.ts'
import { LIVE_KEY, PATIENT, payments, stripe } from './harness.ts'
import { type SteppedTenant, steppedTenant } from './steps.ts'

const database = await testDatabase()
const DAY = 86_400

const now = (): number => Math.floor(clock.now().getTime() / 1_000)

/** Connections that a server would take up now. */
const waiting = () => waitingImports(database.sql, new Date((now() - DAY) * 1_000))

/** A key that is revoked while its past is fetched. */
async function revokedAt(isThen: (path: string, after: unknown) => boolean) {
  const account = await stripe()
  account.now = now
  account.happen(payments(150, { until: now() - 3_600 }))
  account.objects['/v1/charges'].push(charge({ created: now() - 40 * DAY }))
  const tenant = await steppedTenant(database, account, LIVE_KEY, clock)
  await tenant.begin({ historyDays: 20 })
  account.trouble = ({ path, query }) => {
    if (isThen(path, query['starting_after'])) account.revoke(LIVE_KEY)
    return undefined
  }
  await expect(tenant.goOn()).rejects.toThrow('revoked')
  account.trouble = () => undefined
  return { account, ...tenant }
}

const states = ({ scope: { db, tenantId } }: SteppedTenant) =>
  db.importJob.findMany({
    where: { tenantId },
    select: { kind: true, state: true },
    orderBy: { kind: 'asc' },
  })

describe('an import whose key was revoked', () => {
  beforeEach(() => clock.restart())

  it(
    'is tried once a day, and goes on by itself once the key works again',
    async () => {
      const tenant: SteppedTenant & { account: StripeDouble } = await revokedAt(
        (path, after) => path === '/v1/events' && after !== undefined,
      )
      expect(await waiting()).toEqual([])
      clock.forward(DAY)
      expect(await waiting()).toHaveLength(1)
      // Still revoked: another day.
      await expect(tenant.goOn()).rejects.toThrow('revoked')
      expect(await waiting()).toEqual([])

      tenant.account.addKey(LIVE_KEY)
      clock.forward(DAY)
      const importer = tenant.importer()
      importer.start()
      await vi.waitFor(async () => expect((await tenant.connection()).reconcileAt).not.toBeNull(), {
        timeout: 60_000,
        interval: 50,
      })
      await importer.stop()
      expect(await tenant.connection()).toMatchObject({
        state: 'CONNECTED',
        trouble: null,
        through: expect.any(Date),
        atStripe: 150,
      })
      expect(await states(tenant)).toEqual([
        { kind: 'BACKFILL', state: 'DONE' },
        { kind: 'HISTORY', state: 'DONE' },
      ])
    },
    PATIENT,
  )

  it(
    'proves nothing while a part of it is not fetched',
    async () => {
      const tenant = await revokedAt((path) => path === '/v1/charges')
      await expect(tenant.goOn()).rejects.toThrow('revoked')
      expect(await states(tenant)).toEqual([
        { kind: 'BACKFILL', state: 'DONE' },
        { kind: 'HISTORY', state: 'FAILED' },
      ])
      expect(await tenant.connection()).toMatchObject({ state: 'REVOKED', through: null, reconcileAt: null })
    },
    PATIENT,
  )
})
