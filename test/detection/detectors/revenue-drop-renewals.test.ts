import { describe, expect, it } from 'vitest'
import { revenueDrop } from '../../../src/detection/detectors/revenue-drop/detector.ts'
import { webhookLag } from '../../../src/detection/detectors/webhook-lag/detector.ts'
import type { Fact } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../../src/time.ts'
import { type DriveOptions, driveHistory, type Late } from '../../support/drive.ts'
import { arrived, captured } from '../../support/facts.ts'
import { type Billing, type Member, membership } from '../../support/members.ts'
import { arrivals, daily, seeded } from '../../support/times.ts'

const date = (year: number, month: number, day: number): Seconds => Date.UTC(year, month - 1, day) / 1_000

const FROM = date(2025, 1, 27)
const TO = date(2025, 5, 10)
const YEAR = { interval: 'year', count: 1 } as const

const members = (number: number, one: (index: number) => Omit<Member, 'id'>): Member[] =>
  Array.from({ length: number }, (_, index) => ({ id: `sub_${index}`, ...one(index) }))

/** Everybody is billed in the small hours of the 1st. */
const onTheFirst = (number: number, more: Partial<Member> = {}): Member[] =>
  members(number, (index) => ({
    joined: date(2024, 6, 1),
    first: date(2024, 7, 1) + HOUR + index * 10,
    ...more,
  }))

/** Billed on the day of joining: evenly spread over the month. */
const spread = (number: number, more: Partial<Member> = {}): Member[] =>
  members(number, (index) => ({
    joined: date(2024, 6, 1) + Math.floor((index * 28 * DAY) / number),
    ...more,
  }))

/** Moved to Stripe in the night of 6 February; the paid time goes on until the old day of the month. One in four pays by the year. */
const moved = (number: number): Member[] =>
  members(number, (index) => {
    const joined = date(2025, 2, 6) + 2 * HOUR + index * 3
    const first = joined + DAY + Math.floor((index * 29 * DAY) / number)
    return { joined, first, ...(index % 4 === 0 ? { period: YEAR } : {}) }
  })

const history = (who: readonly Member[], billing: Partial<Billing> = {}): Fact[] =>
  membership(who, { from: FROM, to: TO, ...billing })

/** Purchases besides, and events of other kinds, so that delivery is not what is missing. */
const shop = (perDay: number, to = TO): Fact[] =>
  arrivals(FROM, to, daily(perDay), seeded(7)).map((at) => captured(at, { amount: 2_900 }))
const others = (to = TO): Fact[] => arrivals(FROM, to, () => 4, seeded(99)).map(arrived)

const judge = (facts: readonly Late[], options?: DriveOptions) =>
  driveHistory([webhookLag, revenueDrop], [...facts, ...others()], options).incidents.filter(
    ({ detector }) => detector === 'REVENUE_DROP',
  )

const APRIL_1 = date(2025, 4, 1)
/** Invoices stay drafts for two days, so that the month's usage can still be added. */
const twoDays = () => 49 * HOUR
const inApril = (due: Seconds): boolean => due >= APRIL_1 && due < APRIL_1 + DAY

describe('REVENUE_DROP is quiet', () => {
  const cases: [name: string, facts: () => Late[]][] = [
    ['at a young merchant that bills all on the 1st', () => history(onTheFirst(300))],
    ['at a shop with members that are billed on the 1st', () => [...history(onTheFirst(600)), ...shop(30)]],
    ['when members are billed on the day of joining', () => history(spread(900))],
    ['after thousands of subscriptions were moved in a night', () => [...history(moved(3_000)), ...shop(8)]],
    [
      'at renewals by the year that all come in one month',
      () => [...history(spread(900, { period: YEAR, joined: date(2024, 2, 20) })), ...shop(8)],
    ],
    [
      'when prices rise, and when they fall',
      () =>
        history(spread(900), {
          amount: (at) => (at < date(2025, 3, 20) ? 2_900 : at < date(2025, 4, 5) ? 4_900 : 1_500),
        }),
    ],
    [
      'when most trials of a campaign are cancelled before they end',
      () => [
        ...history(
          members(400, (index) => {
            const joined = date(2025, 3, 10) + index * 200
            const leaves = index % 4 === 0 ? {} : { leaves: joined + 5 * DAY }
            return { joined, first: joined + 14 * DAY, trial: true, ...leaves }
          }),
        ),
        ...shop(8),
      ],
    ],
    [
      'when a club closes and cancels all subscriptions before the 1st',
      () => [...history(onTheFirst(300, { leaves: date(2025, 3, 28) })), ...shop(8)],
    ],
    [
      'while the events of the 1st come a day late',
      () =>
        history(onTheFirst(300)).map((fact) =>
          inApril(fact.at) ? { ...fact, lag: APRIL_1 + 30 * HOUR - fact.at } : fact,
        ),
    ],
    ['when members pay by bank debits', () => history(onTheFirst(300), { debit: 5 * DAY })],
    [
      'when members pay by bank debits that are sent off after midnight',
      () => history(onTheFirst(300, { first: date(2024, 6, 30) + 23 * HOUR }), { debit: 5 * DAY }),
    ],
    ['when members pay by bank debits on the day of joining', () => history(spread(900), { debit: 6 * DAY })],
    [
      'at a launch whose first trials all end without a payment',
      () => {
        const trials = members(20, (index) => ({
          joined: FROM + DAY + index * HOUR,
          first: FROM + 8 * DAY,
          trial: true,
        }))
        return membership(trials, { from: FROM, to: FROM + 12 * DAY, collects: () => false })
      },
    ],
    [
      'where all renewals are collected two days after they are due',
      () => history(onTheFirst(300), { after: twoDays }),
    ],
    [
      'where they are, and members are billed on the day of joining',
      () => history(spread(900), { after: twoDays }),
    ],
    [
      'when one in ten renewals fails',
      () => history(spread(900), { collects: (_, index) => index % 10 !== 0 }),
    ],
  ]
  it.each(cases)('%s', (_, facts) => {
    expect(judge(facts())).toEqual([])
  })
})

describe('REVENUE_DROP fires', () => {
  it('when no renewal comes on the 1st at a merchant that bills all on it, and says what was due', () => {
    const [incident, ...rest] = judge(history(onTheFirst(300), { collects: (due) => !inApril(due) }))
    expect(rest).toEqual([])
    expect(incident).toMatchObject({ severity: 'CRITICAL', startedAt: APRIL_1, impact: { currency: 'usd' } })
    expect(incident?.detectedAt).toBeLessThanOrEqual(APRIL_1 + 31 * HOUR)
    expect(incident?.message).toMatch(
      /^Renewals are about 100% below usual: of 300 renewals due in the 24 hours from Tue 1 Apr/,
    )
    expect(incident?.evidence[0]).toMatchObject({
      name: 'share of usual renewals',
      observed: 0,
      threshold: 0.7,
    })
    expect(incident?.endedAt).toBeLessThanOrEqual(APRIL_1 + 9 * DAY)
    expect(incident?.message).toContain('Nothing else has fallen due since')
  })

  it('where they come two days after they are due, once those are over', () => {
    const [incident, ...rest] = judge(
      history(onTheFirst(300), { after: twoDays, collects: (due) => !inApril(due) }),
    )
    expect(rest).toEqual([])
    expect(incident).toMatchObject({ severity: 'CRITICAL', startedAt: APRIL_1 })
    expect(incident?.detectedAt).toBeLessThanOrEqual(APRIL_1 + 55 * HOUR)
  })

  it('once the renewals that always came at once have been two days late, and are quiet once that is usual', () => {
    const changed = date(2025, 3, 15)
    const after = (due: Seconds) => (due < changed ? HOUR : 49 * HOUR)
    const incidents = judge(history(spread(900), { after }))
    expect(incidents.map(({ startedAt }) => startedAt)).toEqual([changed])
  })

  it('when a run on the 1st fails half', () => {
    const incidents = judge([
      ...history(onTheFirst(400), { collects: (due, index) => !inApril(due) || index % 2 === 0 }),
      ...shop(20),
    ])
    expect(incidents.map(({ severity }) => severity)).toEqual(['HIGH'])
  })

  it('when none comes for a day where they are spread over the month', () => {
    const facts = history(spread(1_200), { collects: (due) => !inApril(due) })
    const [incident, ...rest] = judge(facts)
    expect(rest).toEqual([])
    expect(incident?.detectedAt).toBeLessThanOrEqual(APRIL_1 + 31 * HOUR)
    expect(incident?.endedAt).toBe(APRIL_1 + DAY)
  })

  it('when the first renewals after a move do not come', () => {
    const stops = date(2025, 2, 20)
    const facts = history(moved(3_000), { collects: (due) => due < stops || due > stops + DAY })
    expect(judge([...facts, ...shop(8)])).toHaveLength(1)
  })

  it('when a year after a sale nobody is billed', () => {
    const who = members(300, (index) => ({ joined: FROM + DAY + index * 60, period: YEAR }))
    const to = date(2026, 2, 10)
    const facts = membership(who, { from: FROM, to, collects: () => false })
    const [incident] = judge([...facts, captured(FROM + HOUR), ...others(to)])
    expect(incident?.startedAt).toBe(date(2026, 1, 28))
  })

  it('and ends once the renewals have been paid after all', () => {
    const collected = APRIL_1 + 3 * DAY
    const facts = history(onTheFirst(300), { after: (due) => (inApril(due) ? collected - due : HOUR) })
    const [incident, ...rest] = judge(facts)
    expect(rest).toEqual([])
    expect(incident?.endedAt).toBeGreaterThanOrEqual(collected)
    expect(incident?.endedAt).toBeLessThanOrEqual(collected + 2 * HOUR)
  })

  it('at purchases that stop, though renewals go on', () => {
    const facts = [
      ...history(spread(1_500)),
      ...shop(60).filter(({ at }) => at < APRIL_1 || at > APRIL_1 + 2 * DAY),
    ]
    const [incident, ...rest] = judge(facts)
    expect(rest).toEqual([])
    expect(incident?.title).toMatch(/^Revenue about/)
  })
})

describe('what REVENUE_DROP knows of renewals', () => {
  const facts = [...history(onTheFirst(300), { collects: (due) => !inApril(due) }), ...shop(20)]

  it('does not depend on the order of facts', () => {
    const random = seeded(5)
    const late = facts.map((fact) => ({ ...fact, lag: Math.floor(random() * 4 * 60) }))
    const seen = ({ startedAt, severity }: { startedAt: Seconds; severity: string }) => ({
      startedAt,
      severity,
    })
    expect(judge(late).map(seen)).toEqual(judge(facts).map(seen))
  })

  it('stays small when renewals fall due on every day of a year', () => {
    const who = members(4_000, (index) => ({
      joined: FROM + index * 120,
      first: FROM + DAY + (index % 366) * DAY,
      period: YEAR,
    }))
    expect(driveHistory([revenueDrop], [captured(FROM), ...history(who)]).size('')).toBeLessThan(16_000)
  })
})
