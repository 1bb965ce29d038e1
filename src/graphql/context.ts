import type { Bus } from '../bus/bus.ts'
import type { Config } from '../config.ts'
import type { AnyDetector } from '../detection/detector.ts'
import { PublicError } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import { type Scope, scopeTo } from '../storage/scope/scope.ts'
import type { Acting } from '../tenancy/acting.ts'
import type { Authenticator } from '../tenancy/authenticate.ts'
import type { Caller } from '../tenancy/caller.ts'
import type { Vault } from '../tenancy/vault.ts'
import type { Clock } from '../time.ts'
import type { EventFeed } from './event-feed.ts'
import type { Feed } from './feed.ts'
import type { Opened } from './live.ts'
import type { Loaders } from './loaders.ts'
import { paced } from './paced.ts'
import type { Turns } from './turns.ts'

/** What resolvers use besides the tenant's own scope. */
export interface Services {
  config: Config
  clock: Clock
  bus: Bus
  vault: Vault
  detectors: readonly AnyDetector[]
  authenticator: Authenticator
  feed: Feed
  eventFeed: EventFeed
  /** In which pieces of operations run, tenant by tenant. */
  turns: Turns
  metrics: Pick<Metrics, 'subscriptions'>
  /** Across tenants: only for the operator's own fields. */
  database: Database
  /** Erases a tenant that is marked as deleted, without anybody waiting for it. */
  eraseInBackground(tenantId: string): void
}

/** The way an operation came in, for what outlives its first answer. */
export interface Connection {
  /** @throws PublicError RATE_LIMITED when the tenant has too many open */
  open(): Promise<Opened>
  /** Resolves when the client has taken what it was sent, so that a backlog is not poured into memory. */
  drained(): Promise<void>
}

/** Whose operation it is and how it came, before anything of it is known. */
export interface Session {
  requestId: string
  caller: Caller
  connection: Connection
}

/** Made anew for each operation. */
export interface Context extends Session {
  /** Everything of the caller's tenant; undefined for an operator who named none. */
  scope: Scope | undefined
  loaders: Loaders | undefined
  services: Services
}

const tenantMissing = () =>
  new PublicError(
    'FORBIDDEN',
    'This acts inside a tenant: name it with x-tenant-id (connectionParams.tenantId).',
  )

/** The tenant's scope, in fields whose `authScopes` ask for a role. */
export function scopeOf({ scope }: Pick<Context, 'scope'>): Scope {
  if (!scope) throw tenantMissing()
  return scope
}

/**
 * The scope of a tenant that a row names: the caller's own, or any for the operator, who alone sees rows of others.
 * @throws PublicError NOT_FOUND
 */
export function scopeOfTenant({ scope, caller, services }: Context, tenantId: string): Scope {
  if (scope?.tenantId === tenantId) return scope
  if (!caller.operator) throw new PublicError('NOT_FOUND', `There is no tenant ${tenantId}.`)
  return paced(scopeTo(services.database, tenantId), services.turns)
}

/** Resolves when the next piece of a long list may be worked on. */
export const turnOf =
  ({ caller, services }: Pick<Context, 'caller' | 'services'>): (() => Promise<void>) =>
  () =>
    services.turns.turn(caller.tenantId ?? '')

export function loadersOf({ loaders }: Pick<Context, 'loaders'>): Loaders {
  if (!loaders) throw tenantMissing()
  return loaders
}

export const actingOf = ({ caller, services: { clock, vault } }: Context): Acting => ({
  actor: caller.actor,
  clock,
  vault,
})

/** Tells every process that somebody acted on the tenant, and that its feed has grown: after the commit of the act. */
export function tellOfAct({ services: { bus } }: Context, tenantId: string): void {
  bus.publish('acts')
  bus.publish(`feed:${tenantId}`)
}
