import type { DETECTOR_NAMES } from '../../detection/detector.ts'
import { builder } from '../builder.ts'

export const DetectorNameEnum = builder.enumType('DetectorName', {
  description: 'The detectors. Values will be added: keep a default case.',
  values: {
    CHARGE_FAILURE_SPIKE: { description: 'More payments fail than usual.' },
    DUPLICATE_CHARGE: { description: 'A customer paid the same amount again within minutes.' },
    FRAUD_SPIKE: { description: 'More disputes and fraud warnings than usual.' },
    NEGATIVE_INVOICE: { description: 'An invoice has a negative total.' },
    REVENUE_DROP: { description: 'Less revenue than usual at this time.' },
    SILENT_LAPSE: { description: 'A subscription was not renewed, and nothing says why.' },
    WEBHOOK_LAG: { description: "Stripe's events arrive late, or not at all." },
    CURRENCY_MISMATCH: { description: 'A customer was charged in a currency that is not theirs.' },
    TIMEZONE_BILLING_ERROR: { description: 'A subscription was billed twice or at the wrong hour.' },
    PLAN_DOWNGRADE: { description: 'More or larger subscriptions were downgraded than usual.' },
    CARD_TESTING: { description: 'Somebody tries out many different cards.' },
    REFUND_SPIKE: { description: 'More refunds than usual.' },
  } satisfies Record<(typeof DETECTOR_NAMES)[number], { description: string }>,
})
