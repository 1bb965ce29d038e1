import { expect, it, vi } from 'vitest'
import { DETECTORS } from '../../src/detection/registry.ts'
import { createLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { readHistory } from '../../src/pipeline/replay.ts'
import { storedReplay } from '../../src/pipeline/stored-replay.ts'
import { Worker } from '../../src/pipeline/worker.ts'
import { testDatabase } from '../support/database.ts'
import { anomaliesOf, double, paid, pipelineOn } from '../support/pipeline.ts'
import { START } from '../support/stripe/basics.ts'
import { newTenant } from '../tenancy/office.ts'

const database = await testDatabase()
const { pipeline, deliver, judgeAll } = pipelineOn(database)
const newer = DETECTORS.map((detector) => ({ ...detector, stateVersion: detector.stateVersion + 1 }))

const statusesOf = async ({ scope }: Awaited<ReturnType<typeof newTenant>>) =>
  (await scope.db.stripeEvent.findMany({ orderBy: { createdAt: 'asc' } })).map(({ status }) => status)

it('leaves a tenant that a newer version has judged to that version, and serves the others', async () => {
  const [ahead, other] = [await newTenant(database), await newTenant(database)]
  const twice = double(START)
  await deliver(ahead, twice.slice(0, 1))
  await judgeAll(START + 2, { detectors: newer })
  await deliver(ahead, twice.slice(1))
  await deliver(other, double(START))

  const clock = { now: () => new Date((START + 10) * 1_000), steady: () => 0 }
  const worker = new Worker({
    ...pipeline,
    clock,
    log: createLogger('silent'),
    metrics: createMetrics(false),
  })
  worker.start()
  await vi.waitFor(async () => expect(await anomaliesOf(other)).toHaveLength(1), 10_000)
  await worker.stop()

  expect(await statusesOf(ahead)).toEqual(['PROCESSED', 'PENDING'])
  expect(await ahead.scope.db.claim.findFirst()).toMatchObject({ failures: 0, retryAt: null })
  await judgeAll(START + 11, { detectors: newer })
  expect(await statusesOf(ahead)).toEqual(['PROCESSED', 'PROCESSED'])
  expect(await anomaliesOf(ahead)).toHaveLength(1)
})

it('replays no history into such a tenant', async () => {
  const ahead = await newTenant(database)
  await deliver(ahead, [paid(START)])
  await judgeAll(START + 2, { detectors: newer })
  const lines = [JSON.stringify(paid(START + 60))]
  const parts = { ...pipeline, clock: { now: () => new Date((START + 70) * 1_000) } }
  const replayed = storedReplay(
    parts,
    ahead.id,
    readHistory(lines, ahead.endpoint.id, () => {}),
  )
  await expect(replayed).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(await statusesOf(ahead)).toHaveLength(1)
})
