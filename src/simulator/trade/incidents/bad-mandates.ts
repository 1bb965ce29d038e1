import { DAY, HOUR } from '../../../time.ts'
import type { Incident } from '../../incidents/incident.ts'
import type { Trade } from '../business.ts'
import type { DebitRuns } from '../habits/debit-runs.ts'

/** A run of debits is sent under mandates that the banks do not know: most of it is refused. */
export const badMandates = ({ clock, end }: Trade, { monthDays, refused, paid }: DebitRuns): Incident => ({
  name: 'bad-mandates',
  detector: 'CHARGE_FAILURE_SPIKE',
  about: 'most debits of a run are refused',
  rate: true,
  // Two runs before it show what is usual.
  daysBefore: 62,
  daysAfter: 1,
  fits: () => true,
  stage({ world, strength, at, label }) {
    let day = clock.day(at)
    while (!monthDays.includes(clock.date(clock.moment(day, 12)).day)) day++
    const sent = clock.moment(day)
    const to = sent + (paid[1] + 1.5) * DAY
    if (to > end) return
    const declineRate = { gross: 0.85, clear: 0.55, subtle: 0.35 }[strength]
    world.weather.add({ from: sent, to: sent + 10 * HOUR, declineRate })
    label({ from: sent + refused[0] * DAY, to, alsoAllowed: ['REVENUE_DROP'] })
  },
})
