import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Agenda } from '../../src/simulator/agenda.ts'
import { Random } from '../../src/simulator/random.ts'

const draws = (random: Random, count = 50): number[] => Array.from({ length: count }, () => random.next())

describe('seeded random numbers', () => {
  test('the same seed gives the same sequence, another seed another', () => {
    expect(draws(new Random('a'))).toEqual(draws(new Random('a')))
    expect(draws(new Random('a'))).not.toEqual(draws(new Random('b')))
  })

  test('a fork depends on seed and label alone, not on what was drawn before', () => {
    const used = new Random('a')
    draws(used)
    expect(draws(used.fork('x'))).toEqual(draws(new Random('a').fork('x')))
    expect(draws(used.fork('x'))).not.toEqual(draws(used.fork('y')))
  })

  test.each([0.2, 3, 40, 500])('Poisson counts have their mean and variance (%d)', (mean) => {
    const random = new Random(`poisson ${mean}`)
    const counts = Array.from({ length: 20_000 }, () => random.poisson(mean))
    const average = counts.reduce((sum, count) => sum + count, 0) / counts.length
    const variance = counts.reduce((sum, count) => sum + (count - average) ** 2, 0) / counts.length
    expect(average).toBeGreaterThan(mean * 0.95)
    expect(average).toBeLessThan(mean * 1.05)
    expect(variance / average).toBeGreaterThan(0.93)
    expect(variance / average).toBeLessThan(1.07)
  })

  test('ids have the length asked for and hardly ever repeat', () => {
    const random = new Random('ids')
    const ids = Array.from({ length: 10_000 }, () => random.id('ch'))
    expect(ids[0]).toMatch(/^ch_[0-9A-Za-z]{24}$/)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

test('the agenda gives the soonest first, and of one moment what was planned first', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
      const agenda = new Agenda()
      const ran: [number, number][] = []
      for (const [index, at] of times.entries()) agenda.add(at, () => ran.push([at, index]))
      for (let next = agenda.take(15); next; next = agenda.take(15)) next.run()
      const expected = times.map((at, index): [number, number] => [at, index]).filter(([at]) => at < 15)
      expect(ran).toEqual(expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]))
    }),
  )
})
