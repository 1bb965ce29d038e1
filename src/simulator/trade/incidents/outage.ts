import { HOUR, MINUTE } from '../../../time.ts'
import type { Incident, Strength } from '../../incidents/incident.ts'
import type { Trade } from '../business.ts'

/** Payments that must be missing before anybody can tell a silence from a quiet hour. */
const MISSING: Readonly<Record<Strength, number>> = { gross: 90, clear: 45, subtle: 60 }

/** Payments of the day that half the events must have been late of. */
const LONGEST = 20 * HOUR

/**
 * The tenant's own endpoint is down: nothing comes, and afterwards Stripe's retries bring the backlog within an
 * hour or two, in no order. Subtle: it is only slow, and half of the events come late.
 */
export const outage = ({ rhythm }: Trade): Incident => ({
  name: 'endpoint-outage',
  detector: 'WEBHOOK_LAG',
  about: "the tenant's own endpoint does not answer, and the backlog comes in disorder",
  rate: true,
  daysBefore: 15,
  daysAfter: 2,
  fits: ({ paymentsADay }, strength) => paymentsADay >= { gross: 25, clear: 40, subtle: 150 }[strength],
  stage({ world, courier, strength, at, label }) {
    const hours = (MISSING[strength] / world.profile.paymentsADay) * 24
    const lasting = rhythm.lasting(at, hours, LONGEST)
    if (lasting === undefined) return
    const to = at + Math.max(3 * HOUR, lasting)
    const half = strength === 'subtle'
    courier.add({
      from: at,
      to,
      share: half ? 0.5 : 1,
      late: half
        ? (luck) => luck.between(20, 50) * MINUTE
        : (luck, created) => to - created + luck.between(0, 80) * MINUTE,
    })
    label({ from: at, to: to + 80 * MINUTE })
  },
})
