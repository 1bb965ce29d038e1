/** Where an API version keeps what moved between 2020 and today; everything else is the same in all of them. */
export interface Shape {
  version: string
  /** Charges are listed on their payment intent, refunds on their charge. */
  embedded: boolean
  /** `refund.created` is sent for refunds of charges, too. */
  refundEvents: boolean
  /** Invoices have a `parent`, lines a `pricing`; charges and intents do not name their invoice; periods live on subscription items. */
  basil: boolean
  /** `invoice_payment.paid` is sent. */
  invoicePayments: boolean
  /** A discount names its coupon under `source`. */
  discountSource: boolean
}

/** What tenants of the simulated world are pinned to; the last is newer than most code that reads it. */
export const API_VERSIONS = [
  '2020-08-27',
  '2022-11-15',
  '2023-10-16',
  '2024-10-28.acacia',
  '2025-03-31.basil',
  '2025-09-30.clover',
  '2026-09-30.endive',
] as const
export type ApiVersion = (typeof API_VERSIONS)[number]

/** Versions begin with their date, so they compare as text. */
export const shapeOf = (version: string): Shape => ({
  version,
  embedded: version < '2022-11-15',
  refundEvents: version >= '2024-10-28',
  basil: version >= '2025-03-31',
  invoicePayments: version >= '2025-05-28',
  discountSource: version >= '2025-09-30',
})
