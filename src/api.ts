import { join } from 'node:path'
import { packageRoot } from './config/package-root.ts'
import { exportAnomalies } from './export/anomalies.ts'
import { FairQueue, type FairQueueLimits } from './graphql/operations/fair-queue.ts'
import { pacedScope } from './graphql/operations/paced-scope.ts'
import { createGraphql, type Graphql, type GraphqlParts } from './graphql/server.ts'
import type { PlainHandler } from './http/answer.ts'
import { dashboard } from './http/dashboard.ts'
import { icon } from './http/page.ts'
import { pathOf } from './http/routes.ts'
import type { UrgentWork } from './http/urgent-work.ts'
import { apiRate } from './limits/api-rate.ts'
import type { RateLimiter } from './limits/rate-limiter.ts'
import { scopeTo } from './storage/scope/scope.ts'
import { BAD_CREDENTIALS, Gate } from './tenancy/gate.ts'
import { sessionRoutes } from './tenancy/session/routes.ts'
import { Sessions } from './tenancy/session/sessions.ts'
import { SignInCodes } from './tenancy/session/sign-in-codes.ts'

/** Statements, and pieces of long lists: deliveries need places in the pool of connections too. */
const PIECES: FairQueueLimits = { perKey: 3, total: 6, waiting: 20_000, timeoutMs: 20_000 }

/**
 * Reads of feeds and executions for those who follow them. They do not wait for deliveries: there is one for each tenant
 * or operation, however many subscribe, and under a steady load of deliveries what these bring would come seconds late.
 */
const LIVE: FairQueueLimits = { ...PIECES, perTurn: 8 }

export interface ApiParts extends Omit<GraphqlParts, 'gate' | 'rate' | 'scopeOf' | 'queue' | 'liveQueue'> {
  limiter: RateLimiter
  /** Webhook deliveries go before anything that is read. */
  deliveries?: UrgentWork | undefined
  /** Where the dashboard was built; `dist/dashboard` of this package. */
  dashboardFolder?: string | undefined
}

export interface Api extends Graphql {
  /** The routes that read the same data without GraphQL, by path. */
  plain: Readonly<Record<string, PlainHandler>>
  /** A code that signs in once with this key, within minutes; worth nothing but in a local set-up. */
  signInCode(key: string): string
}

/** What tenants read from: GraphQL, and beside it the export and the dashboard's sessions, behind one gate, one rate limit and one queue. */
export function createApi({ limiter, deliveries, dashboardFolder, ...parts }: ApiParts): Api {
  const { config, database, authenticator, credentials, clock, log } = parts
  const limit = config.local ? undefined : BAD_CREDENTIALS
  const gate = new Gate({ authenticator, limiter, clock, log, limit })
  const rate = apiRate(limiter, config.apiRateLimit)
  const queue = new FairQueue(PIECES, deliveries)
  const liveQueue = new FairQueue(LIVE)
  const codes = new SignInCodes(clock)
  const sessions = new Sessions({ database, authenticator, clock })
  const scopeOf = (tenantId: string) => pacedScope(scopeTo(database, tenantId), queue)
  const graphql = createGraphql({ ...parts, gate, rate, scopeOf, queue, liveQueue })
  const page = dashboard(
    {
      folder: dashboardFolder ?? join(packageRoot() ?? '.', 'dist', 'dashboard'),
      https: config.publicUrl?.startsWith('https:') ?? false,
    },
    graphql.listener,
  )
  return {
    ...graphql,
    listener: (req, res) => (pathOf(req) === '/graphql' ? graphql.listener : page)(req, res),
    plain: {
      '/favicon.ico': icon,
      ...sessionRoutes({ config, sessions, codes, limiter, log }),
      '/export/anomalies.csv': exportAnomalies({ config, scopeTo: scopeOf, gate, credentials, rate, log }),
    },
    signInCode: (key) => codes.issue(key),
  }
}
