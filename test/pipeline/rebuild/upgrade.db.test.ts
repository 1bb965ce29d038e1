import { afterAll, describe, expect, it, vi } from 'vitest'
import { memoryBus } from '../../../src/bus/memory.ts'
import { KeyedStates } from '../../../src/detection/engine/states.ts'
import { DETECTORS } from '../../../src/detection/registry.ts'
import { createLogger } from '../../../src/log.ts'
import { createMetrics } from '../../../src/metrics.ts'
import { Rebuilder } from '../../../src/pipeline/rebuild/rebuilder.ts'
import { systemClock } from '../../../src/time.ts'
import { recordedStates } from '../../detection/stored-states/stored-states.ts'
import { testDatabase } from '../../support/database.ts'
import { paid, pipelineOn } from '../../support/pipeline.ts'
import { event } from '../../support/stripe/events.ts'
import { invoice } from '../../support/stripe/invoices.ts'
import { newTenant } from '../../tenancy/office.ts'

const database = await testDatabase()
const { deliver, judgeAll } = pipelineOn(database)
const rebuilder = new Rebuilder({
  database,
  bus: memoryBus(),
  detectors: DETECTORS,
  clock: systemClock,
  log: createLogger('silent'),
  metrics: createMetrics(false),
})
rebuilder.start()
afterAll(() => rebuilder.stop())

type Tenant = Awaited<ReturnType<typeof newTenant>>

const [revenueDrop] = DETECTORS.filter(({ name }) => name === 'REVENUE_DROP')
if (revenueDrop === undefined) throw new Error('there is no REVENUE_DROP')
/** As its version 2 stored it, before renewals were distinguished. */
const [former] = recordedStates(revenueDrop, 2)
if (former === undefined) throw new Error('no row of version 2 is recorded')

/** The facts begin when the recorded row ends. */
const START = former.touchedAt + 3_600

const renewal = (at: number) => {
  const fields = { created: at, status: 'paid', billing_reason: 'subscription_cycle', subscription: 'sub_1' }
  return event('invoice.paid', invoice(fields), { created: at })
}

const trade = [renewal(START), paid(START + 3_600), renewal(START + 86_400), paid(START + 90_000)]

/** A tenant whose state of revenue is of version 2, as before an upgrade of the program. */
async function beforeUpgrade({ beganBefore }: { beganBefore: boolean }): Promise<Tenant> {
  const tenant = await newTenant(database)
  await deliver(tenant, trade)
  await judgeAll(START + 100_000)
  const { db } = tenant.scope
  const { state, version } = former ?? { state: '', version: 0 }
  await db.detectorState.updateMany({ where: { detector: 'REVENUE_DROP' }, data: { state, version } })
  if (beganBefore) await db.stream.updateMany({ data: { since: null } })
  // Nothing of it is remembered by a process that starts.
  await db.claim.updateMany({ data: { version: { increment: 1 } } })
  return tenant
}

const next = paid(START + 110_000)

async function stateOf({
  scope: { db },
}: Tenant): Promise<{ version: number; state: Record<string, unknown> }> {
  const row = await db.detectorState.findFirst({
    where: { detector: 'REVENUE_DROP', NOT: { stream: { startsWith: 'rebuild:' } } },
  })
  return { version: row?.version ?? 0, state: JSON.parse(row?.state ?? '{}') }
}

const rebuildsOf = ({ scope: { db } }: Tenant) => db.rebuild.findMany({})

/** The first event after the upgrade is judged, and what comes of it in the background has ended. */
async function upgraded(tenant: Tenant) {
  await deliver(tenant, [next])
  await judgeAll(START + 110_010)
  const statuses = await tenant.scope.db.stripeEvent.findMany({ where: { status: 'PROCESSED' } })
  expect(statuses).toHaveLength(trade.length + 1)
  await vi.waitFor(
    async () => expect(await rebuildsOf(tenant)).toMatchObject([{ state: 'DONE', error: null }]),
    { timeout: 60_000, interval: 50 },
  )
  return stateOf(tenant)
}

describe('after an upgrade that leaves out what only the facts tell', { timeout: 90_000 }, () => {
  it('states are rebuilt in the background, as if that version had always judged', async () => {
    const tenant = await beforeUpgrade({ beganBefore: false })
    const { state, version } = await upgraded(tenant)
    const always = await newTenant(database)
    await deliver(always, trade)
    await judgeAll(START + 100_000)
    await deliver(always, [next])
    await judgeAll(START + 110_010)
    expect({ state, version }).toEqual(await stateOf(always))
    expect(state['renewals']).toBeDefined()
    const [act] = await tenant.scope.db.activity.findMany({ where: { kind: 'TENANT_REBUILT' } })
    expect(act).toMatchObject({ actorKind: 'SYSTEM' })
  })

  it('what reaches further back than the facts keeps its upgraded value, and is rebuilt once', async () => {
    const tenant = await beforeUpgrade({ beganBefore: true })
    const { state, version } = await upgraded(tenant)
    expect(version).toBe(revenueDrop.stateVersion)
    expect(state['renewals']).toBeDefined()
    const { since, revenue } = JSON.parse(upgradedForm())
    expect(state['since']).toBe(since)
    expect(state['revenue']).toMatchObject({ all: { season: { since: revenue.all.season.since } } })
    await deliver(tenant, [paid(START + 120_000)])
    await judgeAll(START + 120_010)
    expect(await rebuildsOf(tenant)).toHaveLength(1)
  })
})

/** The former row as the present version stores it. */
function upgradedForm(): string {
  if (revenueDrop === undefined || former === undefined) throw new Error('nothing to upgrade')
  const states = new KeyedStates([revenueDrop])
  states.load([former])
  states.open(revenueDrop, former.key, former.touchedAt)
  return states.changes().saved[0]?.state ?? ''
}
