import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  earliest,
  newCusum,
  shareAt,
  stepBernoulli,
  stepPoisson,
} from '../../../src/detection/statistics/cusum.ts'
import { seeded } from '../../support/times.ts'

describe('a Bernoulli CUSUM', () => {
  it('adds the log-likelihood ratio of each unit', () => {
    const sum = newCusum()
    // Double the odds of one in five is one in three.
    expect(shareAt(0.2, 2)).toBeCloseTo(1 / 3, 10)
    expect(stepBernoulli(sum, true, 0.2, 2, 100)).toBe(true)
    expect(sum.score).toBeCloseTo(Math.log(5 / 3), 10)
    expect(stepBernoulli(sum, false, 0.2, 2, 200)).toBe(false)
    expect(sum.score).toBeCloseTo(Math.log(5 / 3) + Math.log(5 / 6), 10)
    expect(sum).toMatchObject({ onset: 100, units: 2, bad: 1 })
  })

  it('never falls below 0, and begins its counts anew there', () => {
    const sum = newCusum()
    stepBernoulli(sum, true, 0.2, 2, 1)
    for (let at = 2; at < 10; at++) stepBernoulli(sum, false, 0.2, 2, at)
    expect(sum.score).toBe(0)
    stepBernoulli(sum, true, 0.2, 2, 50)
    expect(sum).toMatchObject({ onset: 50, units: 1, bad: 1 })
  })

  it('runs at least e^g units on average before chance carries it to g', () => {
    const random = seeded(5)
    const g = 4
    let alarms = 0
    const units = 200_000
    let sum = newCusum()
    for (let i = 0; i < units; i++) {
      stepBernoulli(sum, random() < 0.1, 0.1, 3, i)
      if (sum.score < g) continue
      alarms += 1
      sum = newCusum()
    }
    expect(alarms).toBeGreaterThan(10)
    expect(units / alarms).toBeGreaterThan(Math.exp(g))
  })
})

describe('several CUSUMs', () => {
  it('have evidence since the earliest of those that stand above 0', () => {
    const sums = [newCusum(), newCusum(), newCusum()].map((sum) => ({ sum }))
    expect(earliest(sums)).toBeUndefined()
    for (const [i, { sum }] of sums.entries()) stepBernoulli(sum, i !== 0, 0.2, 2, 100 * (3 - i))
    expect(sums.map(({ sum }) => sum.onset)).toEqual([300, 200, 100])
    expect(earliest(sums)).toBe(100)
    expect(earliest(sums.slice(0, 2))).toBe(200)
  })
})

describe('a Poisson CUSUM', () => {
  it('falls by what is expected and rises by the log ratio at each unit', () => {
    const sum = newCusum()
    expect(stepPoisson(sum, 7, 4, 100)).toBe(true)
    expect(sum.score).toBeCloseTo(Math.log(4), 10)
    stepPoisson(sum, 0.1, 4, 160)
    expect(sum.score).toBeCloseTo(2 * Math.log(4) - 0.3, 10)
    expect(sum).toMatchObject({ onset: 100, units: 2 })
    expect(sum.expected).toBeCloseTo(0.1, 10)
    expect(stepPoisson(sum, 5, 4, 900)).toBe(true)
    expect(sum).toMatchObject({ onset: 900, units: 1, expected: 0 })
  })

  it('runs at least e^g units on average before chance carries it to g', () => {
    const random = seeded(6)
    const g = 4
    const units = 200_000
    let alarms = 0
    let sum = newCusum()
    for (let i = 0; i < units; i++) {
      stepPoisson(sum, -Math.log(1 - random()), 3, i)
      if (sum.score < g) continue
      alarms += 1
      sum = newCusum()
    }
    expect(alarms).toBeGreaterThan(10)
    expect(units / alarms).toBeGreaterThan(Math.exp(g))
  })

  it('has no less evidence for more of the same', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 0.3, noNaN: true }), { minLength: 1, maxLength: 50 }),
        (gaps) => {
          const sum = newCusum()
          let before = 0
          for (const [i, gap] of gaps.entries()) {
            stepPoisson(sum, gap, 4, i)
            expect(sum.score).toBeGreaterThan(before)
            before = sum.score
          }
        },
      ),
    )
  })
})
