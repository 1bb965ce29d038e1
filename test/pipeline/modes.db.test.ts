import { expect, it } from 'vitest'
import { scheduleTimer } from '../../src/storage/detection/saving.ts'
import { DAY, HOUR } from '../../src/time.ts'
import { testDatabase } from '../support/database.ts'
import { Merchant } from '../support/merchant.ts'
import { anomaliesOf, paid, pipelineOn } from '../support/pipeline.ts'
import { START } from '../support/stripe/basics.ts'
import { NEWEST } from '../support/stripe/versions.ts'
import { newTenant } from '../tenancy/office.ts'

const database = await testDatabase()
const { deliver, judgeAll } = pipelineOn(database)

const test = { livemode: false }

/** A subscription that is not renewed, and two equal charges. */
const tried = [
  {
    ...new Merchant(NEWEST).subscribed(START, { id: 'sub_1', start: START, end: START + 30 * DAY }),
    ...test,
  },
  paid(START + 60, { customer: 'cus_1', ...test }, test),
  paid(START + 65, { customer: 'cus_1', ...test }, test),
]

/** Some days' timers, also as a process finds them that has judged nothing yet. */
async function pass(tenant: Awaited<ReturnType<typeof newTenant>>): Promise<void> {
  for (const day of [1, 20, 34, 50]) {
    await database.sql.write(async (tx) => {
      await tx.enter(tenant.id)
      await scheduleTimer(tx, tenant.id)
    })
    await judgeAll(START + day * DAY)
  }
}

it('misses what does not come in test mode, while there is no other', async () => {
  const tenant = await newTenant(database)
  await deliver(tenant, tried)
  await pass(tenant)
  const raised = (await anomaliesOf(tenant)).map(({ detector }) => detector)
  expect(raised).toEqual(expect.arrayContaining(['DUPLICATE_CHARGE', 'SILENT_LAPSE']))
})

it('misses nothing in test mode after a live event, and what was open there ends in its time', async () => {
  const tenant = await newTenant(database)
  await deliver(tenant, tried)
  await judgeAll(START + HOUR)
  await deliver(tenant, [paid(START + 2 * HOUR, {})])
  await judgeAll(START + 2 * HOUR + 1)
  await pass(tenant)
  const inTest = (await anomaliesOf(tenant)).filter(({ livemode }) => !livemode)
  expect(inTest).toMatchObject([{ detector: 'DUPLICATE_CHARGE' }])
  expect(inTest[0]?.endedAt).not.toBeNull()
})
