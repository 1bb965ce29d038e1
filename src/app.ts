import { createServer } from 'node:http'
import packageJson from '../package.json' with { type: 'json' }
import { alertServices } from './alerts/alerts.ts'
import { createBackground } from './app/background.ts'
import { calmLog } from './app/calm-log.ts'
import { Closing, listen } from './app/listen.ts'
import { connectShared } from './app/shared.ts'
import { WaitingWatch } from './app/waiting-watch.ts'
import { createWeb, type Parts } from './app/web.ts'
import type { Config } from './config.ts'
import { sharedAddressOf, watchForwarding } from './http/forwarding.ts'
import { type Checks, healthz, readyz } from './http/health.ts'
import { metricsRoute } from './http/metrics.ts'
import { notFound, routes } from './http/routes.ts'
import { refuseBrokenRequest, serverOptions } from './http/server.ts'
import type { Logger } from './log.ts'
import { createMetrics } from './metrics.ts'
import type { Database } from './storage/database.ts'
import { migrate } from './storage/migrate.ts'
import { madeDatabase } from './storage/migrations.ts'
import { openDatabase, placeOf } from './storage/open.ts'
import { StoreProbe } from './storage/probe.ts'
import { announceServer } from './storage/running-server.ts'
import { removeLeftSpills } from './storage/spill.ts'
import { refuseForeignSecret } from './tenancy/sealed.ts'
import { dataFolderOf, vaultFor } from './tenancy/vault.ts'
import { type Clock, systemClock } from './time.ts'
import { createTracer } from './tracing/create.ts'

/** One half of the work: `web` is what Stripe and people reach, `worker` what goes on by itself. */
export type Half = 'web' | 'worker'

/** A BillingWatch in one process: whole, or one half of it. */
export interface App {
  /** Where it listens, without a slash at the end. */
  url: string
  database: Database
  /** A code that signs in to the dashboard once with this key, within minutes; of use in a local set-up alone. */
  signInCode(key: string): string
  /** Goes on as before, but says that it will not for long: `/readyz` is 503, and connections end with their answer. */
  leave(): void
  /** Takes nothing new, finishes what was begun, closes every connection. */
  close(): Promise<void>
}

export interface AppOptions {
  config: Config
  log: Logger
  clock?: Clock
  /** Left out: both. */
  only?: Half | undefined
  /** Milliseconds after which a SQLite file is first checked for damage; a minute. */
  checkIntegrityAfterMs?: number
}

/**
 * The composition root: chooses the adapters that the configuration asks for, migrates, wires the way of an event
 * (receiver, inbox, worker, bus, GraphQL), and listens.
 * @throws ConfigError, or what the database or the port refuse with
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, clock = systemClock, only } = options
  const log = calmLog(options.log, { clock })
  const parts = await openParts(config, log, clock)
  const { database, shared, metrics, tracer } = parts
  let listensOn = ''
  const channels = alertServices({
    ...parts,
    bus: shared.bus,
    baseUrl: () => config.publicUrl ?? listensOn,
  })
  const web = only === 'worker' ? undefined : await createWeb(parts, channels)
  const background = only === 'web' ? undefined : createBackground(parts, channels)
  const waiting = new WaitingWatch(parts)

  const probe = new StoreProbe(database, clock)
  const checks: Checks = {
    database: () => probe.storable(),
    ...web?.checks,
    ...background?.checks,
    accepting: () => !closing.leaving,
  }
  const server = createServer(
    serverOptions,
    routes({
      webhook: web?.webhook,
      plain: {
        '/healthz': healthz,
        '/readyz': readyz(checks),
        '/metrics': metricsRoute(metrics.registry, {
          token: config.metricsToken,
          local: config.local,
          limiter: shared.limiter('api'),
          trustProxy: config.trustProxy,
        }),
        ...web?.plain,
      },
      next: web?.next ?? notFound,
    }),
  )
  const closing = new Closing(server)
  server.on('clientError', refuseBrokenRequest)
  web?.attach(server)
  watchForwarding(server, config, log)
  const oneAddress = sharedAddressOf(config)
  if (oneAddress !== undefined) log.warn(oneAddress)
  const release = async (): Promise<void> => {
    await web?.close()
    await shared.close()
    await tracer.close()
    await database.close()
  }
  // A port that is taken must not leave a process behind that nobody can reach.
  listensOn = await listen(server, config).catch(async (error: unknown) => {
    await release()
    throw error
  })
  const withdraw = web === undefined ? () => {} : announceServer(config.databaseUrl, listensOn)
  background?.start()
  waiting.start()
  const stopWatching = watchIntegrity(database, log, options.checkIntegrityAfterMs ?? 60_000)

  const close = async (): Promise<void> => {
    withdraw()
    const stopped = Promise.all([background?.stop(), waiting.stop(), stopWatching?.()])
    const endConnections = await closing.stopListening(async () => web?.disconnect())
    await web?.drain()
    await stopped
    await endConnections()
    await release()
  }
  let closed: Promise<void> | undefined
  return {
    url: listensOn,
    database,
    signInCode: (key) => {
      if (web === undefined) throw new Error('nobody signs in to a worker')
      return web.signInCode(key)
    },
    leave: () => closing.leave(),
    close: () => {
      closed ??= close()
      return closed
    },
  }
}

/** What both halves are made of, on a migrated database that was sealed with this secret. */
async function openParts(config: Config, log: Logger, clock: Clock): Promise<Parts> {
  const vault = vaultFor(config, dataFolderOf(config), log)
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
  const shared = connectShared(config, { log, clock, metrics })
  const tracer = await createTracer({ ...config.traces, version: packageJson.version, log })
  return { config, database, vault, shared, clock, log, metrics, tracer }
}

const watchIntegrity = (database: Database, log: Logger, afterMs: number) =>
  database.watchIntegrity?.({
    afterMs,
    onDamage: (damage) =>
      log.fatal(
        { damage },
        'the database file is damaged: nothing is stored any more. `doctor` says what to do',
      ),
    onError: (err) => log.error({ err }, 'the database file could not be checked'),
  })
