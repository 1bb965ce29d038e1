import { describe, expect, it } from 'vitest'
import { calendarOf } from '../../src/calendar/calendar.ts'
import { revenueDrop } from '../../src/detection/detectors/revenue-drop/detector.ts'
import { webhookLag } from '../../src/detection/detectors/webhook-lag/detector.ts'
import { kindOf } from '../../src/detection/kit/holidays.ts'
import { DAY, HOUR, type Seconds } from '../../src/time.ts'
import { driveHistory, type Late } from '../support/drive.ts'
import { captured } from '../support/facts.ts'
import { arrivals, seeded } from '../support/times.ts'

const date = (text: string): Seconds => Date.parse(`${text}T00:00:00Z`) / 1_000
const [START, END] = [date('2024-10-21'), date('2025-06-02')]

interface Shop {
  perDay: number
  timezone: string
  country: string
  opens: number
  closes: number
  /** Share of an ordinary day on holidays, or on each by its name, and on the days beside them. */
  holiday: number | ((name: string) => number)
  bridge?: number
  until?: Seconds
}

const calendarIn = ({ timezone, country }: Pick<Shop, 'timezone' | 'country'>) =>
  calendarOf({ timezone, country }, START, END)

async function shop(of: Shop): Promise<Late[]> {
  const calendar = await calendarIn(of)
  const random = seeded(3)
  const onHoliday = (at: Seconds): number =>
    typeof of.holiday === 'number' ? of.holiday : of.holiday(calendar.holiday(at)?.name ?? '')
  const rate = (at: Seconds): number => {
    const hour = calendar.hourOfDay(at)
    if (hour < of.opens || hour >= of.closes) return 0
    const kind = kindOf(calendar, calendar.localDay(at))
    const share = kind === undefined ? 1 : kind === 'holiday' ? onHoliday(at) : (of.bridge ?? 1)
    return (share * of.perDay) / (of.closes - of.opens)
  }
  return arrivals(START, of.until ?? END, rate, random).map((at) =>
    captured(at, { amount: Math.round(1_000 * Math.exp(2 * random())) }),
  )
}

const judge = async (facts: readonly Late[], of: Shop) =>
  driveHistory([webhookLag, revenueDrop], facts, { calendar: await calendarIn(of) }).incidents

const GIFTS = { perDay: 150, timezone: 'Europe/London', country: 'GB', opens: 9, closes: 18 } as const

describe('a shop that is closed on holidays is not reported for it', () => {
  const shops: [name: string, shop: Shop][] = [
    ['gifts in London', { ...GIFTS, holiday: 0 }],
    ['gifts in London, long weekends too', { ...GIFTS, holiday: 0, bridge: 0 }],
    [
      'a bakery in Berlin',
      { perDay: 400, timezone: 'Europe/Berlin', country: 'DE', opens: 6, closes: 14, holiday: 0 },
    ],
    [
      'hardware in Chicago',
      { perDay: 250, timezone: 'America/Chicago', country: 'US', opens: 8, closes: 20, holiday: 0 },
    ],
    [
      'parts in Sydney',
      { perDay: 120, timezone: 'Australia/Sydney', country: 'AU', opens: 8, closes: 17, holiday: 0 },
    ],
    ['gifts in London at a quarter', { ...GIFTS, holiday: 0.25, bridge: 0.5 }],
  ]
  it.each(shops)('%s', async (_, of) => {
    expect(
      (await judge(await shop(of), of)).map(({ detector, startedAt }) => [
        detector,
        new Date(startedAt * 1_000).toISOString(),
      ]),
    ).toEqual([])
  })
})

describe('a shop that sells on some holidays', () => {
  const some: Shop = {
    perDay: 300,
    timezone: 'Australia/Sydney',
    country: 'AU',
    opens: 9,
    closes: 18,
    holiday: (name) => (/Saturday|Sunday|New Year|Labour|Australia/.test(name) ? 1 : 0),
  }

  it('is closed on another one when it falls silent at closing time', async () => {
    expect(await judge(await shop(some), some)).toEqual([])
  })

  it('has an outage there when it falls silent at another time', async () => {
    const easterMonday = date('2025-04-21')
    const sells: Shop = { ...some, holiday: (name) => (name === 'Good Friday' ? 0 : 1) }
    const facts = (await shop(sells)).filter(
      ({ at }) => at < easterMonday + 2 * HOUR || at >= easterMonday + 3 * DAY,
    )
    const found = (await judge(facts, sells)).filter(({ startedAt }) => startedAt >= easterMonday)
    expect(found.map(({ detector }) => detector)).toEqual(['WEBHOOK_LAG'])
  })
})

describe('an outage on a holiday of a shop that always sells', () => {
  const always: Shop = { ...GIFTS, perDay: 400, opens: 0, closes: 24, holiday: 1 }
  const outage = (facts: readonly Late[], from: Seconds, to: Seconds): Late[] =>
    facts.map((fact) =>
      fact.at < from || fact.at >= to ? fact : { ...fact, lag: to + 60 + (fact.at % 600) - fact.at },
    )

  it('is found from the third holiday on', async () => {
    const easter = date('2025-04-21')
    const facts = outage(
      await shop({ ...always, until: easter + 3 * DAY }),
      easter + 8 * HOUR,
      easter + 20 * HOUR,
    )
    const found = await judge(facts, always)
    expect(found.map(({ detector }) => detector)).toEqual(['WEBHOOK_LAG'])
    expect(found[0]?.detectedAt).toBeLessThan(easter + 20 * HOUR)
  })

  it('is found also where it begins at closing time', async () => {
    const easter = date('2025-04-21')
    const byDay: Shop = { ...GIFTS, perDay: 400, holiday: 1, until: easter + 3 * DAY }
    const facts = outage(await shop(byDay), easter - 7 * HOUR, easter + 16 * HOUR)
    expect((await judge(facts, byDay)).map(({ detector }) => detector)).toEqual(['WEBHOOK_LAG'])
  })

  it('is found on any other day of the shop that closes on holidays', async () => {
    const closes: Shop = { ...GIFTS, perDay: 400, holiday: 0, until: date('2025-04-26') }
    const day = date('2025-04-23')
    const facts = outage(await shop(closes), day + 9 * HOUR, day + 17 * HOUR)
    expect((await judge(facts, closes)).map(({ detector }) => detector)).toEqual(['WEBHOOK_LAG'])
  })
})
