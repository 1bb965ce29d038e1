import type { RequestListener, Server } from 'node:http'
import type { AlertServices } from '../alerts/alerts.ts'
import type { Bus } from '../bus/bus.ts'
import type { Config } from '../config.ts'
import { stripeMeans } from '../connect/means.ts'
import type { AnyDetector } from '../detection/detector.ts'
import { DETECTORS } from '../detection/registry.ts'
import { notFound } from '../http/routes.ts'
import type { ApiRate } from '../limits/api-rate.ts'
import type { MakeQuota } from '../limits/quota.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import { type Scope, scopeTo } from '../storage/scope/scope.ts'
import type { Authenticator } from '../tenancy/authenticate.ts'
import type { CredentialsWatch } from '../tenancy/cutoff.ts'
import type { Gate } from '../tenancy/gate.ts'
import { deleteTenant } from '../tenancy/tenants.ts'
import type { Vault } from '../tenancy/vault.ts'
import type { Clock } from '../time.ts'
import { contextOf, type Operator, type Services } from './context.ts'
import { ActivityFeed } from './live/activity-feed.ts'
import { EventFeed } from './live/event-feed.ts'
import type { ReadOnce } from './live/shared-reader.ts'
import { UnsentBytes, type UnsentBytesLimits } from './live/unsent-bytes.ts'
import type { Presentation } from './operations/errors.ts'
import { FairQueue, type FairQueueLimits } from './operations/fair-queue.ts'
import { schema } from './schema.ts'
import { createHttp } from './transports/http.ts'
import { SocketOperations } from './transports/socket-operations.ts'
import { SseConnections } from './transports/sse.ts'
import { SocketServer } from './transports/websocket.ts'

const MAX_SOCKETS_OF_TENANT = 2_000
const MAX_SUBSCRIPTIONS_OF_TENANT = 5_000

/** How many operations run or wait: each keeps its results in memory. */
const OPERATIONS: FairQueueLimits = { perKey: 8, total: 64, waiting: 200, timeoutMs: 10_000 }

export interface GraphqlParts {
  config: Config
  database: Database
  bus: Bus
  vault: Vault
  clock: Clock
  log: Logger
  metrics: Pick<Metrics, 'subscriptions'>
  alerts: AlertServices
  authenticator: Authenticator
  credentials: CredentialsWatch
  gate: Gate
  rate: ApiRate
  quota: MakeQuota
  /** Everything of one tenant. */
  scopeOf(tenantId: string): Scope
  /** In which pieces of operations wait for their turn. */
  queue: FairQueue
  /** The same for what is pushed to subscribers. */
  liveQueue: FairQueue
  /** Every detector there is, unless a test has its own. */
  detectors?: readonly AnyDetector[]
  /** Milliseconds after which feeds are read without a hint; 5,000. */
  pollMs?: number
  /** Bytes that a socket may have unsent; 1 MiB. */
  maxUnsent?: number
  /** Bytes that clients may leave unread; 64 MiB of a tenant, 256 MiB of all. */
  unsent?: UnsentBytesLimits
  /** Operations that run, or wait for it, at once. */
  operationLimits?: FairQueueLimits
  /** Milliseconds between two pings of a socket; 15,000. */
  pingMs?: number
}

export interface Graphql {
  /** `/graphql` over HTTP and server-sent events; 404 for any other path. */
  listener: RequestListener
  /** Takes the WebSocket upgrades of `/graphql`. */
  attach(server: Server): void
  /** Disconnects every subscriber, so that it resumes elsewhere, and accepts no new socket. */
  drain(): Promise<void>
}

/** GraphQL over all its transports. */
export function createGraphql(parts: GraphqlParts): Graphql {
  const { config, database, bus, clock, log, credentials, gate, rate, scopeOf, queue, liveQueue, pollMs } =
    parts
  const readOnce: ReadOnce = (tenantId, work) =>
    liveQueue.run(tenantId, () => work(scopeTo(database, tenantId)))
  const polling = { bus, clock, log, readOnce, ...(pollMs !== undefined && { everyMs: pollMs }) }
  const operationQueue = new FairQueue(parts.operationLimits ?? OPERATIONS)
  const services: Services = {
    config,
    clock,
    bus,
    vault: parts.vault,
    authenticator: parts.authenticator,
    queue,
    liveQueue,
    metrics: parts.metrics,
    previews: parts.quota('previews', 1),
    alerts: parts.alerts,
    stripe: stripeMeans(config, () => config),
    detectors: parts.detectors ?? DETECTORS,
    activityFeed: new ActivityFeed(polling),
    eventFeed: new EventFeed(polling),
  }
  const operator: Operator = {
    database,
    scopeOf,
    eraseInBackground: (tenantId) => {
      deleteTenant(database, { clock }, tenantId).catch((err: unknown) =>
        log.error({ err, tenantId }, 'could not erase a tenant; the next start goes on with it'),
      )
    },
  }
  const presentation: Presentation = {
    local: config.local,
    onUnexpected: (err) => log.error({ err }, 'an operation failed'),
  }
  const subscriptions = parts.quota('subscriptions', MAX_SUBSCRIPTIONS_OF_TENANT)
  const sse = new SseConnections(credentials, subscriptions)
  const yoga = createHttp({
    schema,
    config,
    gate,
    credentials,
    rate,
    presentation,
    sse,
    makeContext: (session) => contextOf(session, services, operator),
    queue,
    operationQueue,
  })
  const sockets = new SocketServer({
    config,
    log,
    gate,
    credentials,
    perTenant: parts.quota('sockets', MAX_SOCKETS_OF_TENANT),
    subscriptions,
    unsent: new UnsentBytes(parts.unsent),
    operations: new SocketOperations({ yoga, rate, presentation, operationQueue }),
    ...(parts.maxUnsent !== undefined && { maxUnsent: parts.maxUnsent }),
    ...(parts.pingMs !== undefined && { pingMs: parts.pingMs }),
  })

  return {
    listener: (req, res) => {
      const path = (req.url ?? '/').split('?', 1)[0]
      if (path !== '/graphql') return notFound(req, res)
      void yoga(req, res)
    },
    attach: (server) => sockets.attach(server),
    drain: async () => {
      sse.drain()
      await sockets.drain()
    },
  }
}
