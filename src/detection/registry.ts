import type { AnyDetector } from './detector.ts'
import { duplicateCharge } from './detectors/duplicate-charge.ts'
import { negativeInvoice } from './detectors/negative-invoice.ts'

/** Every detector there is, in the order they are judged and shown. A new one is added here, and nowhere else. */
export const DETECTORS: readonly AnyDetector[] = [duplicateCharge, negativeInvoice]
