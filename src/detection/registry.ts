import type { AnyDetector } from './detector.ts'
import { cardTesting } from './detectors/card-testing.ts'
import { chargeFailureSpike } from './detectors/charge-failure-spike.ts'
import { currencyMismatch } from './detectors/currency-mismatch.ts'
import { duplicateCharge } from './detectors/duplicate-charge/detector.ts'
import { fraudSpike } from './detectors/fraud-spike.ts'
import { negativeInvoice } from './detectors/negative-invoice.ts'
import { planDowngrade } from './detectors/plan-downgrade.ts'
import { refundSpike } from './detectors/refund-spike.ts'
import { revenueDrop } from './detectors/revenue-drop.ts'
import { silentLapse } from './detectors/silent-lapse.ts'
import { timezoneBillingError } from './detectors/timezone-billing-error.ts'
import { webhookLag } from './detectors/webhook-lag.ts'

/** Every detector there is, in the order they are judged and shown. A new one is added here, and nowhere else. */
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
