import type { RequestListener, Server } from 'node:http'
import type { AlertServices } from '../alerts/alerts.ts'
import { alertPages } from '../alerts/pages.ts'
import { createApi } from '../api.ts'
import type { Config } from '../config.ts'
import type { Checks } from '../http/health.ts'
import type { Routes } from '../http/routes.ts'
import { UrgentWork } from '../http/urgent-work.ts'
import { randomBase62 } from '../ids.ts'
import { type DiskWatch, noDiskWatch, watchDisk } from '../ingest/disk.ts'
import { Inbox } from '../ingest/inbox.ts'
import { createReceiver } from '../ingest/receiver.ts'
import { Refusals } from '../ingest/refusals.ts'
import { Tallies } from '../ingest/tallies.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import { scopeTo } from '../storage/scope/scope.ts'
import { Authenticator } from '../tenancy/authenticate.ts'
import { CredentialsWatch } from '../tenancy/cutoff.ts'
import { EndpointDirectory } from '../tenancy/endpoint-directory.ts'
import { dataFolderOf, type Vault } from '../tenancy/vault.ts'
import type { Clock } from '../time.ts'
import type { Tracer } from '../tracing/tracer.ts'
import type { Shared } from './shared.ts'

/** What every part of a process is made of. */
export interface Parts {
  config: Config
  database: Database
  vault: Vault
  shared: Shared
  clock: Clock
  log: Logger
  metrics: Metrics
  tracer: Tracer
}

/** What Stripe and people reach: it takes deliveries and serves GraphQL, the export and the page. */
export interface Web {
  webhook: Routes['webhook']
  plain: Routes['plain']
  next: RequestListener
  /** What has to hold for it to store deliveries, beside the database. */
  checks: Checks
  attach(server: Server): void
  /** A code that signs in to the dashboard once with this key, within minutes; of use in a local set-up alone. */
  signInCode(key: string): string
  /** Disconnects every subscriber, so that it resumes elsewhere. */
  disconnect(): Promise<void>
  /** Takes no delivery any more; resolves when all that were taken are stored and counted. */
  drain(): Promise<void>
  close(): Promise<void>
}

export async function createWeb(parts: Parts, channels: AlertServices): Promise<Web> {
  const { config, database, vault, shared, clock, log, metrics } = parts
  const { bus } = shared
  const disk = await diskOf(config)
  const endpoints = new EndpointDirectory({ database, vault, clock })
  bus.subscribe('acts', () => endpoints.forget())
  const authenticator = new Authenticator({ database, vault, clock, adminKey: config.adminKey, log })
  const credentials = new CredentialsWatch({ database, clock, log })
  const tallies = new Tallies({ sql: database.sql, clock, log, writer: randomBase62(10) })
  const inbox = new Inbox({ sql: database.sqlFor('delivery'), tallies, bus, clock, log, metrics, disk })
  const deliveries = new UrgentWork()
  const refusals = new Refusals(clock)
  const api = createApi({
    deliveries,
    config,
    database,
    bus,
    vault,
    clock,
    log,
    metrics,
    alerts: channels,
    authenticator,
    credentials,
    limiter: shared.limiter('api'),
    quota: shared.quota,
  })
  const webhook = createReceiver({
    deliveries,
    endpoints,
    inbox,
    limiter: shared.limiter('webhook'),
    rateLimit: config.webhookRateLimit,
    trustProxy: config.trustProxy,
    refusals,
    clock,
    log,
    metrics,
    tracer: parts.tracer,
  })
  return {
    webhook,
    plain: api.plain,
    next: alertPages({ ...channels, scopeOf: (tenantId) => scopeTo(database, tenantId) }, api.listener),
    checks: { deliveries: () => !refusals.nothingElse, disk: () => !disk.full },
    attach: (server) => api.attach(server),
    signInCode: api.signInCode,
    disconnect: () => api.drain(),
    drain: () => inbox.drain(),
    async close() {
      credentials.close()
      await authenticator.close()
      disk.close()
    },
  }
}

const diskOf = (config: Config): Promise<DiskWatch> | DiskWatch =>
  config.databaseUrl.startsWith('file:') ? watchDisk(dataFolderOf(config), config.minFreeDisk) : noDiskWatch
