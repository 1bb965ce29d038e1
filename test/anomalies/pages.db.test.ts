import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { narrowingOf, whereOf } from '../../src/anomalies/filter.ts'
import { type AnomalyRange, readAnomalies } from '../../src/anomalies/pages.ts'
import { SEVERITIES } from '../../src/detection/detector.ts'
import { STATUSES } from '../../src/detection/engine/incident.ts'
import { type Scope, scopeTo } from '../../src/storage/scope/scope.ts'
import { raise } from '../support/anomalies.ts'
import { testDatabase } from '../support/database.ts'
import { makeTenant } from '../support/graphql.ts'

const database = await testDatabase()
let scope: Scope

beforeAll(async () => {
  const tenant = await makeTenant(database)
  const other = await makeTenant(database)
  scope = scopeTo(database, tenant.id)
  for (let n = 0; n < 60; n++) {
    const seed = {
      status: STATUSES[(n * 7) % 4] ?? 'OPEN',
      severity: SEVERITIES[(n * 5 + (n >> 3)) % 4] ?? 'LOW',
    }
    await raise(database, tenant.id, seed)
    await raise(database, other.id, seed)
  }
  await scope.db.anomaly.updateMany({
    where: { tenantId: tenant.id, severity: { in: [0, 2] } },
    data: { snoozedUntil: new Date(4_000_000_000_000) },
  })
})

describe('a page of a few statuses and severities', () => {
  const some = <Value>(values: readonly Value[]) =>
    fc.option(fc.array(fc.constantFrom(...values), { maxLength: 5 }), { nil: undefined })
  const key = fc.option(
    fc.bigInt({ min: 0n, max: 62n }).map((seq) => ({ values: [], seq })),
    { nil: undefined },
  )
  const range: fc.Arbitrary<AnomalyRange> = fc.record({
    order: fc.record({
      field: fc.constant('RECORDED_AT' as const),
      direction: fc.constantFrom('ASC' as const, 'DESC' as const),
    }),
    after: key,
    before: key,
    backward: fc.boolean(),
    take: fc.integer({ min: 1, max: 12 }),
  })

  test('has the rows that it has without the way by their index', async () => {
    await fc.assert(
      fc.asyncProperty(
        some(STATUSES),
        some(SEVERITIES),
        range,
        fc.bigInt({ min: 1n, max: 60n }),
        fc.option(fc.boolean(), { nil: undefined }),
        async (statuses, severities, range, upTo, snoozed) => {
          const filter = { statuses, severities, snoozed }
          const where = await whereOf(scope, filter)
          const read = (narrowing: ReturnType<typeof narrowingOf>) =>
            readAnomalies(scope, ['id', 'status', 'severity'], { where, upTo, narrowing }, range)
          expect(await read(narrowingOf(filter))).toEqual(await read(undefined))
        },
      ),
      { numRuns: 100 },
    )
  })

  test('goes by the index when nothing else is filtered by', () => {
    expect(narrowingOf({ statuses: ['OPEN', 'OPEN'], severities: ['LOW', 'HIGH'] })).toEqual({
      pairs: [
        ['OPEN', 0],
        ['OPEN', 2],
      ],
      within: [],
    })
    expect(narrowingOf({ severities: ['CRITICAL'], customerId: null })?.pairs).toEqual(
      STATUSES.map((status) => [status, 3]),
    )
    expect(narrowingOf({ statuses: ['OPEN'], snoozed: false })?.within).toHaveLength(1)
    expect(narrowingOf({})).toBeUndefined()
    expect(narrowingOf({ snoozed: false })).toBeUndefined()
    expect(narrowingOf({ statuses: ['OPEN'], livemode: false })).toBeUndefined()
    expect(narrowingOf({ statuses: ['OPEN'], search: '' })).toBeUndefined()
  })
})
