import { createServer } from 'node:http'
import { memoryBus } from '../../../src/bus/memory.ts'
import { serverOptions } from '../../../src/http/server.ts'
import { createLogger } from '../../../src/log.ts'
import { createMetrics } from '../../../src/metrics.ts'
import { openDatabase } from '../../../src/storage/database.ts'
import { createVault } from '../../../src/tenancy/vault.ts'
import { systemClock } from '../../../src/time.ts'
import { composeIngest } from '../../ingest/compose.ts'
import { serveBench } from './serving.ts'

/** Admission as it is in production, with every check, count and log line; only detection does not run. */
const [, , databaseUrl = '', vaultSecret = ''] = process.argv

const { listener } = composeIngest(await openDatabase({ databaseUrl }), {
  clock: systemClock,
  vault: createVault(vaultSecret),
  bus: memoryBus(),
  log: createLogger('info', { write: () => {} }),
  metrics: createMetrics(true),
})
serveBench(createServer(serverOptions, listener))
// A profile (`node --cpu-prof`) is written only by a process that ends of itself.
process.on('SIGTERM', () => process.exit(0))
