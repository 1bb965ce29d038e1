import { Gauge } from 'prom-client'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WaitingWatch } from '../src/app/waiting-watch.ts'
import { createLogger } from '../src/log.ts'
import { Worker } from '../src/pipeline/worker.ts'
import { eventBody, freshId, startIngest } from './ingest/harness.ts'
import { testDatabase } from './support/database.ts'
import { counting, finding } from './support/detectors.ts'
import { SOON } from './support/feed.ts'
import { connect, keyOf, listen, serveGraphql } from './support/graphql.ts'

const database = await testDatabase()

const BROKEN = freshId()

/** Reports every event, and cannot judge one of them. */
const picky = counting({
  key: () => '',
  observe: (_state, fact) => {
    if ('eventId' in fact && fact.eventId === BROKEN) throw new Error('not this one')
    return { findings: [finding('', { startedAt: fact.at })] }
  },
})

test('every metric that is declared is moved on the way of an event, from its delivery to its subscriber, but those of alerts, rebuilds, connections and Redis', async () => {
  const ingest = await startIngest(database)
  const { metrics, bus } = ingest
  const log = createLogger('silent')
  const worker = new Worker({ database, bus, detectors: [picky], clock: ingest.clock, log, metrics })
  const moved = new Set<string>()
  const { registry: _registry, ...all } = metrics
  // test/alerts/metrics.db.test.ts moves those of alerts, test/graphql/rebuild.db.test.ts those of rebuilds,
  // test/connect/reconciler.db.test.ts those of connections, test/bus/redis-standing.test.ts that of Redis.
  const others =
    /^alert|^rebuilds$|^eventsJudgedAnew$|^stripe|^oldestUnproven|^reconciliations$|^eventsFilled$|^redisUp$/
  const declared = Object.entries(all).filter(([name]) => !others.test(name))
  // A gauge is back at nothing when all is done.
  for (const [name, gauge] of declared) {
    if (!(gauge instanceof Gauge)) continue
    const set = gauge.set.bind(gauge)
    vi.spyOn(gauge, 'set').mockImplementation((value: unknown) => {
      if (typeof value === 'number' && value > 0) moved.add(name)
      if (typeof value === 'number') set(value)
    })
  }

  const served = await serveGraphql(database, { metrics })
  onTestFinished(() => served.stop())
  const tenant = await ingest.tenant()
  const { key } = await keyOf(database, { id: tenant.tenantId }, 'VIEWER')
  listen(connect(served, key), 'subscription { anomalyDetected { cursor } }')
  for (const id of [freshId(), BROKEN]) await ingest.deliver(tenant, eventBody(id))
  // They wait a little before somebody judges them.
  ingest.clock.seconds += 5
  await new WaitingWatch({ database, clock: ingest.clock, log, metrics }).look()
  worker.start()
  onTestFinished(() => worker.stop())

  await vi.waitFor(async () => {
    for (const [name, metric] of declared) {
      const { values } = await metric.get()
      if (values.some(({ value }) => value > 0)) moved.add(name)
    }
    expect([...moved].toSorted()).toEqual(declared.map(([name]) => name).toSorted())
  }, SOON)

  const lag = await metrics.judgingLagSeconds.get()
  const count = lag.values.find(({ metricName }) => metricName?.endsWith('_count'))
  expect(count?.value).toBe(2)
})
