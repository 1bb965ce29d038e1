import type { AlertServices } from '../alerts/alerts.ts'
import type { Bus } from '../bus/bus.ts'
import type { Config } from '../config.ts'
import type { StripeMeans } from '../connect/means.ts'
import type { AnyDetector } from '../detection/detector.ts'
import { PublicError } from '../errors.ts'
import type { Quota } from '../limits/quota.ts'
import type { Metrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import type { Scope } from '../storage/scope/scope.ts'
import type { Acting } from '../tenancy/acting.ts'
import type { Authenticator } from '../tenancy/authenticate.ts'
import type { Caller } from '../tenancy/caller.ts'
import type { Vault } from '../tenancy/vault.ts'
import type { Clock } from '../time.ts'
import type { ActivityFeed } from './live/activity-feed.ts'
import type { EventFeed } from './live/event-feed.ts'
import type { SharedText } from './live/unsent-bytes.ts'
import type { FairQueue } from './operations/fair-queue.ts'
import { createLoaders, type Loaders } from './read/loaders.ts'

/** What resolvers may see of the configuration: not where the database is, and no secret. */
export type PublicConfig = Pick<Config, 'publicUrl' | 'port' | 'webhookRateLimit'>

/** What resolvers use besides the tenant's own scope. Nothing in it leads to another tenant. */
export interface Services {
  config: PublicConfig
  clock: Clock
  bus: Bus
  vault: Vault
  detectors: readonly AnyDetector[]
  authenticator: Authenticator
  activityFeed: ActivityFeed
  eventFeed: EventFeed
  /** Pieces of operations wait here for their turn, tenant by tenant. */
  queue: FairQueue
  /** The same for what is pushed to subscribers. */
  liveQueue: FairQueue
  metrics: Pick<Metrics, 'subscriptions'>
  /** Previews that run at once. */
  previews: Quota
  /** How Stripe's API is reached. */
  stripe: StripeMeans
  /** Channels of alerts, and how something is sent there. */
  alerts: AlertServices
}

/** Reaches past one tenant. No context has it but that of the operator's requests. */
export interface Operator {
  database: Database
  /** Everything of one tenant, whichever it is. */
  scopeOf(tenantId: string): Scope
  /** Erases a tenant that is marked as deleted, in the background. */
  eraseInBackground(tenantId: string): void
}

/** One of the subscriptions that a tenant may have open. */
export interface SubscriptionSlot {
  /** Aborted with a PublicError when the credentials end or the server drains, with anything else when the client is gone. */
  readonly signal: AbortSignal
  /** Gives the slot back. */
  close(): void
}

/** The connection of an operation, for subscriptions. */
export interface Connection {
  /** Takes a slot for a subscription. @throws PublicError RATE_LIMITED when the tenant has too many open */
  open(): Promise<SubscriptionSlot>
  /** Resolves when the client has read what it was sent, so that a backlog is not buffered in memory. */
  drained(): Promise<void>
  /** Sends a result of the operation, a subscription; undefined where the transport iterates over them instead. */
  deliver?(result: SharedText): void
}

/** Who sent an operation and over which connection, before the operation itself is read. */
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
  /**
   * The scope of a tenant that a row names: the caller's own, or any for the operator, who alone sees rows of others.
   * @throws PublicError NOT_FOUND
   */
  scopeOfTenant(tenantId: string): Scope
  services: Services
}

/** What `t.authField` gives to fields whose `authScopes` ask for the operator. */
export interface OperatorContext extends Context {
  operator: Operator
}

/** The one place that decides who reaches past a tenant: whom the authenticator knew by the operator's key. */
export function contextOf(session: Session, services: Services, reach: Operator): Context | OperatorContext {
  const { tenantId: own, operator } = session.caller
  const scope = own === undefined ? undefined : reach.scopeOf(own)
  const context: Context = {
    ...session,
    services,
    scope,
    loaders: scope && createLoaders(scope),
    scopeOfTenant: (tenantId) => {
      if (scope?.tenantId === tenantId) return scope
      if (operator) return reach.scopeOf(tenantId)
      throw new PublicError('NOT_FOUND', `There is no tenant ${tenantId}.`)
    },
  }
  return operator ? { ...context, operator: reach } : context
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

/** Waits in the queue before the next piece of a long list. */
export const turnOf =
  ({ caller, services }: Pick<Context, 'caller' | 'services'>): (() => Promise<void>) =>
  () =>
    services.queue.turn(caller.tenantId ?? '')

export function loadersOf({ loaders }: Pick<Context, 'loaders'>): Loaders {
  if (!loaders) throw tenantMissing()
  return loaders
}

export const actingOf = ({ caller, services: { clock, vault } }: Context): Acting => ({
  actor: caller.actor,
  clock,
  vault,
})

/** Notifies every process, after the commit of an act, that somebody acted on the tenant and that its feed has grown. */
export function publishAct({ services: { bus } }: Context, tenantId: string): void {
  bus.publish('acts')
  bus.publish(`feed:${tenantId}`)
}
