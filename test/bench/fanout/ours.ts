import { createServer } from 'node:http'
import { z } from 'zod'
import { alertServices } from '../../../src/alerts/alerts.ts'
import { createApi } from '../../../src/api.ts'
import { memoryBus } from '../../../src/bus/memory.ts'
import { readConfig } from '../../../src/config.ts'
import { routes } from '../../../src/http/routes.ts'
import { serverOptions } from '../../../src/http/server.ts'
import { memoryQuota } from '../../../src/limits/memory-quota.ts'
import { memoryRateLimiter } from '../../../src/limits/rate-limiter.ts'
import { createLogger } from '../../../src/log.ts'
import { createMetrics } from '../../../src/metrics.ts'
import { openDatabase } from '../../../src/storage/open.ts'
import { Authenticator } from '../../../src/tenancy/authenticate.ts'
import { CredentialsWatch } from '../../../src/tenancy/cutoff.ts'
import { createVault } from '../../../src/tenancy/vault.ts'
import { systemClock as clock } from '../../../src/time.ts'
import { servePushes } from './serving.ts'

/** GraphQL as it is in production, without ingest and detection: each message hints that the tenant's feed has grown. */
const [, , databaseUrl = '', vaultSecret = ''] = process.argv

const config = readConfig({ DATABASE_URL: databaseUrl, PORT: '0', API_RATE_LIMIT: '1000000/60' })
const database = await openDatabase(config)
const vault = createVault(vaultSecret)
const log = createLogger('info', { write: () => {} })
const bus = memoryBus()
const parts = { config, database, bus, vault, clock, log, metrics: createMetrics(true) }
const api = createApi({
  ...parts,
  alerts: alertServices(parts),
  authenticator: new Authenticator({ database, vault, clock, adminKey: undefined, log }),
  credentials: new CredentialsWatch({ database, clock, log }),
  limiter: memoryRateLimiter(clock),
  quota: memoryQuota,
  // The bare server sends none either.
  pingMs: 3_600_000,
})
const server = createServer(
  serverOptions,
  routes({ webhook: (_req, res) => void res.end(), plain: api.plain, next: api.listener }),
)
api.attach(server)
const grown = z.object({ tenantId: z.string() })
servePushes(server, (message) => bus.publish(`feed:${grown.parse(message).tenantId}`))
