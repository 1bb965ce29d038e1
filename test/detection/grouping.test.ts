import { describe, expect, it } from 'vitest'
import { UTC_CALENDAR } from '../../src/calendar/calendar.ts'
import type { AnyDetector, Ending, Finding } from '../../src/detection/detector.ts'
import { FLOOD } from '../../src/detection/engine/flood.ts'
import { IncidentGrouper } from '../../src/detection/engine/grouping.ts'
import type { Incident } from '../../src/detection/engine/incident.ts'
import { DAY, HOUR, type Seconds } from '../../src/time.ts'
import { counting, finding } from '../support/detectors.ts'

const T = 1_700_000_000
const WALL = new Date('2026-01-01T00:00:00Z')

function startGrouping(incidents: readonly Incident[] = []) {
  let ids = 0
  const grouper = new IncidentGrouper({
    calendar: UTC_CALENDAR,
    incidents,
    raised: new Map(),
    newId: () => `anm_${++ids}`,
    origin: 'LIVE',
    wall: WALL,
  })
  return {
    grouper,
    sign: (detector: AnyDetector, at: Seconds, what: Finding, { key = '', stripeId = `evt_${at}` } = {}) =>
      grouper.add({ detector, key, at, stripeId, said: { finding: what } }),
    end: (detector: AnyDetector, at: Seconds, ending: Ending, key = '') =>
      grouper.add({ detector, key, at, said: { ending } }),
    changes: () => grouper.takeChanges(),
  }
}

const spike = counting({ selfResolving: true, cooldown: 6 * HOUR })
const one = counting({ perObject: true })

/** The single incident that was changed, and how. */
function only<T>(changes: readonly T[]): T {
  const [first, ...others] = changes
  expect(others).toEqual([])
  if (first === undefined) throw new Error('nothing changed')
  return first
}

describe('grouping', () => {
  it('raises an incident at its first sign and grows it with the next ones', () => {
    const { sign, changes } = startGrouping()
    sign(
      spike,
      T,
      finding('', {
        startedAt: T - 60,
        signs: 8,
        severity: 'MEDIUM',
        subjects: [{ type: 'charge', id: 'ch_1' }],
      }),
    )
    sign(
      spike,
      T + 5,
      finding('', {
        startedAt: T - 60,
        severity: 'HIGH',
        message: 'Now 9.',
        subjects: [{ type: 'charge', id: 'ch_2' }],
      }),
    )
    sign(
      spike,
      T + 9,
      finding('', {
        startedAt: T - 60,
        severity: 'LOW',
        message: 'Now 10.',
        subjects: [{ type: 'charge', id: 'ch_2' }],
      }),
    )
    const { incident, change, stripeIds } = only(changes())
    expect(change).toBe('ANOMALY_RAISED')
    expect(incident).toMatchObject({
      startedAt: T - 60,
      detectedAt: T,
      lastSeenAt: T + 9,
      endedAt: null,
      occurrences: 10,
      severity: 'HIGH',
      message: 'Now 10.',
    })
    expect(incident.subjects.map(({ id }) => id)).toEqual(['ch_1', 'ch_2'])
    expect(stripeIds).toEqual([`evt_${T}`, `evt_${T + 5}`, `evt_${T + 9}`])
  })

  it('ends it, resolved by the system where the kind ends by itself', () => {
    const { sign, end, changes } = startGrouping()
    sign(spike, T, finding(''))
    changes()
    end(spike, T + HOUR, { fingerprint: '', at: T + 600, note: 'It is over.' })
    const { incident, change } = only(changes())
    expect(change).toBe('ANOMALY_ENDED')
    expect(incident).toMatchObject({
      endedAt: T + 600,
      status: 'RESOLVED',
      resolvedAt: WALL,
      resolvedBy: { kind: 'SYSTEM' },
    })
    expect(incident.message).toMatch(/It is over\.$/)
  })

  it('leaves open what a person has acknowledged, and one-off findings', () => {
    for (const [detector, status] of [
      [spike, 'ACKNOWLEDGED'],
      [one, 'OPEN'],
    ] as const) {
      const first = startGrouping()
      first.sign(detector, T, finding('x'))
      const { incident } = only(first.changes())
      const { end, changes } = startGrouping([{ ...incident, status }])
      end(detector, T + HOUR, { fingerprint: 'x', at: T + 600 })
      expect(only(changes()).incident).toMatchObject({ endedAt: T + 600, status })
    }
  })

  it('reopens the same incident within the cooldown after its end, and raises another one later', () => {
    const { sign, end, changes } = startGrouping()
    sign(spike, T, finding(''))
    end(spike, T + 60, { fingerprint: '', at: T + 60 })
    changes()
    sign(spike, T + 60 + 6 * HOUR, finding(''))
    const reopened = only(changes())
    expect(reopened).toMatchObject({
      change: 'ANOMALY_REOPENED',
      incident: { id: 'anm_1', endedAt: null, status: 'OPEN', resolvedBy: null, occurrences: 2 },
    })
    end(spike, T + 8 * HOUR, { fingerprint: '', at: T + 8 * HOUR })
    changes()
    sign(spike, T + 14 * HOUR + 1, finding(''))
    expect(only(changes())).toMatchObject({ change: 'ANOMALY_RAISED', incident: { id: 'anm_2' } })
  })

  it('reopens what a person had resolved while it goes on', () => {
    const first = startGrouping()
    first.sign(spike, T, finding(''))
    const { incident } = only(first.changes())
    const { sign, changes } = startGrouping([
      { ...incident, status: 'RESOLVED', resolvedBy: { kind: 'API_KEY', name: 'ops' } },
    ])
    sign(spike, T + 10, finding(''))
    expect(only(changes())).toMatchObject({ change: 'ANOMALY_REOPENED', incident: { status: 'OPEN' } })
  })

  it('only counts further signs of a false positive', () => {
    const first = startGrouping()
    first.sign(spike, T, finding('', { message: 'First.' }))
    const { incident } = only(first.changes())
    const { sign, changes } = startGrouping([{ ...incident, status: 'FALSE_POSITIVE' }])
    sign(spike, T + 10, finding('', { severity: 'CRITICAL', message: 'Again.' }))
    expect(only(changes())).toMatchObject({
      change: undefined,
      incident: {
        status: 'FALSE_POSITIVE',
        occurrences: 2,
        lastSeenAt: T + 10,
        severity: 'MEDIUM',
        message: 'First.',
      },
    })
  })

  it('ends by itself when no sign came for as long as the finding said', () => {
    const { grouper, sign, changes } = startGrouping()
    sign(one, T, finding('x', { endsAfter: 600 }))
    sign(one, T + 500, finding('x', { endsAfter: 600 }))
    changes()
    grouper.expire([one], T + 1_099)
    expect(changes()).toEqual([])
    grouper.expire([one], T + 1_100)
    expect(only(changes())).toMatchObject({
      change: 'ANOMALY_ENDED',
      incident: { endedAt: T + 1_100, status: 'OPEN' },
    })
  })

  it('ends an incident of several keys when all of them have ended', () => {
    const { sign, end, changes } = startGrouping()
    sign(spike, T, finding(''), { key: 'usd' })
    sign(spike, T, finding(''), { key: 'eur' })
    end(spike, T + 60, { fingerprint: '', at: T + 60 }, 'usd')
    expect(only(changes()).incident.endedAt).toBeNull()
    end(spike, T + 90, { fingerprint: '', at: T + 90 }, 'eur')
    expect(only(changes()).incident.endedAt).toBe(T + 90)
  })

  it('keeps at most 200 subjects and notes at most 1,000 events, but counts every sign', () => {
    const { sign, changes } = startGrouping()
    for (let i = 0; i < 1_200; i += 1)
      sign(spike, T + i, finding('', { subjects: [{ type: 'charge', id: `ch_${i}` }] }), {
        stripeId: `evt_${i}`,
      })
    const { incident, stripeIds } = only(changes())
    expect(incident.occurrences).toBe(1_200)
    expect(incident.subjects).toHaveLength(200)
    expect(stripeIds).toHaveLength(1_000)
  })
})

describe('a flood', () => {
  const member = (i: number) =>
    finding(`sub_${i}`, {
      customer: `cus_${i % 7}`,
      impact: { amount: 1_000, currency: i % 2 ? 'usd' : 'jpy' },
      startedAt: T,
    })

  it('groups what comes after ten incidents of one detector within a day into one, counting customers and money', () => {
    const { sign, changes } = startGrouping()
    for (let i = 0; i < 30; i += 1) sign(one, T + i, member(i), { key: `sub_${i}` })
    const raised = changes()
    expect(raised).toHaveLength(11)
    const flood = raised.at(-1)?.incident
    expect(flood).toMatchObject({
      fingerprint: FLOOD,
      customer: null,
      severity: 'HIGH',
      occurrences: 20,
      endedAt: null,
    })
    expect(flood?.grouping.flood).toMatchObject({
      members: 20,
      customers: 7,
      sums: { usd: 10_000, jpy: 10_000 },
    })
    expect(flood?.message).toContain('20 further cases, of 7 customers')
  })

  it('that is a false positive is only counted further', () => {
    const first = startGrouping()
    for (let i = 0; i < 12; i += 1) first.sign(one, T + i, member(i), { key: `sub_${i}` })
    const flood = first.changes().at(-1)?.incident
    if (flood === undefined) throw new Error('nothing was raised')
    const told = ({ severity, message, impact, evidence }: Incident) => ({
      severity,
      message,
      impact,
      evidence,
    })
    const before = structuredClone(told(flood))
    const { sign, changes } = startGrouping([{ ...flood, status: 'FALSE_POSITIVE' }])
    sign(one, T + 60, { ...member(60), severity: 'CRITICAL' }, { key: 'sub_60' })
    const { change, incident } = only(changes())
    expect(change).toBeUndefined()
    expect(told(incident)).toEqual(before)
    expect(incident.occurrences).toBe(flood.occurrences + 1)
    expect(incident.grouping.flood?.members).toBe(3)
  })

  it('is none when the ten are spread over more than a day, or the detector is about rates', () => {
    const slow = startGrouping()
    for (let i = 0; i < 30; i += 1) slow.sign(one, T + i * 3 * HOUR, member(i))
    expect(slow.changes().map(({ incident }) => incident.fingerprint)).not.toContain(FLOOD)
    const rates = startGrouping()
    for (let i = 0; i < 30; i += 1) rates.sign(spike, T + i, member(i))
    expect(rates.changes()).toHaveLength(30)
  })

  it('ends when its last member has ended', () => {
    const { sign, end, changes } = startGrouping()
    for (let i = 0; i < 12; i += 1) sign(one, T + i, member(i), { key: `sub_${i}` })
    changes()
    end(one, T + HOUR, { fingerprint: 'sub_10', at: T + HOUR }, 'sub_10')
    expect(only(changes()).incident.endedAt).toBeNull()
    end(one, T + 2 * HOUR, { fingerprint: 'sub_11', at: T + 2 * HOUR }, 'sub_11')
    expect(only(changes())).toMatchObject({
      change: 'ANOMALY_ENDED',
      incident: { fingerprint: FLOOD, endedAt: T + 2 * HOUR },
    })
  })

  it('does not swallow a single case long after it', () => {
    const { sign, changes } = startGrouping()
    for (let i = 0; i < 12; i += 1) sign(one, T + i, member(i), { key: `sub_${i}` })
    changes()
    sign(one, T + 3 * DAY, member(99), { key: 'sub_99' })
    expect(only(changes())).toMatchObject({ change: 'ANOMALY_RAISED', incident: { fingerprint: 'sub_99' } })
  })
})
