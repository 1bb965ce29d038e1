import type { Seconds } from '../time.ts'

/**
 * What events say about billing, the same for every API version since 2020. Detectors and metrics see nothing
 * else. Each object is reported once: however many events, ids and orders show a charge that succeeded, one fact
 * comes out. A field that is missing, null or of the wrong type is left out; a fact without its own object's id
 * is not made. Amounts are integer minor units, currencies in lower case, times unix seconds.
 */
interface Common {
  /** The event's `created`. */
  at: Seconds
  eventId: string
  customer?: string
}

interface Money {
  amount: number
  currency: string
}

/** What is known of how a payment was made; shared by all facts about a charge. */
export interface PaymentDetails {
  intent?: string
  invoice?: string
  /** Fingerprint: the same card at every customer. */
  card?: string
  /** ISO 3166 country of the card, upper case. */
  cardCountry?: string
  funding?: string
  /** `card`, `sepa_debit`… */
  method?: string
  /** When the charge or intent was made, where its outcome came later than an hour after: bank debits and vouchers take days. */
  begun?: Seconds
  /** Stripe's `outcome.risk_level`. */
  risk?: string
  /** Descriptions are only compared, and may name people: so it is a mark of it (mark.ts). */
  descriptionMark?: string
  /** The merchant's own order number, from the first such name in the metadata (readers/order.ts). */
  order?: string
  /** Marks `name:value` of what identifies the purchase in the metadata, at most 8. */
  references?: readonly string[]
  /** Made by a subscription's invoice rather than by a person at a checkout. */
  recurring: boolean
  /** Customer, else card: who pays. */
  payer?: string
}

/** A bank debit was sent off; whether it is paid shows days later. */
export interface ChargePending extends Common, Money, PaymentDetails {
  kind: 'chargePending'
  charge: string
}

/** A payment went through; with manual capture an authorisation did (`captured` 0). */
export interface ChargeSucceeded extends Common, Money, PaymentDetails {
  kind: 'chargeSucceeded'
  charge: string
  captured: number
}

/** Money was collected: with the charge, or later by capture. `amount` is what this fact adds. */
export interface ChargeCaptured extends Common, Money, PaymentDetails {
  kind: 'chargeCaptured'
  charge: string
}

export interface Decline {
  /** `failure_code`, e.g. card_declined, incorrect_cvc. */
  code?: string
  /** The issuer's or Radar's reason, e.g. insufficient_funds, highest_risk_level. */
  reason?: string
  /** The network's advice, e.g. do_not_try_again; since 2025. */
  adviceCode?: string
  /** Stopped by Radar: no gateway trouble. */
  blocked: boolean
  /** A mistake of the integration: no gateway trouble either. */
  invalid: boolean
}

/** A charge failed. `reversed`: what had been collected before (a bank debit returned later). */
export interface ChargeFailed extends Common, Money, PaymentDetails, Decline {
  kind: 'chargeFailed'
  charge: string
  reversed: number
}

/** A payment or set-up that failed without a charge: 3-D Secure refused, no payment method, a card that was only saved. */
export interface PaymentRefused extends Common, PaymentDetails, Decline {
  kind: 'paymentRefused'
  /** pi_… or seti_… */
  id: string
  setup: boolean
  amount?: number
  currency?: string
}

/** Money given back grew by `amount`; negative when a refund failed or was cancelled. Released authorisations are none. */
export interface Refunded extends Common, Money {
  kind: 'refunded'
  charge: string
  refund?: string
  reason?: string
  chargeAmount?: number
  /** The card of the charge, where no customer is known. */
  payer?: string
}

/** A dispute was opened. Inquiries, which move no money, are reported apart, and again when they become a dispute. */
export interface DisputeOpened extends Common, Money {
  kind: 'disputeOpened'
  dispute: string
  charge?: string
  reason?: string
  inquiry: boolean
}

export interface DisputeClosed extends Common {
  kind: 'disputeClosed'
  dispute: string
  charge?: string
  won: boolean
  lost: boolean
}

/** The card network warned of fraud before any dispute. Amount and currency where the charge was seen. */
export interface FraudWarning extends Common {
  kind: 'fraudWarning'
  warning: string
  charge: string
  fraudType?: string
  amount?: number
  currency?: string
}

export interface InvoiceDetails {
  invoice: string
  currency: string
  total: number
  /** The invoice's own `created`. */
  created?: Seconds
  amountDue?: number
  amountPaid?: number
  amountRemaining?: number
  subscription?: string
  /** `billing_reason`: subscription_cycle, subscription_create, subscription_update, manual… */
  reason?: string
  /** Every line is a proration. */
  prorated: boolean
  /** Sum of the lines that are prorations, with their share of tax and discounts; absent where there are none, or more lines than the event shows. */
  prorations?: number
  /** Service period of the first regular (not prorated) line. */
  start?: Seconds
  end?: Seconds
  /** Charges and payment intents known to pay it. */
  payments: readonly string[]
  sendInvoice: boolean
  dueDate?: Seconds
}

/** First sight of an invoice, from whichever of its events came first; `created` says when it began. */
export interface InvoiceCreated extends Common, InvoiceDetails {
  kind: 'invoiceCreated'
}

/** The invoice is no draft any more; first sight also from paid or later events. */
export interface InvoiceFinalized extends Common, InvoiceDetails {
  kind: 'invoiceFinalized'
}

export interface InvoicePaid extends Common, InvoiceDetails {
  kind: 'invoicePaid'
  outOfBand: boolean
}

/** A try to collect failed. Reported once for each attempt. */
export interface InvoiceFailed extends Common, InvoiceDetails {
  kind: 'invoiceFailed'
  attempt?: number
  /** Absent: it was the last one. */
  nextAttempt?: Seconds
}

/** Voided or given up as uncollectible: nobody waits for it any more. */
export interface InvoiceDropped extends Common, InvoiceDetails {
  kind: 'invoiceDropped'
  uncollectible: boolean
}

export interface Credited extends Common, Money {
  kind: 'credited'
  creditNote: string
  invoice?: string
}

export interface SubscriptionDetails {
  subscription: string
  status: string
  currency?: string
  /** Current period; the earliest end over its items. */
  start?: Seconds
  end?: Seconds
  /** `billing_cycle_anchor`. */
  anchor?: Seconds
  interval?: 'day' | 'week' | 'month' | 'year'
  count?: number
  /** Price of one period in minor units, before discounts and tax; absent if any price is unknown (tiered, metered). */
  price?: number
  /** The same brought to a month (day 365/12, week 365/84, month 1/n, year 1/12n); not an integer. */
  monthly?: number
  /** Σ quantity over licensed items. */
  seats?: number
  /** `pause_collection`; the status stays active. */
  paused: boolean
  /** When the pause ends by itself. */
  pausedUntil?: Seconds
  /** Ends instead of renewing: cancel_at_period_end, or cancel_at. */
  cancelAtEnd: boolean
  cancelAt?: Seconds
  sendInvoice: boolean
  daysUntilDue?: number
  trialEnd?: Seconds
  created?: Seconds
}

export interface SubscriptionChanged extends Common, SubscriptionDetails {
  kind: 'subscriptionChanged'
  /**
   * Came after a newer snapshot of the subscription: what it says changed did change at `at`, but its status, period
   * and price are of then. It must not overwrite what is known.
   */
  late?: true
  /** customer.subscription.created. */
  isNew: boolean
  /** Only when price or seats changed. */
  before?: { monthly?: number; seats?: number; price?: number }
  previousStatus?: string
  previousEnd?: Seconds
  /** `previous_attributes` moves the period end. */
  rolled: boolean
  /** billing_cycle_anchor or trial_end changed. */
  reanchored: boolean
  /** A subscription schedule did it, not a person (there is a schedule, and no request id). */
  scheduled: boolean
}

export interface SubscriptionEnded extends Common, SubscriptionDetails {
  kind: 'subscriptionEnded'
}

/** Every delivery of an event of any type, known or not; `lag` is delivery minus `created`, at least 0. `at` is the event's. */
export interface Delivered extends Common {
  kind: 'delivered'
  type: string
  lag: Seconds
  /** No webhook brought it: it was found at Stripe's API, `lag` after it was made. */
  found?: true
}

export type Fact =
  | ChargePending
  | ChargeSucceeded
  | ChargeCaptured
  | ChargeFailed
  | PaymentRefused
  | Refunded
  | DisputeOpened
  | DisputeClosed
  | FraudWarning
  | InvoiceCreated
  | InvoiceFinalized
  | InvoicePaid
  | InvoiceFailed
  | InvoiceDropped
  | Credited
  | SubscriptionChanged
  | SubscriptionEnded
  | Delivered

export type FactKind = Fact['kind']
export type FactOf<Kind extends FactKind> = Extract<Fact, { kind: Kind }>
