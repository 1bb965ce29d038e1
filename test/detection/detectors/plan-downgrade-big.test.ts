import { describe, expect, test } from 'vitest'
import { DAY } from '../../../src/time.ts'
import { big, down, judge, known, NOW } from './downgrades.ts'

describe('a big downgrade', () => {
  test('of 289 seats to 8 is told against what subscriptions are usually worth', () => {
    const [finding, ...more] = judge([...known, big()]).findings
    expect(more).toEqual([])
    expect(finding).toMatchObject({
      fingerprint: 'sub_1',
      confidence: 1,
      startedAt: NOW,
      customer: 'cus_1',
      impact: { amount: 140_500, currency: 'usd' },
    })
  })

  test.each([
    ['just under ten times', 28_999, undefined],
    ['ten times', 29_000, 'HIGH'],
    ['just under thirty times', 86_999, 'HIGH'],
    ['thirty times', 87_000, 'CRITICAL'],
  ])('of %s the usual value is %s → %s', (_, loss, severity) => {
    const fact = big({
      price: 1000,
      monthly: 1000,
      seats: 1,
      before: { seats: 1, price: 1000 + loss, monthly: 1000 + loss },
    })
    const { findings } = judge([...known, fact])
    expect(findings.map((finding) => finding.severity)).toEqual(severity === undefined ? [] : [severity])
  })

  test.each([
    ['a cut of just under half', 500_100, 1],
    ['a cut of half', 500_000, 2],
  ])('%s', (_, monthly, expected) => {
    const fact = big({ price: monthly, monthly, before: { price: 1_000_000, monthly: 1_000_000 } })
    expect(
      judge([
        ...known,
        fact,
        big({
          subscription: 'sub_2',
          price: 1,
          monthly: 1,
          before: { price: 1_000_000, monthly: 1_000_000 },
        }),
      ]).findings,
    ).toHaveLength(expected)
  })

  test('is judged by seats while fewer than 20 values are known', () => {
    const seats = (n: number) => big({ seats: 8, before: { seats: 8 + n, price: 28_900, monthly: 28_900 } })
    expect(judge([...known.slice(0, 19), seats(19)]).findings).toEqual([])
    expect(judge([...known.slice(0, 19), seats(20)]).findings).toMatchObject([{ severity: 'HIGH' }])
    expect(judge([...known.slice(0, 20), seats(0)]).findings).toEqual([])
  })

  test('is measured in its own currency only', () => {
    const yen = known.map((fact) => ({ ...fact, currency: 'jpy' }))
    expect(
      judge([...yen, big({ seats: 1, before: { seats: 2, price: 900_000, monthly: 900_000 } })]).findings,
    ).toEqual([])
  })

  test.each([
    ['a schedule made', big({ scheduled: true })],
    [
      'takes 30 seats to 27',
      big({ seats: 27, price: 2700, monthly: 2700, before: { seats: 30, price: 3000, monthly: 3000 } }),
    ],
  ])('that %s is not told', (_, fact) => {
    expect(judge([...known, fact]).findings).toEqual([])
  })

  test('says what was lost and of whom', () => {
    const [finding] = judge([
      ...known,
      big({ before: { seats: 289, price: 290_000, monthly: 290_000 } }),
    ]).findings
    expect(finding?.severity).toBe('CRITICAL')
    expect(finding?.message).toContain('Subscription sub_1 of customer cus_1 was cut by')
    expect(finding?.message).toContain('from 289 to 8 seats')
    expect(finding?.message).toContain('(about $29 a month)')
    expect(finding?.evidence[0]).toMatchObject({
      observed: 286_000,
      expected: 2900,
      threshold: 29_000,
      unit: 'MONEY',
    })
    expect(finding?.advice).toContain('sub_1')
  })

  test('ends after a day', () => {
    const [episode] = judge([...known, big()]).until(NOW + 3 * DAY).incidents
    expect(episode?.endedAt).toBe(NOW + DAY)
  })
})

describe('big downgrades', () => {
  /** Subscriptions of 2900 among which big ones are halved every week. */
  const weekly = (number: number) =>
    Array.from({ length: number }, (_, i) =>
      down(6_000 + i, NOW + i * 7 * DAY, {
        price: 60_000,
        monthly: 60_000,
        before: { price: 120_000, monthly: 120_000 },
      }),
    )

  test('are the course after ten of them, and one far beyond is not', () => {
    expect(judge([...known, ...weekly(30)]).findings.length).toBeLessThanOrEqual(14)
    const giant = down(7_000, NOW + 31 * 7 * DAY, {
      price: 500_000,
      monthly: 500_000,
      before: { price: 1_000_000, monthly: 1_000_000 },
    })
    expect(judge([...known, ...weekly(30), giant]).findings.at(-1)?.fingerprint).toBe('sub_7000')
  })
})
