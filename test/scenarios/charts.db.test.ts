import { describe, expect, it } from 'vitest'
import { createTenant } from '../../src/tenancy/tenants.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../src/time.ts'
import { acting, data, testApi } from '../support/graphql.ts'
import { Merchant } from '../support/merchant.ts'
import { pipelineOn } from '../support/pipeline.ts'
import { iso } from '../support/scenarios.ts'
import { type Json, START } from '../support/stripe/basics.ts'
import { refund } from '../support/stripe/charges.ts'
import { NEWEST } from '../support/stripe/versions.ts'

const { database, served } = await testApi()
const { deliver, judgeAll } = pipelineOn(database)

const METRICS = `query($range: DateTimeRange!) {
  metrics(range: $range, interval: DAY) { at revenue { decimal currency } refunds { decimal currency } }
}`

/** What a tenant's charts show by day, of events that are judged as they come: batch after batch. */
async function chartOf(timezone: string, batches: readonly (readonly Json[])[], range: [Seconds, Seconds]) {
  const made = await createTenant(database, acting, { name: 'Of a chart', timezone })
  if (made.existing) throw new Error('there already')
  for (const events of batches) {
    await deliver({ id: made.tenant.id, endpoint: { id: made.endpoint.id } }, events)
    await judgeAll(Math.max(...events.map(({ created }) => Number(created))) + HOUR)
  }
  const [from, to] = range.map(iso)
  const { metrics } = (await data(served, made.key, METRICS, { range: { from, to } })) as {
    metrics: { at: string; revenue: Json[]; refunds: { decimal: string }[] }[]
  }
  return metrics
}

const givenBack = (days: readonly { refunds: { decimal: string }[] }[]): number =>
  days.flatMap(({ refunds }) => refunds).reduce((sum, { decimal }) => sum + Number(decimal), 0)

const shop = new Merchant(NEWEST)

/** A payment, and what had been given back of it in all after each of some days. */
function paidAndGivenBack(
  id: string,
  amount: number,
  parts: readonly [day: number, inAll: number][],
): Json[] {
  const paid = shop.paid(START, { id, amount })
  const { object } = paid['data'] as { object: Json }
  const told = parts.map(([day, amount_refunded], i) =>
    shop.event(
      'charge.refunded',
      START + day * DAY,
      { ...object, amount_refunded, refunded: amount_refunded === amount },
      { previous: { amount_refunded: parts[i - 1]?.[1] ?? 0 } },
    ),
  )
  return [paid, ...told]
}

const HALF_A_YEAR: [Seconds, Seconds] = [START - DAY, START + 180 * DAY]

describe('money given back of old payments', () => {
  it.each<[string, [number, number][], number]>([
    [
      'in two parts, 36 days apart',
      [
        [1, 3_000],
        [37, 5_000],
      ],
      50,
    ],
    [
      'in two parts, 90 days apart',
      [
        [2, 1_000],
        [92, 10_000],
      ],
      100,
    ],
    [
      'in three parts over five months',
      [
        [10, 1_500],
        [80, 4_000],
        [150, 4_200],
      ],
      42,
    ],
  ])('%s, is counted once', async (name, parts, expected) => {
    const events = paidAndGivenBack(`ch_${name.length}_${expected}`, 10_000, parts)
    const days = await chartOf(
      'UTC',
      events.map((event) => [event]),
      HALF_A_YEAR,
    )
    expect(givenBack(days)).toBe(expected)
  })

  it.each([45, 100])('is taken back when the refund fails after %i days', async (after) => {
    const [paid, told] = paidAndGivenBack(`ch_failing_${after}`, 9_000, [[1, 9_000]])
    const given = refund({
      id: `re_${after}`,
      charge: `ch_failing_${after}`,
      amount: 9_000,
      created: START + DAY,
    })
    const created = shop.event('refund.created', START + DAY, given)
    const failed = shop.event('refund.failed', START + after * DAY, {
      ...given,
      status: 'failed',
      failure_reason: 'expired_or_canceled_card',
    })
    if (paid === undefined || told === undefined) throw new Error('nothing was made')
    const days = await chartOf('UTC', [[paid], [created, told], [failed]], HALF_A_YEAR)
    expect(givenBack(days)).toBe(0)
  })
})

describe('a payment soon after midnight', () => {
  it.each([
    ['Asia/Kolkata', '2026-10-02T18:30:00.000Z'],
    ['Asia/Kathmandu', '2026-10-02T18:15:00.000Z'],
    ['Australia/Adelaide', '2026-10-02T14:30:00.000Z'],
    ['America/St_Johns', '2026-10-02T02:30:00.000Z'],
  ])('in %s is in the day that begins at %s', async (timezone, midnight) => {
    const begins = Date.parse(midnight) / 1_000
    const late = shop.paid(begins - 5 * MINUTE, { amount: 10_000 })
    const early = shop.paid(begins + 10 * MINUTE, { amount: 50_000 })
    const days = await chartOf(timezone, [[late, early]], [begins - DAY, begins + DAY])
    expect(days.filter(({ revenue }) => revenue.length > 0).map(({ at, revenue }) => [at, revenue])).toEqual([
      [iso(begins - DAY), [{ decimal: '100.00', currency: 'USD' }]],
      [midnight, [{ decimal: '500.00', currency: 'USD' }]],
    ])
  })
})
