import { randomUUID } from 'node:crypto'
import { readConfig } from '../../src/config.ts'
import type { Database } from '../../src/storage/database.ts'
import { createTenant } from '../../src/tenancy/tenants.ts'
import { dataFolderOf, vaultFor } from '../../src/tenancy/vault.ts'
import { systemClock } from '../../src/time.ts'
import type { Json } from './stripe/basics.ts'
import { body, sign } from './stripe/events.ts'

export const STRIPE_SECRET = 'whsec_end_to_end_0123456789abcdef'
export const ADMIN_KEY = 'bw_admin_end_to_end_0123456789abcdef'

/** The environment of a server on a free port; its key file lies in a folder of its own. */
export function environment(databaseUrl: string, over: Record<string, string> = {}): Record<string, string> {
  return {
    PORT: '0',
    DATABASE_URL: databaseUrl,
    BILLINGWATCH_SECRET: 'a secret for whole servers under test, long enough',
    BILLINGWATCH_ADMIN_KEY: ADMIN_KEY,
    LOG_LEVEL: 'silent',
    MIN_FREE_DISK: '0',
    ...over,
  }
}

export interface TestTenant {
  id: string
  key: string
  token: string
  endpointId: string
}

/** A tenant with its webhook secret, made as the operator's command does. */
export async function makeTenant(
  { database }: { database: Database },
  databaseUrl: string,
  name = `Tenant ${randomUUID()}`,
): Promise<TestTenant> {
  const config = readConfig(environment(databaseUrl))
  const vault = vaultFor(config, dataFolderOf(config), { warn: () => {} })
  const acting = { actor: { kind: 'OPERATOR', name: 'test' } as const, vault, clock: systemClock }
  const made = await createTenant(database, acting, { name, webhookSecret: STRIPE_SECRET })
  if (made.existing) throw new Error('there already')
  return { id: made.tenant.id, key: made.key, token: made.token, endpointId: made.endpoint.id }
}

export const nowSeconds = (): number => Math.floor(systemClock.now().getTime() / 1_000)

export interface Answer {
  status: number
  body: unknown
  headers: Headers
}

/** Delivers an event as Stripe does. */
export async function post(
  url: string,
  token: string,
  event: Json | string,
  secret = STRIPE_SECRET,
): Promise<Answer> {
  const text = typeof event === 'string' ? event : body(event)
  const response = await fetch(`${url}/webhook/${token}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'stripe-signature': sign(text, secret, nowSeconds()),
    },
    body: text,
  })
  return { status: response.status, body: await response.json(), headers: response.headers }
}

/** One operation over HTTP. */
export async function query(url: string, key: string, text: string, variables: Json = {}): Promise<Json> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: text, variables }),
  })
  const answer: unknown = await response.json()
  if (typeof answer !== 'object' || answer === null) throw new Error('no GraphQL answer')
  return { ...answer }
}
