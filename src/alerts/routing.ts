import { z } from 'zod'
import { DETECTOR_NAMES, SEVERITIES, type Severity } from '../detection/detector.ts'
import type { Anomaly } from '../generated/sqlite/client.ts'
import { currency } from '../tenancy/input.ts'
import { ANOMALY_REASONS } from './message.ts'

/** What of a tenant's anomalies goes to a channel, as the channel's column keeps it. */
export const routing = z.object({
  minSeverity: z.enum(SEVERITIES, `minSeverity must be one of ${SEVERITIES.join(', ')}`),
  /** None: all. */
  detectors: z.array(z.enum(DETECTOR_NAMES, 'detectors must be names of detectors')).nullable(),
  /** Null: all accounts. */
  account: z
    .string()
    .regex(/^acct_\w{1,100}$/, 'account must be the id of a Stripe account, acct_…')
    .nullable(),
  testMode: z.boolean(),
  /** By currency; an anomaly without an amount, or in another currency, passes. */
  minImpact: z
    .array(
      z.object({
        amount: z.int('amount must be a whole number of minor units').min(0, 'amount must be at least 0'),
        currency,
      }),
    )
    .max(50, 'minImpact must have at most 50 currencies')
    .refine(
      (all) => new Set(all.map((one) => one.currency)).size === all.length,
      'minImpact must name each currency once',
    ),
  reasons: z
    .array(z.enum(ANOMALY_REASONS, `reasons must be of ${ANOMALY_REASONS.join(', ')}`))
    .min(1, 'reasons must name at least one'),
})
export type Routing = z.infer<typeof routing>

export const defaultRouting = (minSeverity: Severity): Routing => ({
  minSeverity,
  detectors: null,
  account: null,
  testMode: false,
  minImpact: [],
  reasons: ['RAISED', 'ESCALATED', 'ENDED'],
})

export const readRouting = (json: string): Routing => routing.parse(JSON.parse(json))

/** Why an anomaly does not go to a channel; undefined: it does. */
export function objectionTo(anomaly: Anomaly, routing: Routing): string | undefined {
  const { severity, detector, account, livemode, impactAmount, impactCurrency, status } = anomaly
  if (status === 'FALSE_POSITIVE') return 'it was marked as a false positive'
  if (severity < SEVERITIES.indexOf(routing.minSeverity)) return `below ${routing.minSeverity}`
  if (routing.detectors !== null && !routing.detectors.some((name) => name === detector))
    return `${detector} is not among the detectors of this channel`
  if (routing.account !== null && routing.account !== account) return 'of another Stripe account'
  if (!routing.testMode && !livemode) return 'of test mode'
  const least = routing.minImpact.find(({ currency }) => currency === impactCurrency?.toLowerCase())
  if (least !== undefined && impactAmount !== null && impactAmount < BigInt(least.amount))
    return 'less money at risk than this channel asks for'
  return undefined
}
