import { DAY, HOUR } from '../../../time.ts'
import type { Incident, Strength } from '../../incidents/incident.ts'
import type { Trade } from '../business.ts'

/** What is left of business, and how many payments the same time would have brought on other days. */
const COURSE: Readonly<Record<Strength, { volume: number; payments: number }>> = {
  gross: { volume: 0.03, payments: 150 },
  clear: { volume: 0.28, payments: 260 },
  subtle: { volume: 0.45, payments: 900 },
}

const LONGEST = 3 * DAY

/** The shop's page is broken: people come and few get as far as paying. */
export const drop = ({ rhythm }: Trade): Incident => ({
  name: 'broken-checkout',
  detector: 'REVENUE_DROP',
  about: 'far less is paid than usual, although nothing fails',
  rate: true,
  daysBefore: 28,
  daysAfter: 4,
  fits: ({ paymentsADay }, strength) => paymentsADay >= { gross: 60, clear: 130, subtle: 350 }[strength],
  stage({ world, strength, at, label }) {
    const { volume, payments } = COURSE[strength]
    const lasting = rhythm.lasting(at, (payments / world.profile.paymentsADay) * 24, LONGEST)
    if (lasting === undefined) return
    const to = at + Math.max(10 * HOUR, lasting)
    // Of some hundred payments so little would be left that nothing told it from a silence of delivery.
    const cheap = strength === 'gross' && world.profile.paymentsADay < 1_000
    world.weather.add({ from: at, to, ...(cheap ? { prices: 0.1 } : { volume }) })
    label({ from: at, to, alsoAllowed: strength === 'subtle' || cheap ? [] : ['WEBHOOK_LAG'] })
  },
})
