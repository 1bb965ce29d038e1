/** The detectors that this page can filter by; what the API adds later is shown under its own name. */
export const DETECTORS = [
  'CARD_TESTING',
  'CHARGE_FAILURE_SPIKE',
  'CURRENCY_MISMATCH',
  'DUPLICATE_CHARGE',
  'FRAUD_SPIKE',
  'NEGATIVE_INVOICE',
  'PLAN_DOWNGRADE',
  'REFUND_SPIKE',
  'REVENUE_DROP',
  'SILENT_LAPSE',
  'TIMEZONE_BILLING_ERROR',
  'WEBHOOK_LAG',
] as const
