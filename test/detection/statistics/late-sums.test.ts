import { describe, expect, it } from 'vitest'
import { count, newRate, perHour, sumOf } from '../../../src/detection/statistics/decayed.ts'
import { LateSums } from '../../../src/detection/statistics/late-sums.ts'
import {
  closeSpan,
  hoursTouched,
  openSpan,
  type Spans,
  touches,
} from '../../../src/detection/statistics/spans.ts'
import { DAY, HOUR } from '../../../src/time.ts'

const T = 1_740_960_000
const SPEC = { width: HOUR, delay: DAY, halfLife: 10 * DAY, keep: 2 * DAY, channels: 2 }

describe('late sums', () => {
  it('take in an hour a day after it ended, not before', () => {
    const sums = new LateSums(SPEC)
    sums.add(T + 10, 0)
    sums.add(T + 20, 1, 5)
    sums.settle(T + HOUR + DAY - 1)
    expect([sums.usual(0), sums.all(0)]).toEqual([0, 1])
    sums.settle(T + HOUR + DAY)
    expect([sums.usual(0), sums.usual(1), sums.all(0)]).toEqual([1, 5, 1])
  })

  it('fade by half in a half-life', () => {
    const sums = new LateSums(SPEC)
    sums.add(T, 0, 100)
    sums.settle(T + HOUR + DAY + 10 * DAY)
    expect(sums.usual(0)).toBeCloseTo(50, 6)
  })

  it('leave incidents out, as if that time had not been', () => {
    const sums = new LateSums(SPEC)
    for (let hour = 0; hour < 5; hour++) sums.add(T + hour * HOUR, 0, hour === 2 ? 1_000 : 10)
    sums.settle(T + 5 * HOUR + DAY, [[T + 2 * HOUR, T + 3 * HOUR - 1]])
    expect(sums.usual(0)).toBeLessThan(40)
    expect(sums.rate(0) * HOUR).toBeCloseTo(10, 6)
  })

  it('tell single hours as far back as they are kept, in whatever order they came', () => {
    const sums = new LateSums(SPEC)
    for (const hour of [5, 3, 4, 3, 60]) sums.add(T + hour * HOUR + 7, 0)
    expect(sums.sum(0, T + 3 * HOUR, T + 5 * HOUR)).toBe(3)
    sums.settle(T + 62 * HOUR)
    expect(sums.sum(0, T, T + 10 * HOUR)).toBe(0)
    expect(sums.sum(0, T + 60 * HOUR, T + 61 * HOUR)).toBe(1)
  })

  it('stay bounded, and are the same after JSON', () => {
    let sums = new LateSums(SPEC)
    const kept = new LateSums(SPEC)
    for (let hour = 0; hour < 500; hour++) {
      for (const each of [sums, kept]) {
        each.settle(T + hour * HOUR)
        each.add(T + hour * HOUR, hour % 2, 1.5)
      }
      if (hour % 37 === 0) sums = new LateSums(SPEC, JSON.parse(JSON.stringify(sums)))
    }
    expect(JSON.stringify(sums)).toBe(JSON.stringify(kept))
    expect(JSON.stringify(sums).length).toBeLessThan(2_500)
  })
})

describe('a rate', () => {
  it('finds the pace of a steady stream, from its first day on', () => {
    const rate = newRate()
    for (let at = T; at < T + DAY; at += 600) count(rate, at, 14 * DAY)
    expect(perHour(rate, T + DAY, 14 * DAY)).toBeCloseTo(6, 0)
    expect(sumOf(rate, T + 15 * DAY, 14 * DAY)).toBeCloseTo(sumOf(rate, T + DAY, 14 * DAY) / 2, 6)
  })

  it('makes no giant of a tenant in its first seconds', () => {
    const rate = newRate()
    for (let i = 0; i < 5; i++) count(rate, T + i, 14 * DAY)
    expect(perHour(rate, T + 5, 14 * DAY)).toBeLessThan(5.1)
  })
})

describe('spans', () => {
  it('touch every hour that any part of them lies in', () => {
    const spans: Spans = [[T + 1_800, T + 2 * HOUR + 10]]
    expect(hoursTouched(spans, T - DAY, T + DAY)).toEqual([T, T + HOUR, T + 2 * HOUR])
    expect(touches(spans, T + 4 * HOUR, T + 5 * HOUR)).toBe(false)
  })

  it('that are open go on for ever, until closed', () => {
    const spans: Spans = []
    openSpan(spans, T)
    openSpan(spans, T - 60)
    expect(spans).toEqual([[T - 60, null]])
    expect(touches(spans, T + 900 * DAY, T + 901 * DAY)).toBe(true)
    closeSpan(spans, T + HOUR)
    expect(spans).toEqual([[T - 60, T + HOUR]])
  })

  it('are bounded', () => {
    const spans: Spans = []
    for (let i = 0; i < 100; i++) {
      openSpan(spans, i)
      closeSpan(spans, i + 1)
    }
    expect(spans.length).toBeLessThan(30)
    expect(spans.at(-1)).toEqual([99, 100])
  })
})
