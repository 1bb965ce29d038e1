import { startApp } from '../../../src/app.ts'
import { readConfig } from '../../../src/config.ts'
import { createLogger } from '../../../src/log.ts'

/** A whole server as it is in production: it takes webhooks, judges them and pushes to subscribers. */
const [, , databaseUrl = '', secret = ''] = process.argv

const app = await startApp({
  config: readConfig({
    DATABASE_URL: databaseUrl,
    BILLINGWATCH_SECRET: secret,
    PORT: '0',
    MIN_FREE_DISK: '0',
    WEBHOOK_RATE_LIMIT: '1000000/60',
    API_RATE_LIMIT: '1000000/60',
  }),
  log: createLogger('info', { write: () => {} }),
})
process.send?.({ port: Number(new URL(app.url).port) })
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpu: (user + system) / 1e6 })
})
// A profile (`node --cpu-prof`) is written only by a process that ends of itself.
process.on('SIGTERM', () => process.exit(0))
