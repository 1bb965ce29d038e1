import { startApp } from './app.ts'
import type { Config } from './config.ts'
import { createLogger } from './log.ts'

/** How long draining may take before the process ends anyway: what was answered 200 is stored in any case. Milliseconds. */
const GRACE = 10_000

/**
 * Runs the server until the process receives a signal to stop.
 * @throws ConfigError, or what the database or the port refuse with
 */
export async function serve(config: Config): Promise<void> {
  const log = createLogger(config.logLevel)
  for (const warning of config.warnings) log.warn(warning)
  const app = await startApp({ config, log })
  const tenants = await app.database.prisma.tenant.count()
  log.info({ url: app.url, graphql: `${app.url}/graphql` }, 'listening')
  if (tenants === 0) {
    log.info('no tenant yet; create the first in another terminal: ./billingwatch tenant create "My company"')
  }
  const signal = await stopSignal()
  log.info({ signal }, 'draining')
  setTimeout(() => {
    log.error('draining took too long')
    process.exit(1)
  }, GRACE).unref()
  await app.close()
  log.info('stopped')
}

const stopSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal))
  })
