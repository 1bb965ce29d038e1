import { createHash } from 'node:crypto'
import { it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { openDatabase } from '../../src/storage/open.ts'
import { type Scope, scopeTo } from '../../src/storage/scope/scope.ts'
import { toDate } from '../../src/time.ts'
import { cliJson, type Env, freshEnv } from '../cli/harness.ts'
import { engine } from '../support/database.ts'
import { atEnd } from '../support/endings.ts'
import { nowSeconds } from '../support/outside.ts'
import type { Json } from '../support/stripe/basics.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { type StripeDouble, startStripe } from '../support/stripe-api.ts'

export const LIVE_KEY = 'rk_live_51Nconnected0001'
export const TEST_KEY = 'rk_test_51Nconnected0001'

/** Of what depends on no engine: one of them is enough. */
export const onOneEngine = it.runIf(engine === 'sqlite')

/** Milliseconds that a test of several commands may take where many share the machine. */
export const PATIENT = 180_000

export const connectArgs = (tenant: string, ...more: string[]): string[] => [
  'connect',
  tenant,
  '--key',
  '-',
  '--yes',
  ...more,
]

/** A stand-in for Stripe, closed with the test. */
export async function stripe(): Promise<StripeDouble> {
  const double = await startStripe()
  onTestFinished(() => double.close())
  double.addKey(LIVE_KEY)
  return double
}

const made = z.looseObject({ id: z.string() })

/** A tenant in a database of its own whose commands talk to the stand-in. */
export async function tenantFor({ url }: StripeDouble, over: Record<string, string> = {}) {
  const env = { ...(await freshEnv()), STRIPE_API_URL: url, ...over }
  const tenant = made.parse(await cliJson(env, ['tenant', 'create', 'Acme'])).id
  return { env, tenant }
}

export type OwnEnv = Env & { DATABASE_URL: string }

async function scopeOf({ DATABASE_URL: databaseUrl }: OwnEnv, tenant: string): Promise<Scope> {
  const database = await openDatabase({ databaseUrl })
  atEnd(() => database.close())
  return scopeTo(database, tenant)
}

/** Where older objects are not what a test is about: requests are sent at Stripe's pace, and these lists are five. */
export const EVENTS_ALONE = ['--history', '0']

/** A tenant whose past is fetched, and that heard nothing of Stripe for some days. */
export async function connected(double: StripeDouble, days = 2) {
  const { env, tenant } = await tenantFor(double)
  await cliJson(env, connectArgs(tenant, ...EVENTS_ALONE), LIVE_KEY)
  const scope = await scopeOf(env, tenant)
  const through = toDate(nowSeconds() - days * 86_400 - 60)
  await scope.db.stripeConnection.updateMany({
    data: { through: days === 0 ? toDate(nowSeconds() - 900) : through },
  })
  const connection = () => scope.db.stripeConnection.findFirstOrThrow()
  return { env, tenant, scope, connection }
}

export type Connected = Awaited<ReturnType<typeof connected>>

/** What comparing has stored; what may differ from one run to the next is when it was. */
export async function filledRows({ scope: { db }, connection }: Pick<Connected, 'scope' | 'connection'>) {
  const events = await db.stripeEvent.findMany({
    orderBy: { stripeId: 'asc' },
    select: { stripeId: true, status: true, source: true, account: true, createdAt: true },
  })
  const wakes = await db.wake.findMany()
  const waiting = wakes.flatMap(({ events: ids }): unknown[] => JSON.parse(ids))
  const { atStripe, stored, filled, missing } = await connection()
  return { events, waiting: waiting.sort(), numbers: { atStripe, stored, filled, missing } }
}

/** Payments one after the other up to a moment, oldest first; their ids say whose they are. */
export function payments(
  count: number,
  { every = 3_600, until = nowSeconds() - 3_600, name = 'a', failing = 0 } = {},
): Json[] {
  return Array.from({ length: count }, (_, index) => {
    const at = until - (count - 1 - index) * every
    const id = `${name}_${String(index).padStart(6, '0')}`
    const fails = failing > 0 && index % failing === failing - 1
    const object = charge({
      id: `ch_${id}`,
      created: at,
      customer: `cus_${id}`,
      amount: 1_000 + (createHash('md5').update(id).digest()[0] ?? 0) * 10,
      ...(fails ? { status: 'failed', paid: false, captured: false, failure_code: 'card_declined' } : {}),
    })
    return event(fails ? 'charge.failed' : 'charge.succeeded', object, { id: `evt_${id}`, created: at })
  })
}
