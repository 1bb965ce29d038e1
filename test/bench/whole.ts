import { startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createLogger } from '../../src/log.ts'
import { answerUsage } from './serving.ts'
import { ADMIN_KEY } from './tenants/workload.ts'

/** A whole server as it is in production, in one process; only the limits of requests are out of the way. */
const [, , databaseUrl = '', secret = ''] = process.argv

const { url } = await startApp({
  config: readConfig({
    DATABASE_URL: databaseUrl,
    BILLINGWATCH_SECRET: secret,
    BILLINGWATCH_ADMIN_KEY: ADMIN_KEY,
    PORT: '0',
    MIN_FREE_DISK: '0',
    WEBHOOK_RATE_LIMIT: '999999999/60',
    API_RATE_LIMIT: '999999999/60',
  }),
  log: createLogger('info', { write: () => {} }),
  // Reading a file of gigabytes would be measured with the rest.
  checkIntegrityAfterMs: 86_400_000,
})
answerUsage()
process.send?.({ port: Number(new URL(url).port) })
