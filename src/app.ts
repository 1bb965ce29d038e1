import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Redis } from 'ioredis'
import { Alerts, alertServices } from './alerts/alerts.ts'
import { alertPages } from './alerts/pages.ts'
import { SnoozeWatch } from './anomalies/snooze-watch.ts'
import { createApi } from './api.ts'
import type { Bus } from './bus/bus.ts'
import { memoryBus } from './bus/memory.ts'
import { postgresqlBus } from './bus/postgresql.ts'
import { redisBus } from './bus/redis.ts'
import type { Config } from './config.ts'
import { DETECTORS } from './detection/registry.ts'
import { sharedAddressOf, watchForwarding } from './http/forwarding.ts'
import { healthz, readyz } from './http/health.ts'
import { metricsRoute } from './http/metrics.ts'
import { routes } from './http/routes.ts'
import { refuseBrokenRequest, serverOptions } from './http/server.ts'
import { UrgentWork } from './http/urgent-work.ts'
import { randomBase62 } from './ids.ts'
import { type DiskWatch, noDiskWatch, watchDisk } from './ingest/disk.ts'
import { Inbox } from './ingest/inbox.ts'
import { createReceiver } from './ingest/receiver.ts'
import { Refusals } from './ingest/refusals.ts'
import { Tallies } from './ingest/tallies.ts'
import { Janitor } from './janitor.ts'
import { memoryQuota } from './limits/memory-quota.ts'
import type { MakeQuota } from './limits/quota.ts'
import { memoryRateLimiter, type RateLimiter, redisRateLimiter } from './limits/rate-limiter.ts'
import { redisQuotas } from './limits/redis-quota.ts'
import type { Logger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { Rebuilder } from './pipeline/rebuild/rebuilder.ts'
import { Worker } from './pipeline/worker.ts'
import type { Database } from './storage/database.ts'
import { migrate } from './storage/migrate.ts'
import { madeDatabase } from './storage/migrations.ts'
import { openDatabase, placeOf } from './storage/open.ts'
import { StoreProbe } from './storage/probe.ts'
import { announceServer } from './storage/running-server.ts'
import { scopeTo } from './storage/scope/scope.ts'
import { removeLeftSpills } from './storage/spill.ts'
import { Authenticator } from './tenancy/authenticate.ts'
import { CredentialsWatch } from './tenancy/cutoff.ts'
import { EndpointDirectory } from './tenancy/endpoint-directory.ts'
import { refuseForeignSecret } from './tenancy/sealed.ts'
import { dataFolderOf, vaultFor } from './tenancy/vault.ts'
import { type Clock, systemClock } from './time.ts'

/** A whole BillingWatch in one process. */
export interface App {
  /** Where it listens, without a slash at the end. */
  url: string
  database: Database
  /** A code that signs in to the dashboard once with this key, within minutes; of use in a local set-up alone. */
  signInCode(key: string): string
  /** Takes nothing new, finishes what was begun, closes every connection. */
  close(): Promise<void>
}

export interface AppOptions {
  config: Config
  log: Logger
  clock?: Clock
  /** Milliseconds after which a SQLite file is first checked for damage; a minute. */
  checkIntegrityAfterMs?: number
}

/**
 * The composition root: chooses the adapters that the configuration asks for, migrates, wires the way of an event
 * (receiver, inbox, worker, bus, GraphQL), and listens.
 * @throws ConfigError, or what the database or the port refuse with
 */
export async function startApp({
  config,
  log,
  clock = systemClock,
  checkIntegrityAfterMs = 60_000,
}: AppOptions): Promise<App> {
  const folder = dataFolderOf(config)
  const vault = vaultFor(config, folder, log)
  removeLeftSpills(config.databaseUrl)
  const applied = await migrate(config)
  if (madeDatabase(applied)) log.info({ database: placeOf(config.databaseUrl) }, 'made a new database')
  if (applied.length > 0) log.info({ applied }, 'migrated the database')
  const database = await openDatabase(config)
  await refuseForeignSecret(database, vault).catch(async (error: unknown) => {
    await database.close()
    throw error
  })
  const metrics = createMetrics(true)
  const shared = connectShared(config, { log, clock })
  const { bus } = shared
  const disk = config.databaseUrl.startsWith('file:')
    ? await watchDisk(folder, config.minFreeDisk)
    : noDiskWatch

  const endpoints = new EndpointDirectory({ database, vault, clock })
  bus.subscribe('acts', () => endpoints.forget())
  const authenticator = new Authenticator({ database, vault, clock, adminKey: config.adminKey, log })
  const credentials = new CredentialsWatch({ database, clock, log })
  const tallies = new Tallies({ sql: database.sql, clock, log, writer: randomBase62(10) })
  const inbox = new Inbox({ sql: database.sqlFor('delivery'), tallies, bus, clock, log, metrics, disk })
  const worker = new Worker({ database, bus, detectors: DETECTORS, clock, log, metrics })
  const rebuilder = new Rebuilder({ database, bus, detectors: DETECTORS, clock, log, metrics })
  const snoozes = new SnoozeWatch({ database, bus, clock, log })
  const janitor = new Janitor({ config, database, detectors: DETECTORS, clock, log })
  let listensOn = ''
  const alertParts = { config, database, bus, vault, clock, log, metrics }
  const channels = alertServices({ ...alertParts, baseUrl: () => config.publicUrl ?? listensOn })
  const alerts = new Alerts(alertParts, channels)
  const deliveries = new UrgentWork()
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

  const probe = new StoreProbe(database, clock)
  const refusals = new Refusals(clock)
  let draining = false
  const server = createServer(
    serverOptions,
    routes({
      webhook: createReceiver({
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
      }),
      plain: {
        '/healthz': healthz,
        '/readyz': readyz({
          database: () => probe.storable(),
          deliveries: () => !refusals.nothingElse,
          disk: () => !disk.full,
          accepting: () => !draining,
        }),
        '/metrics': metricsRoute(metrics.registry, {
          token: config.metricsToken,
          local: config.local,
          limiter: shared.limiter('api'),
          trustProxy: config.trustProxy,
        }),
        ...api.plain,
      },
      next: alertPages({ ...channels, scopeOf: (tenantId) => scopeTo(database, tenantId) }, api.listener),
    }),
  )
  server.on('clientError', refuseBrokenRequest)
  api.attach(server)
  watchForwarding(server, config, log)
  const oneAddress = sharedAddressOf(config)
  if (oneAddress !== undefined) log.warn(oneAddress)
  const release = async (): Promise<void> => {
    credentials.close()
    await authenticator.close()
    await closeAll(disk, bus, shared, database)
  }
  // A port that is taken must not leave a process behind that nobody can reach.
  const url = await listen(server, config).catch(async (error: unknown) => {
    await release()
    throw error
  })
  const withdraw = announceServer(config.databaseUrl, url)
  listensOn = url
  worker.start()
  rebuilder.start()
  alerts.start()
  snoozes.start()
  janitor.start()
  const stopWatching = database.watchIntegrity?.({
    afterMs: checkIntegrityAfterMs,
    onDamage: (damage) =>
      log.fatal(
        { damage },
        'the database file is damaged: nothing is stored any more. `doctor` says what to do',
      ),
    onError: (err) => log.error({ err }, 'the database file could not be checked'),
  })

  return {
    url,
    database,
    signInCode: api.signInCode,
    async close() {
      draining = true
      withdraw()
      await Promise.all([inbox.drain(), api.drain()])
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      const loops = [worker, rebuilder, alerts, snoozes, janitor]
      await Promise.all([...loops.map((loop) => loop.stop()), stopWatching?.()])
      setTimeout(() => server.closeAllConnections(), 2_000).unref()
      await closed
      await release()
    },
  }
}

interface Shared {
  bus: Bus
  limiter(prefix: string): RateLimiter
  quota: MakeQuota
  close(): void
}

/** What many processes share, through Redis; or what one has to itself. */
function connectShared(
  { redisUrl, databaseUrl }: Config,
  { log, clock }: { log: Logger; clock: Clock },
): Shared {
  if (redisUrl === undefined) {
    const bus = databaseUrl.startsWith('file:')
      ? memoryBus()
      : postgresqlBus(databaseUrl, (err) => log.warn({ err }, 'trouble with the session of hints'))
    return { bus, limiter: () => memoryRateLimiter(clock), quota: memoryQuota, close: () => {} }
  }
  const complain = (err: Error): void => log.warn({ err }, 'trouble with Redis')
  const redis = new Redis(redisUrl, {
    enableOfflineQueue: false,
    commandTimeout: 500,
    maxRetriesPerRequest: 0,
  })
  redis.on('error', complain)
  const quotas = redisQuotas(redis)
  return {
    bus: redisBus(redisUrl, complain),
    limiter: (prefix) => redisRateLimiter(prefix, redis, clock),
    quota: quotas.quota,
    close: () => {
      quotas.close()
      redis.disconnect()
    },
  }
}

function listen(server: Server, { port, host }: Config): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve(urlOf(server.address()))
    })
  })
}

function urlOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `http://${host}:${address.port}`
}

async function closeAll(disk: DiskWatch, bus: Bus, shared: Shared, database: Database): Promise<void> {
  disk.close()
  await bus.close()
  shared.close()
  await database.close()
}
