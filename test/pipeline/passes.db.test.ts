import { describe, expect, it } from 'vitest'
import { takeStep } from '../../src/anomalies/lifecycle.ts'
import type { AnyDetector } from '../../src/detection/detector.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import { createPipeline, judgeDue } from '../../src/pipeline/pass.ts'
import { backOff } from '../../src/storage/detection/back-off.ts'
import { tidyTenant } from '../../src/storage/retention.ts'
import { configureDetector } from '../../src/tenancy/detector-choices.ts'
import { updateTenant } from '../../src/tenancy/tenant.ts'
import { countedDatabase } from '../support/counted.ts'
import { testDatabase } from '../support/database.ts'
import { counting } from '../support/detectors.ts'
import { anomaliesOf, double, paid, pipelineOn } from '../support/pipeline.ts'
import { START } from '../support/stripe/basics.ts'
import { acting, newTenant } from '../tenancy/office.ts'

const database = await testDatabase()
const { pipeline, deliver, judgeAll } = pipelineOn(database)

type Made = Awaited<ReturnType<typeof newTenant>>

const at = (seconds: number): Date => new Date(seconds * 1_000)
const idsOf = (tenants: readonly ({ id: string } | { tenantId: string })[]): string[] =>
  tenants.map((one) => ('id' in one ? one.id : one.tenantId)).sort()

async function tenants(count: number): Promise<Made[]> {
  const made: Made[] = []
  for (let n = 0; n < count; n += 1) made.push(await newTenant(database))
  return made
}

const versionOf = async ({ scope, id }: Made) =>
  (await scope.db.claim.findFirst({ where: { tenantId: id } }))?.version

describe('a pass', () => {
  it('serves many tenants, each by itself: every one has its own anomaly, numbered in its own feed', async () => {
    const served = await tenants(20)
    for (const tenant of served) await deliver(tenant, double(START))
    expect(idsOf(await judgeDue(pipeline, at(START + 10)))).toEqual(idsOf(served))
    for (const tenant of served) {
      const [anomaly, ...others] = await anomaliesOf(tenant)
      expect(others).toEqual([])
      expect(anomaly).toMatchObject({ tenantId: tenant.id, detector: 'DUPLICATE_CHARGE' })
      expect(await versionOf(tenant)).toBe(1n)
    }
    expect(await judgeDue(pipeline, at(START + 11))).toEqual([])
  })

  it('costs a tenant that is remembered a bounded number of statements, all of them bound to it', async () => {
    const served = await tenants(20)
    const counted = countedDatabase(database)
    const counting = createPipeline({ ...pipeline, database: counted.database })
    for (const tenant of served) await deliver(tenant, [paid(START, { customer: 'cus_1' })])
    await judgeDue(counting, at(START + 10))
    // What is read with the first event of a stream that is there already is remembered from then on.
    for (const tenant of served) await deliver(tenant, [paid(START + 20, { customer: 'cus_3' })])
    await judgeDue(counting, at(START + 30))
    counted.statements.length = 0
    for (const tenant of served) await deliver(tenant, [paid(START + 40, { customer: 'cus_2' })])
    expect(await judgeDue(counting, at(START + 50))).toHaveLength(20)
    const own = (id: string) => counted.statements.filter(({ tenantId }) => tenantId === id)
    for (const { id } of served.slice(1))
      expect(
        own(id).length,
        own(id)
          .map(({ text }) => text)
          .join('\n'),
      ).toBeLessThanOrEqual(13)
    // The look, the claim, and what compares the versions (SQLite) or finds the wakes (PostgreSQL).
    expect(counted.statements.length).toBeLessThanOrEqual(20 * 13 + 3)
    const looked = counted.statements.filter(({ text }) => text.includes('"detectedAt"'))
    expect(looked, 'nobody asks when incidents were raised where nothing was found').toEqual([])
  })

  it('gives each tenant one turn before any has two, however much work one has', async () => {
    const [greedy, ...others] = await tenants(4)
    if (greedy === undefined) throw new Error('no tenant')
    for (let wake = 0; wake < 60; wake += 1) {
      const events = Array.from({ length: 20 }, (_, n) => paid(START, { id: `ch_greedy_${wake}_${n}` }))
      await deliver(greedy, events)
    }
    for (const tenant of others) await deliver(tenant, [paid(START)])
    const first = idsOf(await judgeDue(pipeline, at(START + 10)))
    const second = first.length === 4 ? [] : idsOf(await judgeDue(pipeline, at(START + 10)))
    expect([...first, ...second].sort()).toEqual(idsOf([greedy, ...others]))
    const waiting = await greedy.scope.db.stripeEvent.count({ where: { status: 'PENDING' } })
    expect(waiting).toBe(700)
    await judgeAll(START + 11)
    expect(await greedy.scope.db.stripeEvent.count({ where: { status: 'PENDING' } })).toBe(0)
  })

  it('leaves out a tenant whose work fails: it waits, and holds nobody up', async () => {
    const [broken, ...others] = await tenants(6)
    if (broken === undefined) throw new Error('no tenant')
    for (const tenant of [broken, ...others]) await deliver(tenant, double(START))
    const failing: AnyDetector = counting({
      name: 'NEGATIVE_INVOICE',
      key: () => '',
      // Not what the detector itself throws, which only fails the event: what comes of it cannot be stored as JSON.
      observe: (state) => {
        Object.assign(state as object, {
          toJSON: () => {
            throw new Error('odd')
          },
        })
        return undefined
      },
    })
    const odd = createPipeline({
      ...pipeline,
      detectors: DETECTORS.map((one) => (one.name === failing.name ? failing : one)),
    })
    await expect(judgeDue(odd, at(START + 10))).rejects.toThrow('odd')
    await backOff(database, broken.id, at(START + 10))
    expect(idsOf(await judgeDue(pipeline, at(START + 10)))).toEqual(idsOf(others))
    expect(await anomaliesOf(broken)).toEqual([])
    await judgeAll(START + 12)
    expect(await anomaliesOf(broken)).toHaveLength(1)
  })
})

describe('what a process remembers of a tenant', () => {
  /** A tenant that the process remembers. */
  async function known(): Promise<Made> {
    const tenant = await newTenant(database)
    await deliver(tenant, [paid(START)])
    await judgeAll(START + 10)
    return tenant
  }

  it('is not read again', async () => {
    const tenant = await newTenant(database)
    const counted = countedDatabase(database)
    const own = createPipeline({ ...pipeline, database: counted.database })
    await deliver(tenant, [paid(START, { customer: 'cus_1' })])
    await judgeDue(own, at(START + 10))
    counted.statements.length = 0
    await deliver(tenant, [paid(START + 20, { customer: 'cus_2' })])
    await judgeDue(own, at(START + 30))
    const reads = counted.statements.filter(({ text }) => text.startsWith('SELECT')).map(({ text }) => text)
    for (const table of ['"DetectorSetting"', '"Stream"', '"Anomaly"'])
      expect(reads.filter((text) => text.includes(`FROM ${table}`))).toEqual([])
  })

  it('gives the same states and anomalies as one that remembers nothing', async () => {
    const [remembered, forgotten] = [await newTenant(database), await newTenant(database)]
    const events = Array.from({ length: 12 }, (_, n) =>
      paid(
        START + n * 1_800,
        { id: `ch_same_${n}`, customer: `cus_${n % 3}`, amount: 2_900 },
        { id: `evt_same_${n}` },
      ),
    )
    for (const [n, one] of events.entries()) {
      for (const tenant of [remembered, forgotten]) {
        await deliver(tenant, [one])
        const process = tenant === remembered ? pipeline : createPipeline(pipeline)
        while ((await judgeDue(process, at(START + n * 1_800 + 5))).length > 0);
      }
    }
    const statesOf = async ({ scope, endpoint }: Made) => {
      const rows = await scope.db.detectorState.findMany({ orderBy: [{ detector: 'asc' }, { key: 'asc' }] })
      return rows.map(({ tenantId: _, stream, ...row }) => ({
        ...row,
        stream: stream.replace(endpoint.id, ''),
      }))
    }
    expect(await statesOf(remembered)).toEqual(await statesOf(forgotten))
    const raised = async (tenant: Made) =>
      (await anomaliesOf(tenant)).map(({ detector, seq }) => [detector, seq])
    expect(await raised(remembered)).toEqual(await raised(forgotten))
  })

  it.each<[string, (tenant: Made) => Promise<unknown>]>([
    [
      'a setting',
      ({ scope }) => {
        const detector = DETECTORS.find(({ name }) => name === 'DUPLICATE_CHARGE')
        if (detector === undefined) throw new Error('no detector')
        return configureDetector(scope, acting, detector, { enabled: false })
      },
    ],
    ['its zone', ({ scope }) => updateTenant(scope, acting, { timezone: 'Asia/Tokyo' })],
    [
      "a person's act",
      async (tenant) => {
        await deliver(tenant, double(START + 20))
        await judgeAll(START + 30)
        const [anomaly] = await anomaliesOf(tenant)
        return takeStep(tenant.scope, acting, 'acknowledge', anomaly?.id ?? '')
      },
    ],
    [
      'retention',
      async ({ id, scope }) => {
        await scope.db.detectorState.updateMany({
          where: { tenantId: id },
          data: { wakeAt: null, touchedAt: 0, expiresAt: 0 },
        })
        const never = new Date(0)
        return tidyTenant(database.sqlFor('maintenance'), id, {
          payloadsBefore: never,
          eventsBefore: never,
          deliveriesBefore: never,
          countedBefore: never,
          alertsBefore: new Date(0),
          attemptsBefore: new Date(0),
          heldBefore: new Date(0),
          rebuildsBefore: new Date(0),
          jobsBefore: new Date(0),
          formerTokensBefore: never,
          sessionsBefore: never,
          statesFor: new Map(DETECTORS.map(({ name }) => [name, 0])),
        })
      },
    ],
  ])('is out of date once somebody else writes: %s', async (_, write) => {
    const tenant = await known()
    const before = await versionOf(tenant)
    await write(tenant)
    expect(await versionOf(tenant)).toBeGreaterThan(before ?? 0n)
  })

  it('follows a setting that was changed meanwhile', async () => {
    const tenant = await known()
    const detector = DETECTORS.find(({ name }) => name === 'DUPLICATE_CHARGE')
    if (detector === undefined) throw new Error('no detector')
    await configureDetector(tenant.scope, acting, detector, { enabled: false })
    await deliver(tenant, double(START + 100))
    await judgeAll(START + 110)
    expect(await anomaliesOf(tenant)).toEqual([])
    await configureDetector(tenant.scope, acting, detector, { enabled: true })
    await deliver(tenant, double(START + 200, 'cus_other'))
    await judgeAll(START + 210)
    expect(await anomaliesOf(tenant)).toHaveLength(1)
  })
})

describe('many processes', () => {
  it('share the work: each tenant is judged once, and nothing is counted twice', async () => {
    const served = await tenants(24)
    const processes = Array.from({ length: 3 }, () => createPipeline({ ...pipeline }))
    for (const tenant of served) await deliver(tenant, double(START))
    const turns = await Promise.all(
      processes.map(async (process) => {
        const own: string[] = []
        for (let idle = 0; idle < 3; ) {
          const judged = await judgeDue(process, at(START + 10))
          own.push(...idsOf(judged))
          idle = judged.length === 0 ? idle + 1 : 0
        }
        return own
      }),
    )
    expect(turns.flat().sort()).toEqual(idsOf(served))
    for (const tenant of served) {
      expect(await anomaliesOf(tenant)).toHaveLength(1)
      const buckets = await tenant.scope.db.metricBucket.findMany({ where: { currency: '' } })
      expect(buckets.reduce((sum, { events }) => sum + events, 0)).toBe(2)
    }
  })
})
