import { expect, test } from 'vitest'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { later, raise } from '../support/anomalies.ts'
import { data, makeTenant, testApi } from '../support/graphql.ts'

const { database, served } = await testApi()

const relatedOf = async (key: string, id: string, first?: number) => {
  const { anomaly } = await data(
    served,
    key,
    `query($id: ID!) { anomaly(id: $id) { related${first === undefined ? '' : `(first: ${first})`} { id detector } } }`,
    { id },
  )
  return anomaly
}

test('an anomaly names what explains it and what it explains, the oldest first', async () => {
  const { id: tenantId, key } = await makeTenant(database)
  const { db } = scopeTo(database, tenantId)
  const outage = await raise(database, tenantId, { detector: 'WEBHOOK_LAG' })
  const failures = await raise(database, tenantId, {
    detector: 'CHARGE_FAILURE_SPIKE',
    detectedAt: later(60),
  })
  const drop = await raise(database, tenantId, { detector: 'REVENUE_DROP', detectedAt: later(120) })
  const alone = await raise(database, tenantId, { detector: 'REFUND_SPIKE', detectedAt: later(180) })
  for (const causeId of [failures, outage])
    await db.anomalyCause.create({ data: { tenantId, anomalyId: drop, causeId } })
  expect(await relatedOf(key, drop)).toEqual({
    related: [
      { id: outage, detector: 'WEBHOOK_LAG' },
      { id: failures, detector: 'CHARGE_FAILURE_SPIKE' },
    ],
  })
  expect(await relatedOf(key, drop, 1)).toEqual({ related: [{ id: outage, detector: 'WEBHOOK_LAG' }] })
  expect(await relatedOf(key, outage)).toEqual({ related: [{ id: drop, detector: 'REVENUE_DROP' }] })
  expect(await relatedOf(key, alone)).toEqual({ related: [] })
})
