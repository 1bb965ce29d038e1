import type { AnyDetector, Unit } from './detector.ts'
import { cardTesting } from './detectors/card-testing/detector.ts'
import { chargeFailureSpike } from './detectors/charge-failure-spike/detector.ts'
import { currencyMismatch } from './detectors/currency-mismatch.ts'
import { duplicateCharge } from './detectors/duplicate-charge/detector.ts'
import { fraudSpike } from './detectors/fraud-spike/detector.ts'
import { negativeInvoice } from './detectors/negative-invoice/detector.ts'
import { planDowngrade } from './detectors/plan-downgrade/detector.ts'
import { refundSpike } from './detectors/refund-spike/detector.ts'
import { revenueDrop } from './detectors/revenue-drop/detector.ts'
import { silentLapse } from './detectors/silent-lapse/detector.ts'
import { timezoneBillingError } from './detectors/timezone-billing-error.ts'
import { webhookLag } from './detectors/webhook-lag/detector.ts'

/** Every detector there is, in the order they are judged and shown. What else a new one needs is in the README at the root. */
export const DETECTORS: readonly AnyDetector[] = [
  webhookLag,
  chargeFailureSpike,
  cardTesting,
  fraudSpike,
  refundSpike,
  revenueDrop,
  silentLapse,
  duplicateCharge,
  negativeInvoice,
  currencyMismatch,
  timezoneBillingError,
  planDowngrade,
]

/** What the numbers of an anomaly's series are in; null where it has none. */
export const seriesUnitOf = (
  detector: string,
  series: readonly unknown[],
  detectors: readonly AnyDetector[] = DETECTORS,
): Unit | null =>
  series.length === 0 ? null : (detectors.find(({ name }) => name === detector)?.seriesUnit ?? 'COUNT')
