import type { Incident, Strength } from '../simulator/incidents/incident.ts'
import { incidentNamed } from '../simulator/incidents/registry.ts'
import { type Profile, planPrices } from '../simulator/profile.ts'
import { Random } from '../simulator/random.ts'

/** An incident of the demo. */
export interface Act {
  incident: Incident
  /** Staged as in a simulated history, where that takes seconds anyway; undefined: by the incident's live script. */
  staged?: Strength
}

/** A tenant of the demo. */
export interface Business {
  profile: Profile
  /** What it is, for people. */
  about: string
  /** In order, repeatedly. */
  acts: readonly [Act, ...Act[]]
}

const act = (name: string, staged?: Strength): Act => ({
  incident: incidentNamed(name),
  ...(staged === undefined ? {} : { staged }),
})

/** Common to the three: nothing about them is unusual. */
const ORDINARY = {
  offsetHours: 0,
  account: undefined,
  refundsInBatches: false,
  manualCapture: false,
  growth: 0.01,
  disputeRate: 0.0006,
}

/**
 * Three tenants that differ in what they sell, to whom, where, how much, and in the version of Stripe's API they
 * are pinned to.
 */
export function businesses(seed: string): Business[] {
  const pricesOf = (currencies: Profile['currencies'], dollars: number) =>
    planPrices(new Random(`${seed}/prices/${dollars}`), currencies, dollars, false)
  const [euros, dollars, yen] = [[['eur', 1]], [['usd', 1]], [['jpy', 1]]] as const
  return [
    {
      about: 'online shop, Berlin',
      acts: [act('card-testing'), act('refund-spike'), act('fraud-spike'), act('duplicate-charge', 'gross')],
      profile: {
        ...ORDINARY,
        name: 'Kiez Kaffee',
        business: 'shop',
        zone: 'Europe/Berlin',
        apiVersion: '2023-10-16',
        listening: 'everything',
        paymentsADay: 140,
        checkoutShare: 1,
        currencies: euros,
        dollars: 38,
        declineRate: 0.05,
        refundRate: 0.02,
        orders: 'metadata',
        guestShare: 0.4,
        prices: pricesOf(euros, 38),
      },
    },
    {
      about: 'SaaS, New York',
      acts: [
        act('charge-failure-spike'),
        act('timezone-billing-error'),
        act('negative-invoice', 'clear'),
        act('plan-downgrade'),
      ],
      profile: {
        ...ORDINARY,
        name: 'Parley Notes',
        business: 'saas',
        zone: 'America/New_York',
        apiVersion: '2025-09-30.clover',
        listening: 'everything',
        paymentsADay: 60,
        checkoutShare: 0.35,
        currencies: dollars,
        dollars: 29,
        declineRate: 0.07,
        refundRate: 0.01,
        orders: 'description',
        guestShare: 0,
        prices: pricesOf(dollars, 29),
      },
    },
    {
      about: 'B2B, Tokyo',
      acts: [
        act('duplicate-charge', 'gross'),
        act('negative-invoice', 'clear'),
        act('timezone-billing-error'),
      ],
      profile: {
        ...ORDINARY,
        name: 'Hoshi Robotics',
        business: 'b2b',
        zone: 'Asia/Tokyo',
        apiVersion: '2020-08-27',
        listening: 'advised',
        paymentsADay: 12,
        checkoutShare: 0.4,
        currencies: yen,
        dollars: 900,
        declineRate: 0.04,
        refundRate: 0.01,
        orders: 'metadata',
        guestShare: 0,
        prices: pricesOf(yen, 900),
      },
    },
  ]
}
