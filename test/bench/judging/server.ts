import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { memoryBus } from '../../../src/bus/memory.ts'
import { redisBus } from '../../../src/bus/redis.ts'
import { RedisStanding } from '../../../src/bus/redis-standing.ts'
import { DETECTORS } from '../../../src/detection/registry.ts'
import { serverOptions } from '../../../src/http/server.ts'
import { createLogger } from '../../../src/log.ts'
import { createMetrics } from '../../../src/metrics.ts'
import { Worker } from '../../../src/pipeline/worker.ts'
import { openDatabase } from '../../../src/storage/open.ts'
import { createVault } from '../../../src/tenancy/vault.ts'
import { systemClock } from '../../../src/time.ts'
import { composeIngest } from '../../ingest/compose.ts'
import { serveBench } from '../serving.ts'

/** Admission and judging as they are in production. A message `judged` is answered once so many events are judged. */
const [, , databaseUrl = '', vaultSecret = '', redisUrl = ''] = process.argv

const database = await openDatabase({ databaseUrl })
const log = createLogger('info', { write: () => {} })
const metrics = createMetrics(true)
const standing = () => new RedisStanding({ log, clock: systemClock, up: metrics.redisUp })
const bus = redisUrl === '' ? memoryBus() : redisBus(redisUrl, standing())
const { listener } = composeIngest(database, {
  clock: systemClock,
  vault: createVault(vaultSecret),
  bus,
  log,
  metrics,
})
const worker = new Worker({ database, bus, detectors: DETECTORS, clock: systemClock, log, metrics })
worker.start()

const question = z.object({ judged: z.number().optional() })

const judged = async (): Promise<number> => (await metrics.eventsJudged.get()).values[0]?.value ?? 0

serveBench(createServer(serverOptions, listener), async (message) => {
  const { judged: expected } = question.parse(message)
  while (expected !== undefined && (await judged()) < expected) await sleep(5)
})
