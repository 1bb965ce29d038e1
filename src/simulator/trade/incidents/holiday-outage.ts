import { DAY, HOUR, MINUTE, type Seconds } from '../../../time.ts'
import type { Incident } from '../../incidents/incident.ts'
import type { Trade } from '../business.ts'

/** Holidays before it on which the shop was seen to sell as on any day. */
const SEEN = 2

function holidays({ clock, rhythm, start, end }: Trade): Seconds[] {
  const moments: Seconds[] = []
  for (let day = clock.day(start) + 1; day < clock.day(end) - 2; day++) {
    const noon = clock.moment(day, 12)
    if (rhythm.isHoliday(noon)) moments.push(noon)
  }
  return moments
}

/** The endpoint does not answer on a public holiday, in a shop that sells on every day. */
export const holidayOutage = (trade: Trade): Incident => ({
  name: 'holiday-outage',
  detector: 'WEBHOOK_LAG',
  about: 'the endpoint does not answer on a public holiday',
  rate: false,
  daysBefore: 15,
  daysAfter: 2,
  fits: ({ paymentsADay }, strength) => strength !== 'subtle' && paymentsADay >= 60,
  stage({ world, courier, strength, label }) {
    const late = holidays(trade).slice(SEEN)
    if (late.length === 0) return
    const from = world.random.pick(late) - 2 * HOUR
    const missing = strength === 'gross' ? 90 : 45
    const lasting = trade.rhythm.lasting(from, (missing / world.profile.paymentsADay) * 24, DAY)
    if (lasting === undefined) return
    const to = from + Math.max(3 * HOUR, lasting)
    courier.add({
      from,
      to,
      share: 1,
      late: (luck, created) => to - created + luck.between(0, 80) * MINUTE,
    })
    label({ from, to: to + 80 * MINUTE })
  },
})
