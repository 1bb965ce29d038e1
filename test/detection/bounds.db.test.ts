import { expect, it } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { anomaliesOf, paid, pipelineOn } from '../support/pipeline.ts'
import { START } from '../support/stripe/basics.ts'
import { newTenant } from '../tenancy/office.ts'

const database = await testDatabase()
const { deliver, judgeAll } = pipelineOn(database)

const MOST = BigInt(Number.MAX_SAFE_INTEGER)

it('lets sums of absurd amounts stop at 2^53 − 1, in metrics and impacts, and judges on', async () => {
  const mine = await newTenant(database)
  // Each customer is charged twice: more of these within a day than are told one by one.
  for (let round = 0; round < 2; round += 1) {
    const at = START + round * 600
    const customers = Array.from({ length: 14 }, (_, index) => `cus_${round}_${index}`)
    await deliver(
      mine,
      customers.flatMap((customer) =>
        [0, 5].map((later) => paid(at + later, { customer, amount: Number(MOST) })),
      ),
    )
    await judgeAll(at + 60)
  }
  expect(await database.prisma.stripeEvent.count({ where: { tenantId: mine.id, status: 'PROCESSED' } })).toBe(
    56,
  )
  const buckets = await mine.scope.db.metricBucket.findMany({ where: { tenantId: mine.id, currency: 'usd' } })
  expect(buckets.map(({ revenue }) => revenue)).toEqual([MOST])
  const impacts = (await anomaliesOf(mine)).map(({ impactAmount }) => impactAmount)
  expect(impacts.length).toBeGreaterThan(10)
  expect(new Set(impacts)).toEqual(new Set([MOST]))
})

it('goes on from sums that were stored before there were bounds', async () => {
  const mine = await newTenant(database)
  const twice = (at: number) => [0, 5].map((later) => paid(at + later, { customer: 'cus_old' }))
  await deliver(mine, twice(START))
  await judgeAll(START + 60)
  const past = MOST * 100n
  await mine.scope.db.metricBucket.updateMany({ where: { currency: 'usd' }, data: { revenue: past } })
  await mine.scope.db.anomaly.updateMany({ where: {}, data: { impactAmount: past } })
  await deliver(mine, twice(START + 30))
  await judgeAll(START + 90)
  expect(await database.prisma.stripeEvent.count({ where: { tenantId: mine.id, status: 'PROCESSED' } })).toBe(
    4,
  )
  const [bucket] = await mine.scope.db.metricBucket.findMany({ where: { currency: 'usd' } })
  expect(bucket?.revenue).toBe(MOST)
})
