import type { Seconds } from '../../time.ts'
import type { Customer, Payment } from '../entities.ts'
import { address, type Body, type Frame } from './body.ts'

export function customerBody(frame: Frame, customer: Customer): Body {
  return {
    id: customer.id,
    object: 'customer',
    address: address(customer, customer.country),
    balance: customer.balance,
    created: customer.created,
    currency: customer.currency,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: customer.email,
    invoice_prefix: customer.id.slice(4, 12).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: customer.card.id,
      footer: null,
      rendering_options: null,
    },
    livemode: frame.livemode,
    metadata: {},
    name: customer.name,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  }
}

export interface Dispute {
  id: string
  payment: Payment
  reason: string
  status: string
  created: Seconds
}

export function disputeBody(frame: Frame, dispute: Dispute): Body {
  const { payment } = dispute
  return {
    id: dispute.id,
    object: 'dispute',
    amount: payment.amount,
    balance_transactions: [
      {
        id: `txn_${dispute.id.slice(3)}`,
        object: 'balance_transaction',
        amount: -payment.amount,
        currency: payment.currency,
        fee: 1_500,
        net: -payment.amount - 1_500,
        reporting_category: 'dispute',
        status: 'available',
        type: 'adjustment',
      },
    ],
    charge: payment.charge,
    created: dispute.created,
    currency: payment.currency,
    enhanced_eligibility_types: [],
    evidence: { customer_email_address: payment.customer?.email ?? null, uncategorized_text: null },
    evidence_details: {
      due_by: dispute.created + 9 * 86_400,
      has_evidence: false,
      past_due: false,
      submission_count: 0,
    },
    is_charge_refundable: dispute.status.startsWith('warning'),
    livemode: frame.livemode,
    metadata: {},
    payment_intent: payment.intent,
    payment_method_details: {
      card: { brand: payment.card.brand, case_type: 'chargeback', network_reason_code: '10.4' },
      type: 'card',
    },
    reason: dispute.reason,
    status: dispute.status,
  }
}

export const warningBody = (frame: Frame, id: string, payment: Payment, at: Seconds): Body => ({
  id,
  object: 'radar.early_fraud_warning',
  actionable: payment.amountRefunded === 0 && !payment.disputed,
  charge: payment.charge,
  created: at,
  fraud_type: 'made_with_stolen_card',
  livemode: frame.livemode,
  payment_intent: payment.intent,
})
