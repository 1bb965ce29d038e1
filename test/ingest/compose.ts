import type { RequestListener } from 'node:http'
import type { Bus } from '../../src/bus/bus.ts'
import type { RateLimit } from '../../src/config.ts'
import { notFound, routes } from '../../src/http/routes.ts'
import { randomBase62 } from '../../src/ids.ts'
import type { BodyLimits } from '../../src/ingest/body.ts'
import { type DiskWatch, noDiskWatch } from '../../src/ingest/disk.ts'
import { Inbox, type InboxLimits } from '../../src/ingest/inbox.ts'
import { createReceiver } from '../../src/ingest/receiver.ts'
import { Tallies } from '../../src/ingest/tallies.ts'
import { memoryRateLimiter } from '../../src/limits/rate-limiter.ts'
import type { Logger } from '../../src/log.ts'
import type { Metrics } from '../../src/metrics.ts'
import type { Database } from '../../src/storage/database.ts'
import type { SystemSql } from '../../src/storage/sql.ts'
import { EndpointDirectory } from '../../src/tenancy/endpoint-directory.ts'
import type { Vault } from '../../src/tenancy/vault.ts'
import type { Clock } from '../../src/time.ts'

export interface IngestOptions {
  rateLimit?: RateLimit
  disk?: DiskWatch
  inboxLimits?: Partial<InboxLimits>
  bodyLimits?: BodyLimits
  /** Stands between the inbox and the database. */
  through?: (sql: SystemSql) => SystemSql
}

export interface IngestParts {
  clock: Clock
  vault: Vault
  bus: Bus
  log: Logger
  metrics: Metrics
}

/** The whole way of a delivery, from a request to rows. */
export function composeIngest(database: Database, parts: IngestParts, options: IngestOptions = {}) {
  const { clock, vault, bus, log, metrics } = parts
  const endpoints = new EndpointDirectory({ database, vault, clock })
  const direct = database.sqlFor('delivery')
  const sql = options.through?.(direct) ?? direct
  const inbox = new Inbox({
    sql,
    tallies: new Tallies({ sql, clock, log, writer: randomBase62(10) }),
    bus,
    clock,
    log,
    metrics,
    disk: options.disk ?? noDiskWatch,
    ...(options.inboxLimits && { limits: options.inboxLimits }),
  })
  const webhook = createReceiver({
    endpoints,
    inbox,
    limiter: memoryRateLimiter(),
    rateLimit: options.rateLimit ?? { requests: 1_000_000_000, seconds: 60 },
    clock,
    log,
    metrics,
    ...(options.bodyLimits && { bodyLimits: options.bodyLimits }),
  })
  const listener: RequestListener = routes({ webhook, plain: {}, next: notFound })
  return { endpoints, inbox, listener }
}
