import { createServer } from 'node:http'
import { memoryBus } from '../../../src/bus/memory.ts'
import { serverOptions } from '../../../src/http/server.ts'
import { createLogger } from '../../../src/log.ts'
import { createMetrics } from '../../../src/metrics.ts'
import { openDatabase } from '../../../src/storage/open.ts'
import { createVault } from '../../../src/tenancy/vault.ts'
import { systemClock } from '../../../src/time.ts'
import { composeIngest } from '../../ingest/compose.ts'
import { serveBench } from '../serving.ts'

/**
 * Admission as it is in production, with every check, count and log line; only detection does not run. What it would
 * have judged is taken away each second, as its worker does: wakes that pile up would cost more than they do there.
 */
const [, , databaseUrl = '', vaultSecret = ''] = process.argv

const database = await openDatabase({ databaseUrl })
setInterval(() => void database.sql.write((tx) => tx.run('DELETE FROM "Wake"', [])), 1_000).unref()

const { listener } = composeIngest(database, {
  clock: systemClock,
  vault: createVault(vaultSecret),
  bus: memoryBus(),
  log: createLogger('info', { write: () => {} }),
  metrics: createMetrics(true),
})
serveBench(createServer(serverOptions, listener))
