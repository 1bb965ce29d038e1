import type { Seconds } from '../time.ts'

/** What the simulated Stripe account remembers of its objects; `bodies/` turn them into what Stripe sends. */
export interface Card {
  /** pm_… */
  id: string
  fingerprint: string
  brand: 'visa' | 'mastercard' | 'amex'
  last4: string
  country: string
  funding: 'credit' | 'debit' | 'prepaid'
  expMonth: number
  expYear: number
}

export interface Customer {
  id: string
  name: string
  email: string
  country: string
  currency: string
  card: Card
  created: Seconds
  /** Stripe's sign: below zero the customer has credit. */
  balance: number
  /** When they last bought something at the checkout. */
  lastBought: Seconds
}

/** How a payment is made; debits are answered by the bank days later. */
export type PaymentMethod = 'card' | 'card_present' | 'sepa_debit' | 'us_bank_account' | 'bacs_debit'

/** Why a payment failed, in Stripe's words. */
export interface Decline {
  code: string
  /** The issuer's or Radar's reason. */
  reason: string
  outcome: 'issuer_declined' | 'blocked' | 'invalid'
  risk: 'normal' | 'elevated' | 'highest'
}

export interface Payment {
  charge: string
  intent: string
  amount: number
  currency: string
  customer: Customer | undefined
  card: Card
  /** When the checkout opened the intent, and when this charge was tried. */
  begun: Seconds
  created: Seconds
  description: string | null
  metadata: Record<string, string>
  invoice: string | undefined
  status: 'succeeded' | 'failed' | 'pending'
  method: PaymentMethod
  decline: Decline | undefined
  captured: boolean
  amountCaptured: number
  amountRefunded: number
  disputed: boolean
  refunds: Refund[]
}

export interface Refund {
  id: string
  amount: number
  status: 'succeeded' | 'failed'
  reason: string | null
  created: Seconds
}

export interface Price {
  id: string
  product: string
  nickname: string
  amount: number
  currency: string
  interval: 'day' | 'week' | 'month' | 'year'
  count: number
}

export interface Subscription {
  id: string
  item: string
  customer: Customer
  price: Price
  quantity: number
  status: 'trialing' | 'active' | 'past_due' | 'canceled' | 'unpaid' | 'incomplete'
  created: Seconds
  start: Seconds
  end: Seconds
  anchor: Seconds
  trialEnd: Seconds | undefined
  sendInvoice: boolean
  daysUntilDue: number | undefined
  cancelAtEnd: boolean
  canceledAt: Seconds | undefined
  paused: boolean
  /** Percent off for ever; 100 makes every invoice zero. */
  percentOff: number
  /** sub_sched_… that changes the plan at a time agreed before. */
  schedule: string | undefined
  latestInvoice: string | undefined
  /** Renewals whose collection has failed and goes on: it is past due until the last of them is paid. */
  owing: number
  /** Prorations that wait for the next renewal's invoice. */
  pending: InvoiceLine[]
  /** Days after which its invoices, where they are sent, are paid. */
  paysWithin: readonly [least: number, most: number]
}

export interface InvoiceLine {
  description: string
  amount: number
  quantity: number
  price: Price | undefined
  proration: boolean
  start: Seconds
  end: Seconds
}

export interface Invoice {
  id: string
  number: string
  customer: Customer
  subscription: Subscription | undefined
  reason: 'subscription_create' | 'subscription_cycle' | 'subscription_update' | 'manual'
  currency: string
  created: Seconds
  finalizedAt: Seconds | undefined
  paidAt: Seconds | undefined
  voidedAt: Seconds | undefined
  status: 'draft' | 'open' | 'paid' | 'void' | 'uncollectible'
  lines: InvoiceLine[]
  subtotal: number
  discount: number
  total: number
  startingBalance: number
  amountDue: number
  amountPaid: number
  attempts: number
  nextAttempt: Seconds | undefined
  dueDate: Seconds | undefined
  sendInvoice: boolean
  outOfBand: boolean
  charge: string | undefined
  intent: string | undefined
}
