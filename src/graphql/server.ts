import type { RequestListener, Server } from 'node:http'
import type { Bus } from '../bus/bus.ts'
import type { Config } from '../config.ts'
import type { AnyDetector } from '../detection/detector.ts'
import { DETECTORS } from '../detection/registry.ts'
import { exportAnomalies } from '../export/anomalies.ts'
import type { PlainHandler } from '../http/answer.ts'
import { frontPage, icon } from '../http/page.ts'
import { notFound } from '../http/routes.ts'
import type { MakeQuota } from '../limits/quota.ts'
import type { RateLimiter } from '../limits/rate-limiter.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import { scopeTo } from '../storage/scope/scope.ts'
import type { Authenticator } from '../tenancy/authenticate.ts'
import type { CredentialsWatch } from '../tenancy/cutoff.ts'
import { BAD_CREDENTIALS, Gate } from '../tenancy/gate.ts'
import { deleteTenant } from '../tenancy/tenants.ts'
import type { Vault } from '../tenancy/vault.ts'
import type { Clock } from '../time.ts'
import type { Context, Services, Session } from './context.ts'
import type { Presentation } from './errors.ts'
import { EventFeed } from './event-feed.ts'
import { Feed } from './feed.ts'
import { createHttp } from './http.ts'
import { createLoaders } from './loaders.ts'
import { Operations } from './operations.ts'
import { paced } from './paced.ts'
import { apiRate } from './rate.ts'
import { schema } from './schema.ts'
import { Streams } from './streams.ts'
import { type TurnLimits, Turns } from './turns.ts'
import { Unsent, type UnsentLimits } from './unsent.ts'
import { SocketServer } from './websocket.ts'

const MAX_SOCKETS_OF_TENANT = 2_000
const MAX_SUBSCRIPTIONS_OF_TENANT = 5_000

/** Statements, and pieces of long lists: deliveries need places in the pool of connections too. */
const PIECES: TurnLimits = { perKey: 3, total: 6, waiting: 20_000, patience: 20_000 }
/** Operations, and what they keep in memory meanwhile. */
const OPERATIONS: TurnLimits = { perKey: 8, total: 64, waiting: 200, patience: 10_000 }

export interface GraphqlParts {
  config: Config
  database: Database
  bus: Bus
  vault: Vault
  clock: Clock
  log: Logger
  metrics: Pick<Metrics, 'subscriptions'>
  authenticator: Authenticator
  credentials: CredentialsWatch
  limiter: RateLimiter
  quota: MakeQuota
  /** Every detector there is, unless a test has its own. */
  detectors?: readonly AnyDetector[]
  /** Milliseconds after which feeds are read without a hint; 5,000. */
  pollMs?: number
  /** Bytes that a socket may have unsent; 1 MiB. */
  maxUnsent?: number
  /** Bytes that clients may leave untaken; 64 MiB of a tenant, 256 MiB of all. */
  unsent?: UnsentLimits
  /** Operations that run, or wait for it, at once. */
  underway?: TurnLimits
  /** Milliseconds between two pings of a socket; 15,000. */
  pingMs?: number
}

export interface Graphql {
  /** `/graphql` over HTTP and server-sent events; 404 for any other path. */
  listener: RequestListener
  /** The routes that read the same data without GraphQL, by path. */
  plain: Readonly<Record<string, PlainHandler>>
  /** Takes the WebSocket upgrades of `/graphql`. */
  attach(server: Server): void
  /** Sends every subscriber away to resume elsewhere, and takes no new socket. */
  drain(): Promise<void>
}

/** GraphQL over all its transports, and the export. */
export function createGraphql(parts: GraphqlParts): Graphql {
  const { config, database, bus, clock, log, authenticator, credentials, pollMs } = parts
  const polling = { bus, clock, log, ...(pollMs !== undefined && { everyMs: pollMs }) }
  const turns = new Turns(PIECES)
  const underway = new Turns(parts.underway ?? OPERATIONS)
  const services: Services = {
    ...parts,
    turns,
    detectors: parts.detectors ?? DETECTORS,
    feed: new Feed(polling),
    eventFeed: new EventFeed(polling),
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
  const makeContext = (session: Session): Context => {
    const { tenantId } = session.caller
    const scope = tenantId === undefined ? undefined : paced(scopeTo(database, tenantId), turns)
    return { ...session, services, scope, loaders: scope && createLoaders(scope) }
  }
  const rate = apiRate(parts.limiter, config.apiRateLimit)
  const limit = config.local ? undefined : BAD_CREDENTIALS
  const gate = new Gate({ authenticator, limiter: parts.limiter, clock, log, limit })
  const subscriptions = parts.quota('subscriptions', MAX_SUBSCRIPTIONS_OF_TENANT)
  const streams = new Streams(credentials, subscriptions)
  const yoga = createHttp({
    schema,
    config,
    gate,
    credentials,
    rate,
    presentation,
    streams,
    makeContext,
    turns,
    underway,
  })
  const sockets = new SocketServer({
    config,
    log,
    gate,
    credentials,
    perTenant: parts.quota('sockets', MAX_SOCKETS_OF_TENANT),
    subscriptions,
    unsent: new Unsent(parts.unsent),
    operations: new Operations({ yoga, rate, presentation, underway }),
    ...(parts.maxUnsent !== undefined && { maxUnsent: parts.maxUnsent }),
    ...(parts.pingMs !== undefined && { pingMs: parts.pingMs }),
  })

  return {
    listener: (req, res) => {
      const path = (req.url ?? '/').split('?', 1)[0]
      if (path !== '/graphql') return notFound(req, res)
      void yoga(req, res)
    },
    plain: {
      '/': frontPage(notFound),
      '/favicon.ico': icon,
      '/export/anomalies.csv': exportAnomalies({
        config,
        scopeTo: (tenantId) => paced(scopeTo(database, tenantId), turns),
        gate,
        credentials,
        rate,
        log,
      }),
    },
    attach: (server) => sockets.attach(server),
    drain: async () => {
      streams.drain()
      await sockets.drain()
    },
  }
}
