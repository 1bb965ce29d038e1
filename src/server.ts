import { setTimeout as sleep } from 'node:timers/promises'
import { type Half, startApp } from './app.ts'
import type { Config } from './config.ts'
import { createLogger } from './log.ts'

/** How long draining may take before the process ends anyway: what was answered 200 is stored in any case. Milliseconds. */
const GRACE = 10_000

/**
 * Runs the server until the process receives a signal to stop. A second signal ends it at once.
 * @param only one half of the work; left out: both
 * @throws ConfigError, or what the database or the port refuse with
 */
export async function serve(config: Config, only?: Half): Promise<void> {
  const log = createLogger(config.logLevel)
  for (const warning of config.warnings) log.warn(warning)
  const app = await startApp({ config, log, only })
  const tenants = await app.database.prisma.tenant.count()
  const addresses = only === 'worker' ? {} : { graphql: `${app.url}/graphql` }
  log.info({ url: app.url, ...addresses, ...(only && { only }) }, 'listening')
  if (only !== undefined && config.databaseUrl.startsWith('file:')) log.warn(ONE_PROCESS)
  if (tenants === 0) {
    log.info('no tenant yet; create the first in another terminal: ./billingwatch tenant create "My company"')
  }
  const signal = await stopSignal()
  app.leave()
  const seconds = only === 'worker' ? 0 : config.drainSeconds
  log.info({ signal, seconds }, 'draining')
  await sleep(seconds * 1_000)
  setTimeout(() => {
    log.error('draining took too long')
    process.exit(1)
  }, GRACE).unref()
  await app.close()
  log.info('stopped')
}

const ONE_PROCESS =
  'SQLite is made for one process: without a bus the halves hear of each other within seconds. Many share PostgreSQL'

const stopSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal))
  })
