import { describe, expect, it } from 'vitest'
import { takeStep } from '../../../src/anomalies/lifecycle.ts'
import { DETECTORS } from '../../../src/detection/registry.ts'
import { readHistory } from '../../../src/pipeline/replay.ts'
import { storedReplay } from '../../../src/pipeline/stored-replay.ts'
import { startRebuild } from '../../../src/storage/rebuild/jobs.ts'
import { configureDetector } from '../../../src/tenancy/detector-choices.ts'
import { testDatabase } from '../../support/database.ts'
import { anomaliesOf, double, pipelineOn } from '../../support/pipeline.ts'
import { EVERYTHING, memoryOf, rebuildingOn } from '../../support/rebuild.ts'
import { START } from '../../support/stripe/basics.ts'
import { acting, newTenant } from '../../tenancy/office.ts'

const database = await testDatabase()
const { pipeline, deliver, judgeAll } = pipelineOn(database)
const { parts, begin, rebuilt } = rebuildingOn(pipeline)

type Tenant = Awaited<ReturnType<typeof newTenant>>

async function doubled(): Promise<Tenant> {
  const tenant = await newTenant(database)
  await deliver(tenant, double(START))
  await judgeAll(START + 10)
  return tenant
}

const duplicates = DETECTORS.filter(({ name }) => name === 'DUPLICATE_CHARGE')
async function watch({ scope }: Tenant, enabled: boolean): Promise<void> {
  for (const detector of duplicates) await configureDetector(scope, acting, detector, { enabled })
}

const actsOf = async ({ scope: { db } }: Tenant) => {
  const acts = await db.activity.findMany({ orderBy: { seq: 'asc' } })
  return acts.map(({ kind }) => kind)
}

describe('a rebuild', { timeout: 60_000 }, () => {
  it('records what it finds beyond what stands, as history', async () => {
    const tenant = await newTenant(database)
    await watch(tenant, false)
    await deliver(tenant, double(START))
    await judgeAll(START + 10)
    expect(await anomaliesOf(tenant)).toEqual([])
    await watch(tenant, true)
    const { found, same, events, judgedFrom } = await rebuilt(tenant)
    expect({ same, events, judgedFrom }).toEqual({ same: 0, events: 2, judgedFrom: START + 1 })
    expect(found).toMatchObject([{ incident: { detector: 'DUPLICATE_CHARGE' } }])
    const [anomaly] = await anomaliesOf(tenant)
    expect(anomaly).toMatchObject({ id: found[0]?.incident.id, origin: 'HISTORY', status: 'OPEN' })
    const shown = await tenant.scope.db.anomalyEvent.findMany({})
    expect(shown).toHaveLength(2)
    expect((await actsOf(tenant)).slice(-2)).toEqual(['ANOMALY_RAISED', 'TENANT_REBUILT'])
  })

  it('resolves what it no longer finds, once, and has it back when it is found again', async () => {
    const tenant = await doubled()
    await watch(tenant, false)
    const { gone } = await rebuilt(tenant)
    expect(gone).toHaveLength(1)
    expect(await anomaliesOf(tenant)).toMatchObject([
      { status: 'RESOLVED', resolvedBy: expect.stringContaining('SYSTEM') },
    ])
    expect(await rebuilt(tenant)).toMatchObject({ gone: [], found: [], changed: [] })
    await watch(tenant, true)
    const again = await rebuilt(tenant)
    expect(again).toMatchObject({ found: [], changed: [{ incident: { id: gone[0]?.incident.id } }] })
    expect(await anomaliesOf(tenant)).toMatchObject([{ status: 'OPEN', goneAt: null }])
  })

  it('leaves to people what they have worked on, and marks it', async () => {
    const tenant = await doubled()
    const [anomaly] = await anomaliesOf(tenant)
    const person = { ...acting, actor: { kind: 'API_KEY', name: 'Ada' } as const }
    await takeStep(tenant.scope, person, 'acknowledge', anomaly?.id ?? '')
    await watch(tenant, false)
    expect((await rebuilt(tenant)).gone).toHaveLength(1)
    const [after] = await anomaliesOf(tenant)
    expect(after).toMatchObject({ status: 'ACKNOWLEDGED' })
    expect(after?.goneAt).not.toBeNull()
    const [act] = await tenant.scope.db.activity.findMany({
      where: { anomalyId: anomaly?.id ?? '' },
      orderBy: { seq: 'desc' },
    })
    expect(act).toMatchObject({ kind: 'ANOMALY_UPDATED', note: 'Judged anew, this is no longer found.' })
  })

  it('only tried changes nothing, and says what would', async () => {
    const tenant = await doubled()
    await watch(tenant, false)
    const before = [await memoryOf(tenant), await actsOf(tenant)]
    expect(await rebuilt(tenant, { dryRun: true })).toMatchObject({ gone: [{}], found: [], same: 0 })
    expect([await memoryOf(tenant), await actsOf(tenant)]).toEqual(before)
  })

  it('of single detectors leaves what others know and have found', async () => {
    const tenant = await doubled()
    await watch(tenant, false)
    const { states, anomalies } = await memoryOf(tenant)
    expect(await rebuilt(tenant, { detectors: ['REVENUE_DROP'] })).toMatchObject({ gone: [], same: 0 })
    const after = await memoryOf(tenant)
    expect([after.states, after.anomalies]).toEqual([states, anomalies])
  })

  it('leaves anomalies from before a time as they are', async () => {
    const tenant = await doubled()
    await watch(tenant, false)
    const from = new Date((START + 86_400) * 1_000).toISOString()
    expect(await rebuilt(tenant, { from })).toMatchObject({ gone: [], judgedFrom: START + 86_400 })
    expect(await anomaliesOf(tenant)).toMatchObject([{ status: 'OPEN', goneAt: null }])
  })

  it('begins where the facts of all that follows are kept', async () => {
    const tenant = await newTenant(database)
    await deliver(tenant, [...double(START), ...double(START + 3_600, 'cus_later')])
    await judgeAll(START + 3_700)
    const createdAt = { lt: new Date((START + 60) * 1_000) }
    await tenant.scope.db.stripeEvent.updateMany({
      where: { createdAt },
      data: { facts: null, factsVersion: null },
    })
    const before = await anomaliesOf(tenant)
    expect(await rebuilt(tenant)).toMatchObject({ events: 2, judgedFrom: START + 3_601, same: 1, gone: [] })
    expect(await anomaliesOf(tenant)).toEqual(before)
  })

  it('goes on from a history to what was live as it was judged then', async () => {
    const tenant = await newTenant(database)
    const lines = double(START).map((one) => JSON.stringify(one))
    await storedReplay(
      parts,
      tenant.id,
      readHistory(lines, tenant.endpoint.id, () => {}),
    )
    await deliver(tenant, double(START + 20 * 86_400, 'cus_live'))
    await judgeAll(START + 20 * 86_400 + 10)
    const before = await memoryOf(tenant)
    expect(before.streams).toMatchObject([
      { since: BigInt(START), liveSince: BigInt(START + 20 * 86_400 + 1) },
    ])
    expect(await rebuilt(tenant)).toMatchObject({ same: 2, found: [], gone: [], changed: [] })
    expect(await memoryOf(tenant)).toEqual(before)
  })

  it('reaches nobody else', async () => {
    const [mine, other] = [await doubled(), await doubled()]
    await watch(mine, false)
    const before = [await memoryOf(other), await actsOf(other)]
    await rebuilt(mine)
    expect([await memoryOf(other), await actsOf(other)]).toEqual(before)
  })

  it('runs one at a time: the same once more is the same, another one is refused', async () => {
    const tenant = await doubled()
    const { id } = await begin(tenant)
    const start = (wanted: object) =>
      startRebuild(tenant.scope, { ...EVERYTHING, ...wanted }, { id: 'imp_other', now: new Date() })
    expect((await start({})).id).toBe(id)
    await expect(start({ dryRun: true })).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  it('begins anew when a setting changes meanwhile', async () => {
    const tenant = await doubled()
    let isFirst = true
    const { gone } = await rebuilt(
      tenant,
      {},
      {
        slice: 1,
        onProgress: async () => {
          if (isFirst) await watch(tenant, false)
          isFirst = false
        },
      },
    )
    expect(gone).toHaveLength(1)
  })
})
