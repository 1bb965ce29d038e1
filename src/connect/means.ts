import { hostname } from 'node:os'
import type { Config } from '../config.ts'
import type { StripeConnection } from '../generated/sqlite/client.ts'
import { randomBase62 } from '../ids.ts'
import { webhookUrl } from '../tenancy/endpoints.ts'
import { type Vault, VaultError } from '../tenancy/vault.ts'
import type { StripeApi, StripeApiOptions } from './api.ts'
import { readKey, type StripeKey } from './key.ts'

/** How this process reaches Stripe, and how Stripe reaches it. */
export interface StripeMeans {
  /** An origin. */
  apiUrl: string
  /** Whether that is Stripe itself, not a stand-in or a proxy. */
  ownStripe: boolean
  /** Names this process in leases. */
  holder: string
  urlOf(token: string): string
}

const STRIPE = 'https://api.stripe.com'

export const stripeMeans = (
  { stripeApiUrl }: Pick<Config, 'stripeApiUrl'>,
  base: () => Pick<Config, 'publicUrl' | 'port'>,
): StripeMeans => ({
  apiUrl: stripeApiUrl,
  ownStripe: stripeApiUrl === STRIPE,
  holder: `${hostname()}/${process.pid}/${randomBase62(8)}`,
  urlOf: (token) => webhookUrl(base(), token),
})

/** Whether a holder's process has ended: only of this machine's own it can be told. */
export function isGone(holder: string): boolean {
  const [host, pid] = holder.split('/')
  if (host !== hostname() || pid === undefined || !/^\d+$/.test(pid)) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

const placeOf = ({ tenantId, id }: Pick<StripeConnection, 'tenantId' | 'id'>) =>
  ({ tenantId, id, purpose: 'stripe-key' }) as const

export const sealKey = (
  vault: Vault,
  connection: Pick<StripeConnection, 'tenantId' | 'id'>,
  { key }: StripeKey,
): string => vault.seal(key, placeOf(connection))

/** @throws VaultError when it was sealed under a BILLINGWATCH_SECRET that is not known any more */
export const openKey = (
  vault: Vault,
  connection: Pick<StripeConnection, 'tenantId' | 'id' | 'sealed'>,
): StripeKey => readKey(vault.open(connection.sealed, placeOf(connection)), { allowSecret: true })

/** Whether a connection has this key; what cannot be opened any more is taken for another. */
export function hasKey(
  vault: Vault,
  connection: Pick<StripeConnection, 'tenantId' | 'id' | 'sealed'>,
  { key }: StripeKey,
): boolean {
  try {
    return openKey(vault, connection).key === key
  } catch (error) {
    if (error instanceof VaultError) return false
    throw error
  }
}

/** How often and for how long a request is tried. */
export type RequestOptions = Pick<StripeApiOptions, 'attempts' | 'timeoutMs' | 'signal'>

/** What Stripe does not answer soon is tried again by whoever waits for it. */
export const SOMEBODY_WAITS: RequestOptions = { attempts: 2, timeoutMs: 10_000 }

/** Stripe's SDK is loaded when it is first needed: most commands never do. */
export async function apiWith(
  { apiUrl }: Pick<StripeMeans, 'apiUrl'>,
  key: StripeKey,
  options: RequestOptions = {},
): Promise<StripeApi> {
  const { StripeApi } = await import('./api.ts')
  return new StripeApi({ key, apiUrl, chance: Math.random, ...options })
}
