import { cardTesting } from './card-testing.ts'
import { chargeFailureSpike } from './charge-failure-spike.ts'
import { currencyMismatch } from './currency-mismatch.ts'
import { duplicateCharge } from './duplicate-charge.ts'
import { fraudSpike } from './fraud-spike.ts'
import type { Incident } from './incident.ts'
import { negativeInvoice } from './negative-invoice.ts'
import { planDowngrade } from './plan-downgrade.ts'
import { refundSpike } from './refund-spike.ts'
import { revenueDrop } from './revenue-drop.ts'
import { silentLapse } from './silent-lapse.ts'
import { timezoneBillingError } from './timezone-billing-error.ts'
import { webhookLag } from './webhook-lag.ts'

/** Everything that can go wrong here. */
export const INCIDENTS: readonly Incident[] = [
  chargeFailureSpike,
  duplicateCharge,
  fraudSpike,
  negativeInvoice,
  revenueDrop,
  silentLapse,
  webhookLag,
  currencyMismatch,
  timezoneBillingError,
  planDowngrade,
  cardTesting,
  refundSpike,
]

export const INCIDENT_NAMES: readonly string[] = INCIDENTS.map(({ name }) => name)

/** What can be shown on a running server within seconds. */
export const LIVE_INCIDENT_NAMES: readonly string[] = INCIDENTS.filter(({ live }) => live).map(
  ({ name }) => name,
)

/** @throws RangeError that lists the names there are */
export function incidentNamed(name: string): Incident {
  const incident = INCIDENTS.find((candidate) => candidate.name === name)
  if (!incident) throw new RangeError(`no incident "${name}"; there are: ${INCIDENT_NAMES.join(', ')}`)
  return incident
}
