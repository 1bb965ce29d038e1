import { describe, expect, it } from 'vitest'
import { Ration, type Spending } from '../../src/connect/ration.ts'
import { DAY } from '../../src/time.ts'

const MONTH_MS = 30 * DAY * 1_000
const START = Date.UTC(2026, 0, 1)

/** Takes a turn whenever one is due, and as soon as something may be spent, for 100 days. */
function spent(ration: Ration, cost: number, hurry: boolean): { at: number; requests: number }[] {
  const turns: { at: number; requests: number }[] = []
  let spending: Spending = { since: new Date(START), requests: 0 }
  for (let now = START; now < START + 100 * DAY * 1_000; ) {
    const left = ration.left(spending, new Date(now))
    const requests = Math.min(cost, left)
    const { since, requests: before } = ration.at(spending, new Date(now))
    spending = { since, requests: before + requests }
    if (requests > 0) turns.push({ at: now, requests })
    now += (hurry ? 900 : ration.timeFor(requests < cost ? 1 : cost)) * 1_000
  }
  return turns
}

describe('the ration of requests', () => {
  it.each([
    [0, 2],
    [0, 7],
    [100, 3],
    [5_000, 40],
    [200_000, 900],
  ])(
    'with %d transactions a month and %d requests a turn is a tenth of what Stripe allows in any 30 days',
    (transactions, cost) => {
      const allowance = Math.max(10_000, 500 * transactions) / 10
      for (const hurry of [true, false]) {
        const turns = spent(new Ration(transactions), cost, hurry)
        let [first, sum, most] = [0, 0, 0]
        for (const { at, requests } of turns) {
          sum += requests
          for (
            let oldest = turns[first];
            oldest !== undefined && oldest.at <= at - MONTH_MS;
            oldest = turns[++first]
          )
            sum -= oldest.requests
          most = Math.max(most, sum)
        }
        expect(most).toBeLessThanOrEqual(allowance)
      }
    },
  )

  it('lets a small account be compared about every hour and a half, and a large one every 15 minutes', () => {
    expect(new Ration(0).timeFor(2) / 60).toBeCloseTo(96, 0)
    expect(new Ration(10_000).timeFor(2)).toBe(900)
    expect(new Ration(0).most).toBe(100)
  })
})
