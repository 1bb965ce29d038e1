import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE } from '../../../src/time.ts'
import type { Late } from '../../support/drive.ts'
import { refunded, succeeded } from '../../support/facts.ts'
import { arrivals, daily, every, seeded } from '../../support/times.ts'
import { burst, judge, NOW, returned, START, shop } from './refunds.ts'

describe('REFUND_SPIKE is quiet', () => {
  const cases: [name: string, facts: () => Late[]][] = [
    [
      'when a clerk refunds in a batch each weekday morning',
      () => {
        const mornings = Array.from({ length: 35 }, (_, day) => START + day * DAY + 8 * HOUR)
        const paid = arrivals(START, START + 35 * DAY, daily(300), seeded(2)).map((at) => succeeded(at))
        const batches = mornings.filter((_, day) => day % 7 < 5)
        return [
          ...paid,
          ...batches.flatMap((at, i) => burst(10 + (i % 4), 20 * MINUTE, at + (i % 3) * 15 * MINUTE)),
        ]
      },
    ],
    ['at seven in a day at any shop', () => [...shop(0.1), ...burst(7, DAY)]],
    [
      'when twice the usual number comes after a promotion',
      () => [...shop(15), ...shop(30, NOW + 2 * DAY, NOW, 3)],
    ],
    [
      'when twelve partial refunds go to three charges',
      () => [
        ...shop(0.5),
        ...burst(12, 2 * HOUR).map((fact, i) => ({ ...fact, charge: `ch_part_${i % 3}`, amount: 100 })),
      ],
    ],
    [
      'when refunds fail and are taken out again',
      () => [...shop(0.5), ...burst(20, 2 * HOUR).map((fact) => ({ ...fact, amount: -2_900 }))],
    ],
    [
      'when a clerk begins a minute after the first payment was seen',
      () => [
        ...every(NOW, 12 * MINUTE, 40).map((at) => succeeded(at)),
        ...every(NOW + MINUTE, 45, 20).map((at) => refunded(at)),
      ],
    ],
    [
      'at some full mornings of a tenant that is known from a dozen refunds',
      () => {
        const clerk = (day: number, number: number) => burst(number, 10 * MINUTE, NOW + day * DAY)
        const known = [-19, -17, -16, -14, -13, -12, -10, -9, -7, -6, -5, -3].flatMap((day) => clerk(day, 1))
        const paid = arrivals(NOW - 20 * DAY, NOW, daily(40), seeded(6)).map((at) => succeeded(at))
        return [...paid, ...known, ...clerk(0, 5), ...clerk(1, 3), ...clerk(2, 4)]
      },
    ],
    [
      'when a clerk begins before the first payment was seen',
      () => [
        ...every(NOW, 45, 30).map((at) => refunded(at)),
        ...every(NOW + 25 * MINUTE, 2 * MINUTE, 600).map((at) => succeeded(at)),
      ],
    ],
    ['at fifteen on the first day', () => [succeeded(NOW), ...burst(15, 4 * HOUR)]],
  ]
  it.each(cases)('%s', (_, facts) => {
    expect(judge(facts(), { until: NOW + 4 * DAY })).toEqual([])
  })
})

describe('REFUND_SPIKE fires', () => {
  it('at 25 in two hours where three a day are usual', () => {
    const [incident, ...rest] = judge([...shop(3), ...burst(25, 2 * HOUR)])
    expect(rest).toEqual([])
    expect(incident?.detectedAt).toBeLessThan(NOW + 2 * HOUR)
    expect(incident?.message).toMatch(/^\d+ payments have been refunded since .* where about \d/)
    expect(incident?.impact?.currency).toBe('usd')
    expect(incident?.impact?.amount).toBeGreaterThanOrEqual(25 * 2_900)
    expect(incident?.evidence.map(({ name }) => name)).toEqual([
      'refunded payments',
      'times the usual',
      'evidence',
    ])
    expect(incident?.series.some(({ observed, upper }) => observed > (upper ?? 0))).toBe(true)
  })

  it('at eight in a day where half a one is usual', () => {
    const [incident] = judge([...shop(0.5), ...burst(8, DAY)])
    expect(incident).toMatchObject({ severity: 'HIGH' })
  })

  it.each([
    ['25 in two hours in the second week', 100, 9, 25, 2 * HOUR],
    ['eight in half a day after twenty days', 5, 20, 8, 13 * HOUR],
  ])('at %s at a shop that has never refunded', (_, payments, days, number, within) => {
    const paid = arrivals(NOW - days * DAY, NOW + DAY, daily(payments), seeded(8)).map((at) => succeeded(at))
    expect(judge([...paid, ...burst(number, within)])).toHaveLength(1)
  })

  it('at four times the usual for two days at 15 a day', () => {
    expect(judge([...shop(15, NOW + 2 * DAY), ...returned(45, NOW + 2 * DAY, 5)])).not.toEqual([])
  })

  it('at a flood on the first day', () => {
    const [incident] = judge([
      ...every(NOW, HOUR, 10).map((at) => succeeded(at)),
      ...burst(40, HOUR, NOW + 10 * HOUR),
    ])
    expect(incident).toMatchObject({ severity: 'CRITICAL' })
  })

  it('at the tenant`s own bounds, and not below', () => {
    const facts = [...shop(0.2), ...burst(10, 2 * HOUR)]
    expect(judge(facts, { settings: { minRefunds: 12 } })).toEqual([])
    expect(judge(facts, { settings: { minRefunds: 8 } })).toHaveLength(1)
    expect(
      judge([...shop(15, NOW + 2 * DAY), ...returned(45, NOW + 2 * DAY, 5)], { settings: { minTimes: 8 } }),
    ).toEqual([])
  })
})

describe('refunds of an outage of the endpoint, delivered in disorder within the hour after', () => {
  it.each([1, 2, 3, 4, 5])('are one incident in the order %s', (seed) => {
    const random = seeded(seed)
    const lost = every(NOW, 30 * MINUTE, 18)
    const resent = NOW + 16 * HOUR
    const late = lost
      .map((at): Late => ({ ...refunded(at), lag: 0 }))
      .map((fact) => ({ ...fact, lag: resent - fact.at + Math.floor(random() * HOUR) }))
    const fresh = arrivals(resent, resent + 2 * DAY, daily(120), random).map((at) => succeeded(at))
    const [incident, ...rest] = judge([...shop(0.5), ...late, ...fresh], { until: resent + 2 * DAY })
    expect(rest).toEqual([])
    expect(incident).toMatchObject({ startedAt: NOW, endedAt: lost.at(-1) })
  })
})

describe('an incident of REFUND_SPIKE', () => {
  const facts = [...shop(3, NOW + 3 * DAY), ...burst(40, 3 * HOUR)]

  it('is one and ends with the burst', () => {
    const [incident, ...rest] = judge(facts, { until: NOW + 3 * DAY })
    expect(rest).toEqual([])
    expect(incident?.startedAt).toBeGreaterThan(NOW - DAY)
    expect(incident?.endedAt).toBeGreaterThanOrEqual(NOW + 3 * HOUR - 5 * MINUTE)
    expect(incident?.endedAt).toBeLessThan(NOW + 15 * HOUR)
  })

  it('ends at a large tenant, too, where refunds never stop for three hours', () => {
    const random = seeded(8)
    const always = [
      ...arrivals(START, NOW + 4 * DAY, () => 200, random).map((at) => succeeded(at)),
      ...arrivals(START, NOW + 4 * DAY, () => 6, random).map((at) => refunded(at)),
    ]
    const [incident, ...rest] = judge([...always, ...burst(600, DAY)], { until: NOW + 4 * DAY })
    expect(rest).toEqual([])
    expect(Math.abs((incident?.endedAt ?? 0) - (NOW + DAY))).toBeLessThan(DAY)
  })

  it('does not become normal', () => {
    const again = burst(40, 3 * HOUR, NOW + 7 * DAY)
    expect(judge([...shop(3, NOW + 8 * DAY), ...burst(40, 3 * HOUR), ...again])).toHaveLength(2)
  })

  it('that goes on for seven days ends as the new usual', () => {
    const [incident, ...rest] = judge([...shop(15, NOW + 16 * DAY), ...returned(60, NOW + 16 * DAY, 6)], {
      until: NOW + 16 * DAY,
    })
    expect(rest).toEqual([])
    expect(incident?.message).toContain('now taken as usual')
  })
})
