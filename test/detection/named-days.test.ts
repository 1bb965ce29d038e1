import { describe, expect, it } from 'vitest'
import { fraudSpike } from '../../src/detection/detectors/fraud-spike/detector.ts'
import { refundSpike } from '../../src/detection/detectors/refund-spike/detector.ts'
import { revenueDrop } from '../../src/detection/detectors/revenue-drop/detector.ts'
import { webhookLag } from '../../src/detection/detectors/webhook-lag/detector.ts'
import { DAY, HOUR, type Seconds } from '../../src/time.ts'
import { driveHistory, type Late } from '../support/drive.ts'
import { captured, disputed, refunded, succeeded } from '../support/facts.ts'
import { arrivals, daily, every, seeded } from '../support/times.ts'

const at = (date: string): Seconds => Date.parse(`${date}T00:00:00Z`) / 1_000
const dateOf = (when: Seconds): Date => new Date(when * 1_000)

describe('a day that comes each year', () => {
  const [FROM, TO] = [at('2024-10-07'), at('2026-01-04')]
  const returns = (times: number) => (when: Seconds) => {
    const date = dateOf(when)
    const isDay = date.getUTCMonth() === 11 && date.getUTCDate() >= 27 && date.getUTCDate() <= 30
    return daily(16)(when) * (isDay ? times : 1)
  }

  /** Gifts are brought back between the years. */
  function shop(times: number, seed: number): Late[] {
    const random = seeded(seed)
    return [
      ...arrivals(FROM, TO, daily(60), random).map((when) => succeeded(when)),
      ...arrivals(FROM, TO, returns(times), random).map((when) => refunded(when)),
    ]
  }
  const judge = (facts: readonly Late[]) => driveHistory([refundSpike], facts).incidents
  const inYear = (year: number, incidents: ReturnType<typeof judge>) =>
    incidents.filter(
      ({ startedAt }) => startedAt >= at(`${year}-12-20`) && startedAt < at(`${year + 1}-01-03`),
    )

  it('is reported for what it has brought a year before no more', () => {
    for (const seed of [1, 2]) {
      const incidents = judge(shop(5, seed))
      expect(inYear(2024, incidents)).toHaveLength(1)
      expect(inYear(2025, incidents)).toEqual([])
    }
  })

  it('is reported when it brings far more than that', () => {
    const many = every(at('2025-12-28') + 9 * HOUR, 90, 240).map((when) => refunded(when))
    expect(inYear(2025, judge([...shop(5, 1), ...many]))).toHaveLength(1)
  })
})

describe('the last day of the month, when little is sold', () => {
  const [FROM, TO] = [at('2025-03-03'), at('2025-10-05')]
  const isLast = (when: Seconds): boolean => dateOf(when + DAY).getUTCDate() === 1
  const sales = (share: number, to = TO): Late[] =>
    arrivals(FROM, to, (when) => daily(240)(when) * (isLast(when) ? share : 1), seeded(4)).map((when) =>
      captured(when),
    )
  const judge = (facts: readonly Late[]) => driveHistory([webhookLag, revenueDrop], facts).incidents

  it('is reported no more when it has been so for some months', () => {
    const incidents = judge(sales(0.2))
    expect(incidents.length).toBeGreaterThan(0)
    expect(incidents.filter(({ startedAt }) => startedAt >= at('2025-06-15'))).toEqual([])
  })

  it('does not hide that nothing comes at all on the day before it', () => {
    const day = at('2025-09-29')
    const facts = sales(0.2, at('2025-10-02')).filter(({ at: when }) => when < day || when >= day + DAY)
    expect(judge(facts).filter(({ detectedAt }) => detectedAt >= day)).not.toEqual([])
  })
})

describe('days like none in the last four weeks', () => {
  const START = at('2026-10-05')
  const burst = (from: Seconds) => every(from, 12 * HOUR, 5).map((when) => disputed(when))
  const shop = (from: Seconds): Late[] => [
    ...arrivals(START, from, daily(120), seeded(8)).map((when) => succeeded(when)),
    ...every(START + 3 * DAY, 7 * DAY, 8)
      .filter((when) => when < from)
      .map((when) => disputed(when)),
    ...burst(from),
  ]

  it('bring disputes that would be too many on others', () => {
    const judge = (date: string) => driveHistory([fraudSpike], shop(at(date) + 8 * HOUR)).incidents.length
    expect([judge('2026-11-17'), judge('2026-12-20')]).toEqual([1, 0])
  })
})
