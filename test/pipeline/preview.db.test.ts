import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Choices } from '../../src/detection/engine/choices.ts'
import type { RaisedIncident } from '../../src/detection/engine/forgetful.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import { type Previewed, preview } from '../../src/pipeline/preview.ts'
import { dryReplay, readHistory } from '../../src/pipeline/replay.ts'
import { StoredMemory } from '../../src/storage/detection/stored-memory.ts'
import { testDatabase } from '../support/database.ts'
import { double, pipelineOn } from '../support/pipeline.ts'
import { memoryOf } from '../support/rebuild.ts'
import { START } from '../support/stripe/basics.ts'
import { deliveriesOf, trade } from '../support/trade.ts'
import { newTenant } from '../tenancy/office.ts'

const database = await testDatabase()
const { deliver, judgeAll } = pipelineOn(database)

type Tenant = Awaited<ReturnType<typeof newTenant>>
const wall = new Date('2026-01-01T00:00:00Z')

async function last({ scope: { sql, tenantId } }: Tenant, proposed: Choices): Promise<Previewed> {
  let found: Previewed | undefined
  for await (const one of preview({ detectors: DETECTORS, sql, tenantId, wall }, () => proposed)) {
    expect(one.progress).toBeGreaterThanOrEqual(found?.progress ?? 0)
    found = one
  }
  if (found === undefined) throw new Error('nothing came')
  return found
}

const withoutIds = (raised: readonly RaisedIncident[]) =>
  raised.map(({ incident: { id, ...incident }, stream }) => [
    { ...incident, grouping: { ...incident.grouping, causes: incident.grouping.causes?.length } },
    stream.id,
  ])

describe('a preview', () => {
  it('is what a dry replay of the same events with these settings is', async () => {
    const chosen = fc.record({ window: fc.constantFrom(60, 600, 3_600), enabled: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(trade, chosen, async (steps, { window, enabled }) => {
        const tenant = await newTenant(database)
        const deliveries = deliveriesOf(steps).sort((a, b) => a.at - b.at)
        for (const { events, lag, at } of deliveries) {
          await deliver(tenant, events, lag)
          await judgeAll(at)
        }
        const lines = deliveries
          .flatMap(({ events, lag }) =>
            events.map((one) => ({ ...one, received: Number(one['created']) + lag })),
          )
          .sort((a, b) => a.received - b.received)
          .map((one) => JSON.stringify(one))
        const place = await new StoredMemory(tenant.scope.sql, tenant.id).place()
        const proposed: Choices = new Map([['DUPLICATE_CHARGE', { enabled, values: { window } }]])
        const dry = (choices: Choices) =>
          dryReplay(
            DETECTORS,
            readHistory(lines, tenant.endpoint.id, () => {}),
            { choices, place, wall },
          )
        const found = await last(tenant, proposed)
        expect(withoutIds(found.proposed)).toEqual(withoutIds(await dry(proposed)))
        expect(withoutIds(found.present)).toEqual(withoutIds(await dry(new Map())))
        expect(found).toMatchObject({ progress: 1, events: lines.length })
      }),
      { numRuns: 6 },
    )
  }, 120_000)

  it('stores nothing, and reaches no other tenant', async () => {
    const [tenant, other] = [await newTenant(database), await newTenant(database)]
    await deliver(tenant, double(START))
    await deliver(other, double(START, 'cus_other'))
    await judgeAll(START + 10)
    const before = [await memoryOf(tenant), await memoryOf(other)]
    const found = await last(tenant, new Map([['DUPLICATE_CHARGE', { enabled: false, values: {} }]]))
    expect(found).toMatchObject({ events: 2, judgedFrom: START + 1, proposed: [] })
    expect(found.present).toMatchObject([{ incident: { customer: 'cus_double' } }])
    expect([await memoryOf(tenant), await memoryOf(other)]).toEqual(before)
  })

  it('of a tenant without events is complete at once', async () => {
    expect(await last(await newTenant(database), new Map())).toEqual({
      progress: 1,
      events: 0,
      judgedFrom: undefined,
      present: [],
      proposed: [],
    })
  })
})
