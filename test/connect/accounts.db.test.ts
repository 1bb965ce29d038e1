import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { toDate } from '../../src/time.ts'
import { cliJson } from '../cli/harness.ts'
import { nowSeconds } from '../support/outside.ts'
import { notAllowed } from '../support/stripe-api/refusal.ts'
import { connected, filledRows, LIVE_KEY, PATIENT, payments, stripe } from './harness.ts'

const HOUR = 3_600
const DAY = 24 * HOUR

const accountsIn = z.looseObject({})

/** A tenant that was connected a day ago, with streams of accounts whose events its key may or may not read. */
async function withAccounts(...accounts: string[]) {
  const double = await stripe()
  const parts = await connected(double)
  const { env, tenant, scope, connection } = parts
  const endpoint = await scope.db.webhookEndpoint.findFirstOrThrow()
  for (const account of accounts)
    await scope.db.stream.create({
      data: {
        tenantId: tenant,
        id: `${endpoint.id}/${account}/live`,
        endpointId: endpoint.id,
        account,
        livemode: true,
        clock: BigInt(nowSeconds()),
        live: true,
      },
    })
  await scope.db.stripeConnection.updateMany({ data: { createdAt: toDate(nowSeconds() - DAY) } })
  return {
    ...parts,
    double,
    reconcile: () => cliJson(env, ['reconcile', tenant]),
    /** Things that no webhook brought. */
    lost: (account: string, count: number, until = nowSeconds() - 20 * 60) =>
      double.happen(payments(count, { every: 60, until, name: account }), account),
    deny: (denied: string) => {
      double.trouble = ({ account }) =>
        account === denied ? notAllowed(LIVE_KEY, denied, 'rak_event_read') : undefined
    },
    /** As if what was denied had last been asked for a day ago. */
    aDayLater: async () => {
      const accounts = accountsIn.parse(JSON.parse((await connection()).accounts))
      const before = { ...accounts, askedAt: nowSeconds() - DAY }
      await scope.db.stripeConnection.updateMany({ data: { accounts: JSON.stringify(before) } })
    },
  }
}

describe('events of connected accounts', () => {
  it(
    'are listed apart, and it is said where the key may not read them',
    async () => {
      const { reconcile, lost, deny, connection, ...parts } = await withAccounts(
        'acct_1A',
        'acct_1B',
        'acct_1C',
      )
      for (const account of ['acct_1A', 'acct_1B']) lost(account, 3)
      deny('acct_1C')
      expect(await reconcile()).toMatchObject({ missing: 6, filled: 6 })
      const { events } = await filledRows({ ...parts, connection })
      expect(events.map(({ stripeId, account }) => [stripeId.slice(0, 11), account])).toEqual([
        ...Array.from({ length: 3 }, () => ['evt_acct_1A', 'acct_1A']),
        ...Array.from({ length: 3 }, () => ['evt_acct_1B', 'acct_1B']),
      ])
      expect((await connection()).trouble).toContain(
        'its own account only: the key may not read the events of acct_1C',
      )
      expect((await connection()).state).toBe('CONNECTED')
    },
    PATIENT,
  )

  it(
    'that somebody lets the key read are noticed within a day',
    async () => {
      const { reconcile, lost, deny, aDayLater, double, connection } = await withAccounts('acct_1A')
      lost('acct_1A', 1)
      deny('acct_1A')
      expect(await reconcile()).toMatchObject({ filled: 0 })
      double.trouble = () => undefined
      expect(await reconcile()).toMatchObject({ filled: 0 })
      await aDayLater()
      expect(await reconcile()).toMatchObject({ filled: 1 })
      expect((await connection()).trouble).toBeNull()
    },
    PATIENT,
  )

  it(
    'that came while they were denied are made up for, however long they had been proven before',
    async () => {
      const { reconcile, lost, deny, aDayLater, double, connection } = await withAccounts('acct_1A')
      lost('acct_1A', 1)
      expect(await reconcile()).toMatchObject({ filled: 1 })
      deny('acct_1A')
      await reconcile()
      expect((await connection()).trouble).toContain('acct_1A')
      double.trouble = () => undefined
      double.happen(payments(1, { every: 60, until: nowSeconds() - 2 * HOUR, name: 'unread' }), 'acct_1A')
      await aDayLater()
      expect(await reconcile()).toMatchObject({ filled: 1 })
    },
    PATIENT,
  )
})
