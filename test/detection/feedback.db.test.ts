import { expect, it } from 'vitest'
import { takeStep } from '../../src/anomalies/lifecycle.ts'
import type { AnyDetector, Feedback } from '../../src/detection/detector.ts'
import { DAY, type Seconds, toDate } from '../../src/time.ts'
import { testDatabase } from '../support/database.ts'
import { counting } from '../support/detectors.ts'
import { acting } from '../support/graphql.ts'
import { anomaliesOf, paid, pipelineOn } from '../support/pipeline.ts'
import { START } from '../support/stripe/basics.ts'
import { newTenant } from '../tenancy/office.ts'

const database = await testDatabase()
const { deliver, judgeAll } = pipelineOn(database)

/** A detector of each single event that notes what it is told of feedback. */
function listening() {
  const heard: { at: Seconds; feedback: readonly Feedback[] }[] = []
  const detector = counting({ limit: 1, quiet: 3_600, key: () => 'cus_odd' })
  const observe: AnyDetector['observe'] = (state, fact, context) => {
    heard.push({ at: fact.at, feedback: context.feedback })
    return detector.observe(state, fact, context)
  }
  return { heard, detectors: [{ ...detector, observe }] }
}

async function marked() {
  const tenant = await newTenant(database)
  await deliver(tenant, [paid(START, { customer: 'cus_odd' })])
  await judgeAll(START + 2, { detectors: listening().detectors })
  const [anomaly] = await anomaliesOf(tenant)
  if (anomaly === undefined) throw new Error('nothing was raised')
  const said = START + DAY
  const actingThen = { ...acting, clock: { now: () => toDate(said) } }
  await takeStep(tenant.scope, actingThen, 'markFalsePositive', anomaly.id)
  const reopen = () => takeStep(tenant.scope, actingThen, 'reopen', anomaly.id)
  const mark = { at: said, fingerprint: 'cus_odd', startedAt: START, lastSeenAt: START, customer: 'cus_odd' }
  return { tenant, mark, reopen, said }
}

it('tells the detector what a person said of its incidents, from the time at which that was said', async () => {
  const { tenant, mark, said } = await marked()
  const { heard, detectors } = listening()
  await deliver(tenant, [paid(said - 60), paid(said + 60)])
  await judgeAll(said + 120, { detectors })
  expect(heard).toEqual([
    { at: said - 60, feedback: [] },
    { at: said + 60, feedback: [mark] },
  ])
})

it('forgets what was said by mistake and taken back', async () => {
  const { tenant, reopen, said } = await marked()
  await reopen()
  const { heard, detectors } = listening()
  await deliver(tenant, [paid(said + 60)])
  await judgeAll(said + 120, { detectors })
  expect(heard).toEqual([{ at: said + 60, feedback: [] }])
})

it('keeps it to the tenant whose person said it', async () => {
  const { said } = await marked()
  const other = await newTenant(database)
  const { heard, detectors } = listening()
  await deliver(other, [paid(said + 60, { customer: 'cus_odd' })])
  await judgeAll(said + 120, { detectors })
  expect(heard).toEqual([{ at: said + 60, feedback: [] }])
})
