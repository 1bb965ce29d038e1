import { describe, expect, it, vi } from 'vitest'
import { memoryBus } from '../../src/bus/memory.ts'
import { readConfig } from '../../src/config.ts'
import { disconnect } from '../../src/connect/manage.ts'
import { stripeMeans } from '../../src/connect/means.ts'
import { proveWindow } from '../../src/connect/prove.ts'
import { noteTrouble } from '../../src/connect/standing.ts'
import { StripeTrouble } from '../../src/connect/trouble.ts'
import { newWindow, readAccounts } from '../../src/connect/window.ts'
import { integer } from '../../src/storage/sql.ts'
import { systemClock } from '../../src/time.ts'
import { engine, testDatabase } from '../support/database.ts'
import { gate } from '../support/gate.ts'
import { acting, vault } from '../support/graphql.ts'
import { PATIENT, payments, stripe } from './harness.ts'
import { type SteppedTenant, steppedTenant } from './steps.ts'

const database = await testDatabase()

const waiting = async (): Promise<number> => {
  const [row] = await database.sql.all(
    `SELECT COUNT(DISTINCT l.pid) AS "count" FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE a.datname = current_database() AND NOT l.granted`,
  )
  return integer(row?.['count'])
}

/** Has works meet at the row of a connection, in this order. */
async function meetAt({ scope, connection }: SteppedTenant, works: readonly (() => Promise<unknown>)[]) {
  const { id } = await connection()
  const [locked, release] = [gate(), gate()]
  const holding = scope.sql.write(async (tx) => {
    await tx.all('SELECT 1 FROM "StripeConnection" WHERE "id" = ? FOR UPDATE', [id])
    locked.open()
    await release.opened
  })
  await locked.opened
  const results: Promise<unknown>[] = []
  for (const work of works) {
    results.push(work())
    await vi.waitFor(async () => expect(await waiting()).toBe(results.length), { timeout: 10_000 })
  }
  release.open()
  await holding
  return Promise.allSettled(results)
}

/** A tenant whose past is fetched, and the removal of its connection. */
async function connectedTenant() {
  const account = await stripe()
  account.happen(payments(3))
  const tenant = await steppedTenant(database, account)
  await tenant.begin()
  await tenant.goOn()
  const { scope } = tenant
  const means = stripeMeans({ stripeApiUrl: account.url }, () => readConfig({}))
  const present = await tenant.connection()
  const remove = () =>
    disconnect(scope, { ...acting, vault }, means, { id: present.id, deleteEndpoint: false })
  return { tenant, scope, means, present, remove }
}

describe.runIf(engine === 'postgresql')(
  'the removal of a connection waits, and is not waited for, while',
  () => {
    it(
      'a comparison is proven',
      async () => {
        const { tenant, scope, means, present, remove } = await connectedTenant()
        const parts = { scope, means, vault, clock: systemClock, bus: memoryBus() }
        const window = newWindow(present.through ?? new Date(), new Date())
        const prove = () =>
          proveWindow(parts, present, { window, accounts: readAccounts(present), done: true })
        expect(await meetAt(tenant, [prove, remove])).toMatchObject([
          { status: 'fulfilled' },
          { status: 'fulfilled' },
        ])
        expect(await scope.db.stripeConnection.count()).toBe(0)
      },
      PATIENT,
    )

    it(
      'Stripe refuses the key to an import',
      async () => {
        const { tenant, scope, present, remove } = await connectedTenant()
        await scope.db.importJob.updateMany({ data: { state: 'RUNNING' } })
        const refuse = () =>
          noteTrouble(scope, systemClock, present, new StripeTrouble('KEY', 'It was revoked.'))
        expect(await meetAt(tenant, [refuse, remove])).toMatchObject([
          { status: 'fulfilled' },
          { status: 'fulfilled' },
        ])
        expect(await scope.db.stripeConnection.count()).toBe(0)
      },
      PATIENT,
    )
  },
)
