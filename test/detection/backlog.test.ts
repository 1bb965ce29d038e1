import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineDetector } from '../../src/detection/detector.ts'
import { webhookLag } from '../../src/detection/detectors/webhook-lag/detector.ts'
import { Backlog, type Held, mayRelease } from '../../src/detection/engine/backlog.ts'
import { StreamJudge } from '../../src/detection/engine/judge.ts'
import { KeyedStates } from '../../src/detection/engine/states.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../src/time.ts'
import { counting, delivery } from '../support/detectors.ts'
import { type DriveOptions, driveHistory, type Late } from '../support/drive.ts'
import { arrived, failed, payments, refunded, setupFailed } from '../support/facts.ts'
import { every, MONDAY, seeded } from '../support/times.ts'

const START: Seconds = MONDAY - 21 * DAY
const [FROM, TO] = [MONDAY + 8 * HOUR, MONDAY + 24 * HOUR]

/** A shop's ordinary weeks: a payment each twenty minutes, one in twenty of which fails. */
const ordinary = (): Late[] => payments(every(START, 20 * MINUTE, 24 * 3 * 24), 0.05, seeded(7))

/** What happens inside the outage. */
const troubles: [name: string, detector: string, facts: () => Late[]][] = [
  ['refunds', 'REFUND_SPIKE', () => every(FROM + 10 * MINUTE, 58 * MINUTE, 16).map((at) => refunded(at))],
  [
    'guessed cards',
    'CARD_TESTING',
    () =>
      every(FROM + 3 * HOUR, MINUTE, 40).map((at) =>
        failed(at, { reason: 'incorrect_cvc', code: 'incorrect_cvc' }),
      ),
  ],
  [
    'guessed cards at set-up',
    'CARD_TESTING',
    () => every(FROM + 5 * HOUR, 30, 60).map((at) => setupFailed(at, { code: 'incorrect_number' })),
  ],
  [
    'failing payments',
    'CHARGE_FAILURE_SPIKE',
    () => every(FROM + 2 * HOUR, 3 * MINUTE, 60).map((at) => failed(at, { reason: 'processing_error' })),
  ],
]

/** All of the outage's events come within an hour after it, in the order that `place` gives them. */
const delivered = (facts: readonly Late[], place: (index: number) => number): Late[] => {
  const inside = facts.filter(({ at }) => at >= FROM && at < TO).sort((a, b) => a.at - b.at)
  const late = inside.map((fact, index) => {
    const arrival = TO + 2 * MINUTE + Math.floor((place(index) * 55 * MINUTE) / inside.length)
    return { ...fact, lag: arrival - fact.at }
  })
  return [...facts.filter(({ at }) => at < FROM || at >= TO), ...late]
}

const judge = (facts: readonly Late[], options?: DriveOptions) =>
  driveHistory(DETECTORS, facts, options).incidents

const shape = ({ detector, fingerprint, startedAt }: ReturnType<typeof judge>[number]) =>
  `${detector} ${fingerprint} ${Math.floor(startedAt / HOUR)}`

const ofRates = (facts: readonly Late[], options?: DriveOptions) =>
  judge(facts, options)
    .filter(({ detector }) => detector !== 'WEBHOOK_LAG')
    .map(shape)
    .sort()

/** A permutation of any length, from a seed. */
const shuffled = (length: number, seed: number): number[] => {
  const random = seeded(seed)
  const order = Array.from({ length }, (_, index) => index)
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0]
  }
  return order
}

describe.each(troubles)('%s inside an outage', (_name, detector, trouble) => {
  const facts = [...ordinary(), ...trouble()]
  const inside = facts.filter(({ at }) => at >= FROM && at < TO).length

  it('are found when they come late, at their own time', () => {
    const found = judge(delivered(facts, (index) => index)).filter((one) => one.detector === detector)
    expect(found).toHaveLength(1)
    expect(found[0]?.startedAt).toBeGreaterThanOrEqual(FROM)
    expect(found[0]?.startedAt).toBeLessThan(TO)
    expect(found[0]?.endedAt).toBeLessThan(TO + 12 * HOUR)
  })

  it('give the same incidents in any order, in any batches', () => {
    const expected = ofRates(delivered(facts, (index) => index))
    expect(expected.some((one) => one.startsWith(detector))).toBe(true)
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 20, max: 900 }),
        (seed, batch) => {
          const order = shuffled(inside, seed)
          const disordered = delivered(facts, (index) => order[index] ?? index)
          expect(ofRates(disordered, { batch })).toEqual(expected)
        },
      ),
      { numRuns: 12 },
    )
  })
})

describe('while a backlog comes in', () => {
  const facts = [...ordinary(), ...every(FROM + 10 * MINUTE, 58 * MINUTE, 16).map((at) => refunded(at))]

  it('fresh events are judged at once', () => {
    const fresh = every(TO + 10 * MINUTE, 20, 60).map((at) => failed(at, { reason: 'processing_error' }))
    const found = judge([...delivered(facts, (index) => index), ...fresh])
    const spike = found.find(({ detector }) => detector === 'CHARGE_FAILURE_SPIKE')
    expect(spike?.startedAt).toBeGreaterThanOrEqual(TO)
    expect(spike?.detectedAt).toBeLessThan(TO + 40 * MINUTE)
  })

  const late = ['evt_1', 'evt_2', 'evt_3'].map((eventId, index) => ({
    ...arrived(FROM + index * HOUR),
    eventId,
    customer: 'cus_1',
    lag: TO - FROM,
  }))
  it.each([
    ['about single objects see a late event at once', true, 2],
    ['about rates see it when an hour has brought no other', false, 3],
  ])('rules %s', (_, perObject, hours) => {
    const seen: Seconds[] = []
    const rule = counting({ perObject, limit: 1 })
    const watched = defineDetector({
      ...rule,
      observe(state, fact, context) {
        if (fact.eventId === 'evt_3') seen.push(newest)
        return rule.observe(state, fact, context)
      },
    })
    let newest = 0
    const states = new KeyedStates([webhookLag, watched])
    const judge = new StreamJudge([webhookLag, watched], states, new Map(), undefined)
    let held: Held = { hold: null, events: [] }
    for (const { lag, ...fact } of [
      ...late,
      ...every(TO + 2 * HOUR, MINUTE, 120).map((at) => ({ ...arrived(at), lag: 0 })),
    ]) {
      newest = fact.at + lag
      const event = { stripeId: fact.eventId, at: fact.at, deliveredAt: newest, facts: [{ ...fact, lag }] }
      const { hold, held: change } = judge.judge([event], undefined, held)
      held = { hold, events: [...(change.released ? [] : held.events), ...change.added] }
    }
    expect(seen).toEqual([TO + hours * HOUR])
  })
})

describe('what waits', () => {
  const late = (id: string, at: Seconds) => delivery(id, at, 'cus_1', HOUR)

  it('is released an hour after the newest late event', () => {
    const backlog = new Backlog(null, [])
    backlog.add(late('evt_1', 0), 10_000)
    backlog.add(late('evt_2', 0), 12_000)
    expect(backlog.releaseAt).toBe(12_000 + HOUR)
  })

  it('waits no longer than six hours, however long late events go on to come', () => {
    const backlog = new Backlog(null, [])
    for (let i = 0; i < 50; i++) backlog.add(late(`evt_${i}`, 0), 10_000 + i * 10 * MINUTE)
    expect(backlog.releaseAt).toBe(10_000 + 6 * HOUR)
  })

  it('is released at once when it is too much', () => {
    const hold = { since: 10_000, newest: 10_100, count: 99_999 }
    expect(mayRelease(hold, 10_100, 0)).toBe(false)
    expect(mayRelease(hold, 10_100, 1)).toBe(true)
    const backlog = new Backlog(hold, [])
    backlog.add(late('evt_last', 0), 10_200)
    expect(backlog.releaseAt).toBe(10_200)
  })

  it('comes out in the order in which it happened, former batches and this one together', () => {
    const hold = { since: 1, newest: 2, count: 2 }
    const backlog = new Backlog(hold, [late('evt_c', 30), late('evt_a', 10)])
    backlog.add(late('evt_b', 20), 3)
    expect(backlog.release().map(({ stripeId }) => stripeId)).toEqual(['evt_a', 'evt_b', 'evt_c'])
    expect([backlog.hold, backlog.change]).toEqual([null, { released: true, added: [] }])
  })
})
