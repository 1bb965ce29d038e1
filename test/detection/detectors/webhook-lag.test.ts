import { describe, expect, it } from 'vitest'
import { UTC_CALENDAR } from '../../../src/calendar/calendar.ts'
import type { Delivery, StripeAnswer } from '../../../src/detection/detector.ts'
import { webhookLag } from '../../../src/detection/detectors/webhook-lag/detector.ts'
import type { Delivered } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../../src/time.ts'
import { type DriveOptions, driveHistory, type Late } from '../../support/drive.ts'
import { arrived } from '../../support/facts.ts'
import { arrivals, daily, every, MONDAY, seeded } from '../../support/times.ts'

const START: Seconds = MONDAY - 30 * DAY
/** A Tuesday at two in the afternoon: the busiest time. */
const NOW: Seconds = MONDAY + DAY + 14 * HOUR

type Deliveries = Late<Delivered>[]

function stream(
  perDay: number,
  over: { weekend?: number; from?: Seconds; to?: Seconds; flat?: boolean } = {},
): Deliveries {
  const random = seeded(1)
  const rate = over.flat === true ? () => perDay / 24 : daily(perDay, over.weekend)
  return arrivals(over.from ?? START, over.to ?? NOW + 2 * DAY, rate, random).map(arrived)
}

const without = (deliveries: Deliveries, from: Seconds, to: Seconds): Deliveries =>
  deliveries.filter(({ at }) => at < from || at >= to)

const judge = (facts: Deliveries, options?: DriveOptions) =>
  driveHistory([webhookLag], facts, options).incidents

/** What the others may know of delivery after these facts. */
const told = (facts: Deliveries, now: Seconds, options?: DriveOptions): Delivery => {
  const stored = driveHistory([webhookLag], facts, options).stored('')
  const state = webhookLag.revive?.(JSON.parse(stored?.state ?? ''))
  const view = state && webhookLag.delivery?.(state, now, UTC_CALENDAR)
  if (view === undefined) throw new Error('no view of delivery')
  return view
}

describe('WEBHOOK_LAG is quiet', () => {
  const cases: [name: string, facts: () => Deliveries][] = [
    ['at one event two hours late', () => [...stream(20), { ...arrived(NOW), lag: 2 * HOUR }]],
    [
      'at five late ones that are all there is',
      () => [
        ...stream(10, { to: NOW }),
        ...every(NOW, MINUTE, 5).map((at) => ({ ...arrived(at), lag: HOUR })),
      ],
    ],
    [
      'at stragglers of a large tenant',
      () => stream(5_000).map((fact, i) => (i % 12 === 0 ? { ...fact, lag: 20 * MINUTE } : fact)),
    ],
    ['in the nights of a small tenant', () => stream(15)],
    ['when a small tenant hears nothing for a day', () => without(stream(4), NOW, NOW + DAY)],
    [
      'on the weekends of a business that works on weekdays',
      () => stream(120, { weekend: 0.02, to: NOW + 14 * DAY }),
    ],
    [
      'in the night a week after one in which a script changed everything',
      () => {
        const night = NOW + 10 * HOUR
        const script = every(night - 7 * DAY, 70, 290).map(arrived)
        return [...without(stream(200, { from: NOW - 18 * DAY }), night, night + 6 * HOUR), ...script]
      },
    ],
    ['on the second day of a tenant', () => without(stream(400, { from: NOW - DAY }), NOW, NOW + 6 * HOUR)],
  ]
  it.each(cases)('%s', (_, facts) => {
    expect(judge(facts())).toEqual([])
  })
})

/** Stripe's API is asked every quarter of an hour and knows all up to 15 minutes before. */
const asked = (from: Seconds, to: Seconds, over: Partial<StripeAnswer> = {}): StripeAnswer[] =>
  every(from, 15 * MINUTE, Math.floor((to - from) / (15 * MINUTE))).map((at) => ({
    at,
    through: at - 15 * MINUTE,
    answered: true,
    endpoint: 'enabled',
    ...over,
  }))

/** No webhook brought it: the next comparison found it. */
const found = (at: Seconds): Late<Delivered> => {
  const grid = 15 * MINUTE
  const when = Math.ceil((at + grid + 1) / grid) * grid
  return { ...arrived(at), found: true, lag: when - at }
}

const usual = () => stream(210, { flat: true })
const answers = asked(NOW - DAY, NOW + 2 * DAY)

describe("WEBHOOK_LAG, where Stripe's API is asked", () => {
  it('is quiet while nothing comes and nothing is there, and calls no hour dark', () => {
    const silent = without(usual(), NOW, NOW + 6 * HOUR)
    expect(judge(silent, { answers })).toEqual([])
    const before = silent.filter(({ at }) => at < NOW)
    const now = NOW + 5 * HOUR
    const view = told(before, now, { answers, until: now })
    expect([view.quiet, view.dark(NOW, now)]).toEqual([false, []])
    expect(told(before, now, { until: now }).quiet).toBe(true)
  })

  it('counts exactly what did not come, and calls no hour dark', () => {
    const lost = usual().filter(({ at }) => at >= NOW && at < NOW + 3 * HOUR)
    const facts = [...without(usual(), NOW, NOW + 3 * HOUR), ...lost.map(({ at }) => found(at))]
    const [incident, ...rest] = judge(facts, { answers })
    expect(rest).toEqual([])
    expect(incident).toMatchObject({
      severity: 'HIGH',
      confidence: 1,
      startedAt: lost[0]?.at,
      occurrences: lost.length,
      title: `${lost.length} events did not come by webhook`,
      evidence: [{ name: 'missing events', observed: lost.length }, { name: 'missing share' }],
    })
    expect(incident?.endedAt).toBe(lost.at(-1)?.at)
    expect(incident?.detectedAt).toBeLessThan(NOW + HOUR)
    expect(told(facts, NOW + 5 * HOUR, { answers }).dark(NOW - HOUR, NOW + 4 * HOUR)).toEqual([])
  })

  it('is quiet when one event in twenty is lost, and not when one in three is', () => {
    const losing = (one: number) =>
      stream(400).map((fact, i) => (fact.at >= NOW && i % one === 0 ? found(fact.at) : fact))
    expect(judge(losing(20), { answers })).toEqual([])
    expect(judge(losing(3), { answers })).toHaveLength(1)
  })

  it('says that it does not answer where nothing comes', () => {
    const silent = without(usual(), NOW, NOW + 4 * HOUR)
    const mute = { through: NOW - 15 * MINUTE, answered: false }
    const facts = [...asked(NOW - DAY, NOW), ...asked(NOW + 15 * MINUTE, NOW + DAY, mute)]
    const [incident] = judge(silent, { answers: facts })
    expect(incident?.title).toMatch(/^No events from Stripe for/)
    expect(incident?.message).toContain("Stripe's API has not answered since")
  })

  it('reports at once that the endpoint is disabled at Stripe', () => {
    const shut = asked(NOW, NOW + 2 * DAY, { endpoint: 'disabled' })
    const [incident, ...rest] = judge(without(usual(), NOW, NOW + 3 * DAY), {
      answers: [...asked(NOW - DAY, NOW), ...shut],
      until: NOW + DAY,
    })
    expect(rest).toEqual([])
    expect(incident?.title).toBe('Stripe has disabled the webhook endpoint')
    expect(incident?.startedAt).toBeLessThan(NOW + HOUR)
    expect(incident?.detectedAt).toBeLessThanOrEqual(NOW + HOUR)
  })
})

describe('WEBHOOK_LAG fires', () => {
  it('when half the events are half an hour late for three hours', () => {
    const facts = stream(400).map((fact, i) =>
      fact.at >= NOW && fact.at < NOW + 3 * HOUR && i % 2 === 0 ? { ...fact, lag: 30 * MINUTE } : fact,
    )
    const [incident, ...rest] = judge(facts)
    expect(rest).toEqual([])
    expect(incident).toMatchObject({ severity: 'MEDIUM', impact: null })
    expect(incident?.startedAt).toBeGreaterThanOrEqual(NOW)
    expect(incident?.startedAt).toBeLessThan(NOW + HOUR)
    expect(incident?.detectedAt).toBeGreaterThanOrEqual(incident?.startedAt ?? 0)
    expect(incident?.title).toBe("Stripe's events arrive about 30 minutes late")
    expect(incident?.evidence.map(({ unit }) => unit)).toEqual(['COUNT', 'RATIO', 'SECONDS', 'SCORE'])
    expect(Math.abs((incident?.endedAt ?? 0) - (NOW + 3.5 * HOUR))).toBeLessThan(HOUR)
  })

  it('when nothing comes for three hours where 26 deliveries are usual', () => {
    const facts = without(stream(210, { flat: true }), NOW, NOW + 3 * HOUR)
    const [incident] = judge(facts)
    expect(incident).toMatchObject({ severity: 'HIGH' })
    expect(incident?.detectedAt).toBeLessThan(NOW + 3.5 * HOUR)
    expect(incident?.message).toMatch(/^No events have arrived from Stripe since Tue 4 Mar, 13:\d\d/)
    expect(Math.abs((incident?.endedAt ?? 0) - (NOW + 3 * HOUR))).toBeLessThan(HOUR)
  })

  it('once for a silence and the backlog after it', () => {
    const facts = stream(500).map((fact) =>
      fact.at >= NOW && fact.at < NOW + 9 * HOUR
        ? { ...fact, lag: NOW + 9 * HOUR + (fact.at % 3_600) - fact.at }
        : fact,
    )
    const [incident, ...rest] = judge(facts)
    expect(rest).toEqual([])
    expect(incident?.severity).toBe('CRITICAL')
    expect(incident?.occurrences).toBeGreaterThan(50)
    expect(Math.abs((incident?.endedAt ?? 0) - (NOW + 10 * HOUR))).toBeLessThan(2 * HOUR)
  })

  it('at the tenant`s own bounds, and not below', () => {
    const facts = stream(400).map((fact) =>
      fact.at >= NOW && fact.at < NOW + 3 * HOUR ? { ...fact, lag: 10 * MINUTE } : fact,
    )
    expect(judge(facts, { settings: { lateAfter: 700 } })).toEqual([])
    expect(judge(facts, { settings: { lateAfter: 500 } })).toHaveLength(1)
    const three = [
      ...stream(10, { to: NOW }),
      ...every(NOW, MINUTE, 3).map((at) => ({ ...arrived(at), lag: HOUR })),
    ]
    expect(judge(three, { settings: { minLate: 3 } })).toHaveLength(1)
    const silent = without(stream(210, { flat: true }), NOW, NOW + 3 * HOUR)
    expect(judge(silent, { settings: { minSilence: 12 * HOUR } })).toEqual([])
  })
})

describe('an incident of WEBHOOK_LAG', () => {
  it('that is a tenant who left ends after seven days, and no timer is left running', () => {
    const left = driveHistory([webhookLag], stream(300, { to: NOW }), { until: NOW + 40 * DAY })
    expect(left.incidents).toMatchObject([{ message: expect.stringContaining('now taken as usual') }])
    expect(left.stored('')?.wakeAt).toBeNull()
  })
})

describe('what WEBHOOK_LAG tells the others of delivery', () => {
  const last = NOW - 60

  it('is undisturbed in ordinary times', () => {
    const view = told(stream(300, { to: NOW }), NOW)
    expect([view.quiet, view.disturbedAt, view.dark(NOW - 3 * DAY, NOW)]).toEqual([false, undefined, []])
  })

  it('is quiet while an odd silence lasts, and its hours are dark', () => {
    const view = told([...stream(300, { to: last }), arrived(last)], NOW + 4 * HOUR)
    expect([view.quiet, view.disturbedAt]).toEqual([true, NOW + 4 * HOUR])
    expect(view.dark(NOW - DAY, NOW + 4 * HOUR)).toEqual([-1, 0, 1, 2, 3].map((hour) => NOW + hour * HOUR))
  })

  it('keeps the hours dark and says when it was disturbed after it is over', () => {
    const facts = [...without(stream(300, { to: NOW + 5 * HOUR }), NOW, NOW + 4 * HOUR)]
    const view = told(facts, NOW + 5 * HOUR)
    expect(view.quiet).toBe(false)
    expect(view.disturbedAt).toBeGreaterThanOrEqual(NOW + 4 * HOUR)
    expect(view.disturbedAt).toBeLessThan(NOW + 5 * HOUR)
    expect(view.dark(NOW - DAY, NOW + 5 * HOUR)).toEqual(
      expect.arrayContaining([NOW, NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR]),
    )
  })

  const openAt = (view: Delivery, at: Seconds) => view.open(at, at + HOUR)(at / HOUR)
  const silent = [NOW, NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR]

  it('takes a silence of which nothing came late within three days for a quiet one', () => {
    const facts = without(stream(300, { to: NOW + 5 * DAY }), NOW, NOW + 4 * HOUR)
    const later = (days: number) => told(facts, NOW + days * DAY)
    expect(later(2.9).dark(NOW, NOW + 4 * HOUR)).toEqual(silent)
    expect(later(2.9).undecided(NOW - 14 * HOUR, NOW + 10 * HOUR)).toBe(true)
    expect(later(3.5).dark(NOW, NOW + 4 * HOUR)).toEqual([])
    expect(later(3.5).undecided(NOW - 14 * HOUR, NOW + 10 * HOUR)).toBe(false)
  })

  it('takes it for an outage as soon as anything made inside it comes late', () => {
    const facts = [
      ...without(stream(300, { to: NOW + 5 * DAY }), NOW, NOW + 4 * HOUR),
      { ...arrived(NOW + 2 * HOUR), lag: 30 * HOUR },
    ]
    const view = told(facts, NOW + 5 * DAY)
    expect(view.dark(NOW, NOW + 4 * HOUR)).toEqual(silent)
    expect(view.undecided(NOW - 14 * HOUR, NOW + 10 * HOUR)).toBe(false)
    expect(openAt(view, NOW + 7 * DAY + HOUR)).toBe(1)
  })

  it('expects the hours of a quiet silence to be closed in the next two weeks', () => {
    const facts = without(stream(300, { to: NOW + DAY }), NOW, NOW + 4 * HOUR)
    for (const days of [7, 14]) {
      const view = told(facts, NOW + days * DAY)
      for (const at of silent) expect(openAt(view, at + days * DAY)).toBe(0)
    }
    expect(openAt(told(facts, NOW + 3 * DAY), NOW + 3 * DAY + HOUR)).toBe(1)
  })
})
