import { startApp } from '../../../src/app.ts'
import { readConfig } from '../../../src/config.ts'
import { createLogger } from '../../../src/log.ts'

/** The whole product as it runs in production, in one process; only the limit of requests a key is out of the way. */
const [, , databaseUrl = '', secret = ''] = process.argv
const { url } = await startApp({
  config: readConfig({
    PORT: '0',
    DATABASE_URL: databaseUrl,
    BILLINGWATCH_SECRET: secret,
    API_RATE_LIMIT: '999999999/60',
    MIN_FREE_DISK: '0',
  }),
  log: createLogger('warn'),
  // Reading a file of gigabytes would be measured with the pages.
  checkIntegrityAfterMs: 86_400_000,
})
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpu: (user + system) / 1e6 })
})
process.send?.({ port: Number(new URL(url).port) })
// A profile (`node --cpu-prof`) is written only by a process that ends of itself.
process.on('SIGTERM', () => process.exit(0))
