import { expect, it } from 'vitest'
import { DISORDER } from '../../src/detection/kit/disorder.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import { createPipeline, judgeDue } from '../../src/pipeline/pass.ts'
import { MAX_REMEMBERED_BYTES } from '../../src/storage/detection/tenant-memories.ts'
import { testDatabase } from '../support/database.ts'
import { counting } from '../support/detectors.ts'
import { anomaliesOf, paid, pipelineOn } from '../support/pipeline.ts'
import { START } from '../support/stripe/basics.ts'
import { newTenant } from '../tenancy/office.ts'

const database = await testDatabase()
const { pipeline, deliver } = pipelineOn(database)

/** After which the detector `counting` says that it is over. */
const QUIET_SECONDS = 3_600

const at = (seconds: number): Date => new Date(seconds * 1_000)

/** Charges of as many customers, a second apart. */
const chargesOf = (customers: number, start: number) =>
  Array.from({ length: customers }, (_, n) =>
    paid(start + n, { id: `ch_${start}_${n}`, customer: `cus_${start}_${n}` }, { id: `evt_${start}_${n}` }),
  )

it('remembers 10,000 tenants that have just begun', async () => {
  const tenant = await newTenant(database)
  const own = createPipeline(pipeline)
  await deliver(tenant, chargesOf(8, START))
  await judgeDue(own, at(START + 10))
  expect(own.work.memories.bytes).toBeGreaterThan(1_000)
  expect(10_000 * own.work.memories.bytes).toBeLessThan(MAX_REMEMBERED_BYTES)
})

it('remembers no more of a tenant when it has more customers', async () => {
  const tenant = await newTenant(database)
  const own = createPipeline(pipeline)
  const sizes: number[] = []
  for (let batch = 0; batch < 3; batch += 1) {
    const start = START + batch * 100
    await deliver(tenant, chargesOf(60, start))
    await judgeDue(own, at(start + 70))
    sizes.push(own.work.memories.bytes)
  }
  const [first = 0, , third = 0] = sizes
  expect(third).toBeLessThan(1.5 * first)
})

it('rings the timers of the states that it does not remember', async () => {
  const tenant = await newTenant(database)
  const counts = counting({ limit: 1, facts: ['chargeSucceeded'] })
  const detectors = DETECTORS.map((one) => (one.name === counts.name ? counts : one))
  const own = createPipeline({ ...pipeline, detectors })
  const statesLeft = () => tenant.scope.db.detectorState.count({ where: { detector: counts.name } })
  await deliver(tenant, chargesOf(40, START))
  await judgeDue(own, at(START + 60))
  expect(await statesLeft()).toBe(40)
  while ((await judgeDue(own, at(START + 60 + QUIET_SECONDS + DISORDER))).length > 0);
  expect(await statesLeft()).toBe(0)
  const raised = (await anomaliesOf(tenant)).filter(({ detector }) => detector === counts.name)
  expect(raised).toHaveLength(40)
  for (const { endedAt } of raised) expect(endedAt).not.toBeNull()
})
