import { beforeAll, describe, expect, test } from 'vitest'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { updateTenant } from '../../src/tenancy/tenant.ts'
import { raise } from '../support/anomalies.ts'
import { ask, data, type Json, makeTenant, type TestTenant, testApi } from '../support/graphql.ts'
import { acting } from '../tenancy/office.ts'

const { database, served } = await testApi()
/** In Europe/Berlin. */
let tenant: TestTenant

const METRICS = `query($range: DateTimeRange!, $interval: MetricsInterval! = HOUR, $currency: String, $livemode: Boolean, $account: String) {
  metrics(range: $range, interval: $interval, currency: $currency, livemode: $livemode, account: $account) {
    at events chargesSucceeded chargesFailed failureRate revenue { decimal currency } refunds { decimal } disputes anomalies
  }
}`

const slotOf = (time: string) => Math.floor(Date.parse(time) / 900_000)

interface Bucket {
  stream?: string
  at: string
  currency?: string
  events?: number
  chargesSucceeded?: number
  chargesFailed?: number
  disputes?: number
  revenue?: bigint
  refunds?: bigint
}

const bucket = (
  { tenantId, db }: ReturnType<typeof scopeTo>,
  { at, stream = 'live', currency = '', ...sums }: Bucket,
) => db.metricBucket.create({ data: { tenantId, stream, slot: slotOf(at), currency, ...sums } })

beforeAll(async () => {
  tenant = await makeTenant(database)
  const scope = scopeTo(database, tenant.id)
  const stream = { tenantId: tenant.id, endpointId: tenant.endpointId, clock: 0n, live: true }
  await scope.db.stream.createMany({
    data: [
      { ...stream, id: 'live', livemode: true },
      { ...stream, id: 'connected', livemode: true, account: 'acct_1' },
      { ...stream, id: 'test', livemode: false },
    ],
  })
  await bucket(scope, { at: '2026-03-01T10:00:00Z', events: 7 })
  await bucket(scope, {
    at: '2026-03-01T10:00:00Z',
    currency: 'usd',
    chargesSucceeded: 3,
    chargesFailed: 1,
    revenue: 2_900n,
    refunds: 100n,
    disputes: 1,
  })
  await bucket(scope, { at: '2026-03-01T10:00:00Z', currency: 'jpy', chargesSucceeded: 2, revenue: 500n })
  await bucket(scope, {
    at: '2026-03-01T10:00:00Z',
    stream: 'connected',
    currency: 'usd',
    chargesSucceeded: 1,
    revenue: 100n,
  })
  await bucket(scope, {
    at: '2026-03-01T10:00:00Z',
    stream: 'test',
    currency: 'usd',
    chargesSucceeded: 50,
    revenue: 5n,
  })
  // An hour before midnight in UTC is a quarter to one of the next day in Berlin.
  await bucket(scope, { at: '2026-03-01T23:00:00Z', currency: 'usd', chargesSucceeded: 1, revenue: 1n })
  await raise(database, tenant.id, { detectedAt: new Date('2026-03-01T10:59:59Z') })
  await raise(database, tenant.id, { detectedAt: new Date('2026-03-01T10:00:00Z'), livemode: false })
})

type Point = Json & { at: string }

const metrics = async (variables: Json) =>
  ((await data(served, tenant.key, METRICS, variables)) as { metrics: Point[] }).metrics

const TWO_HOURS = { from: '2026-03-01T10:00:00Z', to: '2026-03-01T12:00:00Z' }
const EMPTY = {
  events: 0,
  chargesSucceeded: 0,
  chargesFailed: 0,
  failureRate: null,
  revenue: [],
  refunds: [],
  disputes: 0,
  anomalies: 0,
}

describe('metrics', () => {
  test('show the spans that the range touches whole, the last one too', async () => {
    const range = { from: '2026-03-01T06:00:00Z', to: '2026-03-01T09:00:00Z' }
    expect(await metrics({ range, interval: 'DAY', livemode: true })).toMatchObject([
      { at: '2026-02-28T23:00:00.000Z', events: 7, chargesSucceeded: 6, anomalies: 1 },
    ])
  })

  test('are summed by hour over the streams of one mode, never over currencies, with zeros between', async () => {
    expect(await metrics({ range: TWO_HOURS, livemode: true })).toEqual([
      {
        at: '2026-03-01T10:00:00.000Z',
        events: 7,
        chargesSucceeded: 6,
        chargesFailed: 1,
        failureRate: 1 / 7,
        revenue: [
          { decimal: '500', currency: 'JPY' },
          { decimal: '30.00', currency: 'USD' },
        ],
        refunds: [{ decimal: '1.00' }],
        disputes: 1,
        anomalies: 1,
      },
      { at: '2026-03-01T11:00:00.000Z', ...EMPTY },
    ])
  })

  test('are of test mode until the first live event, then of live mode, never of both', async () => {
    expect((await metrics({ range: TWO_HOURS }))[0]).toMatchObject({ chargesSucceeded: 50, anomalies: 1 })
    const { db } = scopeTo(database, tenant.id)
    await db.tenant.updateMany({ where: { id: tenant.id }, data: { firstLiveAt: new Date() } })
    expect((await metrics({ range: TWO_HOURS }))[0]).toMatchObject({ chargesSucceeded: 6, anomalies: 1 })
    expect((await metrics({ range: TWO_HOURS, livemode: false }))[0]).toMatchObject({ chargesSucceeded: 50 })
  })

  test('are narrowed by currency and by account', async () => {
    const usd = await metrics({ range: TWO_HOURS, livemode: true, currency: 'USD' })
    expect(usd[0]).toMatchObject({
      events: 7,
      chargesSucceeded: 4,
      revenue: [{ decimal: '30.00', currency: 'USD' }],
    })
    const connected = await metrics({ range: TWO_HOURS, livemode: true, account: 'acct_1' })
    expect(connected[0]).toMatchObject({ events: 0, chargesSucceeded: 1, anomalies: 0 })
  })

  test.each(['??', 'EURO', ''])('refuse %j as a currency', async (currency) => {
    const { errors } = await ask(served, tenant.key, METRICS, { range: TWO_HOURS, currency })
    expect(errors).toMatchObject([
      { path: ['metrics'], extensions: { code: 'BAD_USER_INPUT', issues: [{ path: ['currency'] }] } },
    ])
  })

  test("have days and weeks of the tenant's zone", async () => {
    const range = { from: '2026-03-01T00:00:00Z', to: '2026-03-02T22:00:00Z' }
    const days = await metrics({ range, interval: 'DAY', livemode: true })
    expect(days.map(({ at, chargesSucceeded }) => [at, chargesSucceeded])).toEqual([
      ['2026-02-28T23:00:00.000Z', 6],
      ['2026-03-01T23:00:00.000Z', 1],
    ])
    const weeks = await metrics({ range, interval: 'WEEK', livemode: true })
    expect(weeks.map(({ at, chargesSucceeded }) => [at, chargesSucceeded])).toEqual([
      ['2026-02-22T23:00:00.000Z', 6],
      ['2026-03-01T23:00:00.000Z', 1],
    ])
  })

  test.each([
    ['Asia/Kolkata', '2026-10-02T18:30:00Z'],
    ['Asia/Kathmandu', '2026-10-02T18:15:00Z'],
    ['Australia/Adelaide', '2026-10-02T14:30:00Z'],
    ['Asia/Tokyo', '2026-10-02T15:00:00Z'],
  ])('begin the day in %s at %s, and its hours with it', async (timezone, midnight) => {
    const { id, key, endpointId } = await makeTenant(database)
    const scope = scopeTo(database, id)
    await updateTenant(scope, acting, { timezone })
    await scope.db.stream.create({
      data: { tenantId: id, id: 'live', endpointId, clock: 0n, live: true, livemode: false },
    })
    const later = (minutes: number) => new Date(Date.parse(midnight) + minutes * 60_000).toISOString()
    for (const minutes of [-5, 0, 14, 59, 60])
      await scope.db.metricBucket.upsert({
        where: {
          tenantId_stream_slot_currency: {
            tenantId: id,
            stream: 'live',
            slot: slotOf(later(minutes)),
            currency: '',
          },
        },
        create: { tenantId: id, stream: 'live', slot: slotOf(later(minutes)), currency: '', events: 1 },
        update: { events: { increment: 1 } },
      })
    const points = async (interval: string) =>
      (
        (await data(served, key, METRICS, { range: { from: later(-30), to: later(120) }, interval })) as {
          metrics: Point[]
        }
      ).metrics.map(({ at, events }) => [at, events])
    expect((await points('DAY')).at(-1)).toEqual([later(0), 4])
    expect(await points('HOUR')).toEqual([
      [later(-60), 1],
      [later(0), 3],
      [later(60), 1],
    ])
  })

  test('have at most 2,000 points', async () => {
    const from = new Date('2026-01-01T00:00:00Z')
    const to = (hours: number) => new Date(from.getTime() + hours * 3_600_000)
    expect(await metrics({ range: { from, to: to(2_000) } })).toHaveLength(2_000)
    const { errors } = await ask(served, tenant.key, METRICS, { range: { from, to: to(2_001) } })
    expect(errors).toMatchObject([{ path: ['metrics'], extensions: { code: 'BAD_USER_INPUT' } }])
  })

  test.each([
    ['that is empty', { from: '2026-03-01T00:00:00Z', to: '2026-03-01T00:00:00Z' }],
    ['without a beginning', { to: '2026-03-01T00:00:00Z' }],
  ])('refuse a range %s', async (_name, range) => {
    const { errors } = await ask(served, tenant.key, METRICS, { range })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })
})
