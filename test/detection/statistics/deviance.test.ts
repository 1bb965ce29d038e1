import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deviance, excess, shortfall, spread } from '../../../src/detection/statistics/deviance.ts'
import { confidenceOf, testsOfWindows, threshold } from '../../../src/detection/statistics/threshold.ts'
import { seeded } from '../../support/times.ts'

const count = fc.double({ min: 0.01, max: 5_000, noNaN: true })
const c2 = fc.double({ min: 0, max: 0.6, noNaN: true })

describe('deviance', () => {
  it('is what one works out by hand', () => {
    expect(deviance(10, 5, 0)).toBeCloseTo(10 * Math.log(2) - 5, 10)
    // r = 8: 16 ln 2 - 24 ln(24 / 16)
    expect(deviance(16, 8, 1 / 8)).toBeCloseTo(16 * Math.log(2) - 24 * Math.log(1.5), 10)
  })

  it('of nothing at all is ln(1 + m c2) / c2, and m without dispersion', () => {
    expect(shortfall(0, 16, 0.05)).toBeCloseTo(Math.log(1 + 16 * 0.05) / 0.05, 10)
    expect(shortfall(0, 16, 0)).toBeCloseTo(16, 10)
  })

  it('is 0 at what is expected, and never negative', () => {
    fc.assert(
      fc.property(count, count, c2, (x, m, c) => {
        expect(deviance(m, m, c)).toBeCloseTo(0, 6)
        expect(deviance(x, m, c)).toBeGreaterThan(-1e-6)
      }),
    )
  })

  it('looks to one side only', () => {
    expect(excess(3, 5, 0.1)).toBe(0)
    expect(shortfall(5, 3, 0.1)).toBe(0)
  })

  it('grows the further out a count is, and the surer the expectation', () => {
    fc.assert(
      fc.property(count, c2, fc.double({ min: 1.01, max: 10, noNaN: true }), (m, c, factor) => {
        // Where there is next to no evidence, the last digits of the logarithms are all there is of it.
        const more = (nats: number, than: number) => expect(nats + 1e-6).toBeGreaterThan(than)
        more(excess(m * factor * 1.1, m, c), excess(m * factor, m, c))
        more(shortfall(m / factor / 1.1, m, c), shortfall(m / factor, m, c))
        more(excess(m * factor, m, c), excess(m * factor, m, c + 0.1))
      }),
    )
  })

  it('bounds how often chance goes so far: e^-nats', () => {
    const random = seeded(11)
    const draws = 100_000
    let beyond = 0
    for (let i = 0; i < draws; i++) if (excess(poisson(20, random), 20, 0) >= 3) beyond += 1
    expect(beyond).toBeGreaterThan(0)
    expect(beyond / draws).toBeLessThan(Math.exp(-3))
  })

  it('has a spread of a Poisson count, and of a varying one', () => {
    expect(spread(100, 0)).toBe(10)
    expect(spread(100, 0.01)).toBeCloseTo(Math.sqrt(200), 10)
  })
})

describe('thresholds', () => {
  it('leave the accepted number of false alarms', () => {
    expect(threshold(1_000, 0.5)).toBeCloseTo(Math.log(2_000), 10)
    expect(testsOfWindows([24, 72])).toBeCloseTo(2 * (365 + 8_760 / 72), 6)
  })

  it('turn evidence into confidence between 0 and 1', () => {
    expect(confidenceOf(-1)).toBe(0)
    expect(confidenceOf(Math.log(4))).toBeCloseTo(0.75, 10)
    expect(confidenceOf(1_000)).toBe(1)
  })
})

function poisson(mean: number, random: () => number): number {
  let count = 0
  for (let product = random(); product > Math.exp(-mean); product *= random()) count += 1
  return count
}
