import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rebuild } from '../../../src/pipeline/rebuild/rebuild.ts'
import { testDatabase } from '../../support/database.ts'
import { pipelineOn } from '../../support/pipeline.ts'
import { memoryOf, rebuildingOn } from '../../support/rebuild.ts'
import { START } from '../../support/stripe/basics.ts'
import { type Delivery, deliveriesOf, trade } from '../../support/trade.ts'
import { newTenant } from '../../tenancy/office.ts'

const database = await testDatabase()
const { pipeline, deliver, judgeAll } = pipelineOn(database)
const { parts, begin, rebuilt } = rebuildingOn(pipeline)

type Tenant = Awaited<ReturnType<typeof newTenant>>

/** Delivers and judges, one after the other, and then lets some days pass. @returns the time it is then */
async function live(
  tenant: Tenant,
  deliveries: readonly Delivery[],
  after = 40 * 86_400,
  from = START,
): Promise<number> {
  let now = from
  for (const { events, lag, at } of deliveries) {
    await deliver(tenant, events, lag)
    now = Math.max(now, at)
    await judgeAll(now)
  }
  if (after > 0) await judgeAll(now + after)
  return now + after
}

/** Without what differs between tenants. */
const relative = (memory: Awaited<ReturnType<typeof memoryOf>>, { id, endpoint }: Tenant) =>
  JSON.parse(
    JSON.stringify(memory, (name, value: unknown) =>
      ['id', 'seq', 'createdAt'].includes(name) ? null : typeof value === 'bigint' ? String(value) : value,
    )
      .replaceAll(endpoint.id, 'whe')
      .replaceAll(id, 'ten'),
  )

describe('a rebuild', () => {
  it('gives the states, streams and anomalies of the live run over the same events', async () => {
    await fc.assert(
      fc.asyncProperty(trade, async (steps) => {
        const tenant = await newTenant(database)
        await live(tenant, deliveriesOf(steps))
        const before = await memoryOf(tenant)
        const result = await rebuilt(tenant)
        expect(result).toMatchObject({ found: [], gone: [], changed: [], same: before.anomalies.length })
        expect(await memoryOf(tenant)).toEqual(before)
      }),
      { numRuns: 4 },
    )
  }, 120_000)

  it('that dies at any slice goes on there, and loses and doubles nothing of what is delivered meanwhile', async () => {
    const cut = fc.record({ kills: fc.array(fc.nat(3), { maxLength: 3 }), before: fc.nat(15) })
    await fc.assert(
      fc.asyncProperty(trade, cut, async (steps, { kills, before }) => {
        const tenant = await newTenant(database)
        const deliveries = deliveriesOf(steps)
        let now = await live(tenant, deliveries.slice(0, before), 0)
        const later = deliveries.slice(before)
        const deliverOne = async () => {
          const next = later.shift()
          if (next !== undefined) now = await live(tenant, [next], 0, now)
        }
        for (const [attempt, slices] of kills.entries()) {
          const wall = new Date(Date.now() + attempt * 60_000)
          let left = slices
          const dying = rebuild({ ...parts, clock: { now: () => wall } }, await begin(tenant, {}, wall), {
            slice: 2,
            onProgress: async () => {
              await deliverOne()
              left -= 1
              if (left < 0) throw new Error('killed')
            },
          })
          await dying.catch((error: unknown) => expect(error).toMatchObject({ message: 'killed' }))
        }
        const wall = new Date(Date.now() + kills.length * 60_000)
        const lease = await begin(tenant, {}, wall)
        await rebuild({ ...parts, clock: { now: () => wall } }, lease, { slice: 2, onProgress: deliverOne })
        while (later.length > 0) await deliverOne()
        const [row] = await database.sql.all(
          'SELECT COUNT(*) AS "n" FROM "JudgedMeanwhile" WHERE "tenantId" = ?',
          [tenant.id],
        )
        expect(Number(row?.['n'])).toBe(0)
        await judgeAll(now + 40 * 86_400)
        const undisturbed = await newTenant(database)
        await live(undisturbed, deliveries)
        expect(relative(await memoryOf(tenant), tenant)).toEqual(
          relative(await memoryOf(undisturbed), undisturbed),
        )
      }),
      { numRuns: 4 },
    )
  }, 120_000)
})
