import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { eventBody, freshId, startIngest } from '../ingest/harness.ts'
import { raise } from '../support/anomalies.ts'
import { testDatabase } from '../support/database.ts'
import { ask, codeOf, makeTenant, serveForAll, serveGraphql, type TestTenant } from '../support/graphql.ts'
import { eventRow } from '../support/rows.ts'

const database = await testDatabase()
const environment = { API_RATE_LIMIT: '100000/60' }
/** Nobody is refused for a machine that is slow. */
const operationLimits = { perKey: 8, total: 64, waiting: 200, timeoutMs: 600_000 }
const served = await serveForAll(database, { environment, operationLimits })
let greedy: TestTenant
let modest: TestTenant

const PAGE = 40

beforeAll(async () => {
  greedy = await makeTenant(database, 'Greedy')
  modest = await makeTenant(database, 'Modest')
  const { db } = scopeTo(database, greedy.id)
  const events = Array.from({ length: 5 }, (_, n) => eventRow(greedy.id, greedy.endpointId, `evt_fair${n}`))
  await db.stripeEvent.createMany({ data: events })
  for (let n = 0; n < PAGE; n++) {
    const anomalyId = await raise(database, greedy.id)
    await db.anomalyEvent.createMany({
      data: events.map(({ stripeId }) => ({ tenantId: greedy.id, anomalyId, stripeId })),
    })
  }
})

/** A nested page: a statement or two for each of its rows. */
const NESTED = `{ anomalies(first: ${PAGE}) { nodes { id title events(first: 5) { nodes { id type amount { formatted } } } } } }`

/** The database, with the most statements that were begun between two turns of the event loop. */
function counting(counted: Database) {
  let begun = 0
  let most = 0
  let total = 0
  let stopped = false
  const look = () => {
    most = Math.max(most, begun)
    begun = 0
    if (!stopped) setImmediate(look)
  }
  look()
  const count = () => {
    begun++
    total++
  }
  const watched = <T extends object>(target: T, on: (name: string, value: unknown) => unknown): T =>
    new Proxy(target, { get: (of, name) => on(String(name), Reflect.get(of, name)) })
  const prisma = watched(counted.prisma, (name, model) =>
    typeof model !== 'object' || model === null || name.startsWith('$')
      ? model
      : watched(model, (_name, method) =>
          typeof method !== 'function'
            ? method
            : (...args: unknown[]) => {
                count()
                return Reflect.apply(method, model, args)
              },
        ),
  )
  const sql: Database['sql'] = {
    all: (text, values) => {
      count()
      return counted.sql.all(text, values)
    },
    tuples: (text, values) => {
      count()
      return counted.sql.tuples(text, values)
    },
    write: (work) => {
      count()
      return counted.sql.write(work)
    },
  }
  return {
    database: { ...counted, prisma, sql },
    stop: () => {
      stopped = true
      return { most, total }
    },
  }
}

describe('an operation of many statements', () => {
  test('begins one of them in a turn of the event loop', async () => {
    const counted = counting(database)
    const own = await serveGraphql(counted.database, { environment })
    onTestFinished(() => own.stop())
    expect((await ask(own, greedy.key, NESTED)).errors).toEqual([])
    const { most, total } = counted.stop()
    expect(total).toBeGreaterThan(PAGE)
    expect(most).toBeLessThanOrEqual(2)
  })

  test("does not keep another tenant's waiting until it is done, however many there are", async () => {
    const order: string[] = []
    const greed = Array.from({ length: 16 }, () =>
      ask(served, greedy.key, NESTED).then(({ errors }) => {
        expect(errors).toEqual([])
        order.push('greedy')
      }),
    )
    await new Promise((resolve) => setImmediate(resolve))
    await ask(served, modest.key, '{ anomalies { totalCount nodes { id } } }')
    order.push('modest')
    await Promise.all(greed)
    // Eight run at once; whoever has waited least is not served before what began long before it.
    expect(order.indexOf('modest')).toBeLessThanOrEqual(8)
  })

  test('lets deliveries pass', async () => {
    const ingest = await startIngest(database)
    const tenant = await ingest.tenant()
    const order: string[] = []
    const greed = Array.from({ length: 16 }, () =>
      ask(served, greedy.key, NESTED).then(() => order.push('greedy')),
    )
    await new Promise((resolve) => setImmediate(resolve))
    for (let n = 0; n < 3; n++) expect((await ingest.deliver(tenant, eventBody(freshId()))).status).toBe(200)
    order.push('delivered')
    await Promise.all(greed)
    expect(order.indexOf('delivered')).toBeLessThanOrEqual(10)
  })
})

describe('what a tenant has running at once', () => {
  test('is bounded: what cannot be served in time is refused with a time to come back, and nobody else is', async () => {
    const own = await serveGraphql(database, {
      environment,
      operationLimits: { perKey: 2, total: 4, waiting: 3, timeoutMs: 60_000 },
    })
    onTestFinished(() => own.stop())
    const [answers, other] = await Promise.all([
      Promise.all(Array.from({ length: 20 }, () => ask(own, greedy.key, NESTED))),
      ask(own, modest.key, '{ anomalies { totalCount } }'),
    ])
    const refused = answers.filter(({ status }) => status !== 200)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.length).toBeLessThanOrEqual(15)
    for (const { status, headers, errors } of refused) {
      expect([status, headers.get('retry-after')]).toEqual([429, '5'])
      expect(errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED', requestId: expect.any(String) } }])
    }
    expect(other.errors).toEqual([])
  })
})

describe('the cost of an operation', () => {
  const DAYS = 'range: {from: "2021-01-01", to: "2026-06-01"}, interval: DAY'
  const POINT = '{ at events chargesSucceeded chargesFailed failureRate disputes anomalies }'

  test('of metrics follows from how many points there are', async () => {
    const many = Array.from({ length: 30 }, (_, n) => `a${n}: metrics(${DAYS}) ${POINT}`).join(' ')
    expect(await codeOf(served, greedy.key, `{ ${many} }`)).toBe('TOO_COMPLEX')
    const variables = { range: { from: '2021-01-01T00:00:00Z', to: '2026-06-01T00:00:00Z' } }
    const given = Array.from(
      { length: 30 },
      (_, n) => `a${n}: metrics(range: $range, interval: DAY) ${POINT}`,
    )
    expect(
      await codeOf(served, greedy.key, `query($range: DateTimeRange!) { ${given.join(' ')} }`, variables),
    ).toBe('TOO_COMPLEX')
    expect((await ask(served, greedy.key, `{ metrics(${DAYS}) ${POINT} }`)).errors).toEqual([])
    const week = 'range: {from: "2026-01-01", to: "2026-01-08"}, interval: DAY'
    const small = Array.from({ length: 20 }, (_, n) => `a${n}: metrics(${week}) ${POINT}`).join(' ')
    expect((await ask(served, greedy.key, `{ ${small} }`)).errors).toEqual([])
  })

  test('of a statement for each row of a page follows from the rows', async () => {
    const twice = 'a: events(first: 1) { nodes { id } } b: events(first: 1) { nodes { id } }'
    expect(await codeOf(served, greedy.key, `{ anomalies(first: 200) { nodes { ${twice} } } }`)).toBe(
      'TOO_COMPLEX',
    )
    expect((await ask(served, greedy.key, NESTED)).errors).toEqual([])
  })
})
