import { startApp } from '../../../src/app.ts'
import { readConfig } from '../../../src/config.ts'
import { createLogger } from '../../../src/log.ts'
import { ADMIN_KEY } from './workload.ts'

/** A whole server; answers every message with the CPU seconds used so far. */
const [, , databaseUrl = ''] = process.argv

const config = readConfig({
  PORT: '0',
  DATABASE_URL: databaseUrl,
  BILLINGWATCH_ADMIN_KEY: ADMIN_KEY,
  BILLINGWATCH_SECRET: 'a secret of the bench, long enough',
  API_RATE_LIMIT: '1000000/60',
})
const { url } = await startApp({ config, log: createLogger('info', { write: () => {} }) })

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpu: (user + system) / 1e6 })
})
process.send?.({ url })
