import { describe, expect, it } from 'vitest'
import { type Business, businesses } from '../../src/demo/businesses.ts'
import { Trade } from '../../src/demo/trade.ts'
import { DAY, MINUTE } from '../../src/time.ts'

const NOW = Date.UTC(2026, 4, 20, 13, 37) / 1_000

const tradeOf = ({ profile }: Business, seed = '1'): Trade => new Trade(profile, seed, NOW, 3)

describe('the trade of a tenant of the demo', () => {
  it.each(businesses('1'))('is the same for the same seed: $about', (business) => {
    const once = [...tradeOf(business).arrivals(NOW)]
    expect(once.length).toBeGreaterThan(10)
    expect([...tradeOf(business).arrivals(NOW)]).toEqual(once)
    expect([...tradeOf(business, '2').arrivals(NOW)]).not.toEqual(once)
  })

  it.each(businesses('1'))('goes on from its history without a gap or a repeat: $about', (business) => {
    const whole = [...tradeOf(business).arrivals(NOW + DAY)]
    const trade = tradeOf(business)
    const parts = [...trade.arrivals(NOW)]
    for (let at = NOW; at < NOW + DAY; at += 7 * MINUTE)
      parts.push(...trade.arrivals(Math.min(at, NOW + DAY)))
    parts.push(...trade.arrivals(NOW + DAY))
    expect(parts.map(({ event }) => event.id)).toEqual(whole.map(({ event }) => event.id))
  })

  it.each(
    businesses('1').flatMap(({ profile, acts }) => acts.map((act) => ({ profile, act, name: profile.name }))),
  )('shows every incident of $name within half a minute: $act.incident.name', ({ profile, act }) => {
    const [quiet, odd] = [new Trade(profile, '1', NOW, 1), new Trade(profile, '1', NOW, 1)]
    for (const trade of [quiet, odd]) expect([...trade.arrivals(NOW)].length).toBeGreaterThan(0)
    odd.begin(act)
    const signs = [...odd.arrivals(NOW + 30)].length - [...quiet.arrivals(NOW + 30)].length
    expect(signs).toBeGreaterThan(1)
  })
})
