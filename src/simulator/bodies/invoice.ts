import type { Invoice, InvoiceLine } from '../entities.ts'
import { type Body, type Frame, list, orNull } from './body.ts'
import { planBody, priceBody } from './subscription.ts'

function lineBody(frame: Frame, invoice: Invoice, line: InvoiceLine, index: number): Body {
  const id = `il_${invoice.id.slice(3, -2)}${String(index).padStart(2, '0')}`
  const { subscription } = invoice
  const item = line.price === undefined || line.proration
  const body: Body = {
    id,
    object: 'line_item',
    amount: line.amount,
    currency: invoice.currency,
    description: line.description,
    discount_amounts: [],
    discountable: !line.proration,
    discounts: [],
    invoice: invoice.id,
    livemode: frame.livemode,
    metadata: {},
    period: { start: line.start, end: line.end },
    quantity: line.quantity,
  }
  if (frame.shape.basil) {
    const details: Body = {
      proration: line.proration,
      proration_details: { credited_items: null },
      subscription: subscription?.id ?? null,
    }
    body.parent = item
      ? {
          invoice_item_details: { invoice_item: `ii_${id.slice(3)}`, ...details },
          subscription_item_details: null,
          type: 'invoice_item_details',
        }
      : {
          invoice_item_details: null,
          subscription_item_details: {
            invoice_item: null,
            subscription_item: subscription?.item ?? null,
            ...details,
          },
          type: 'subscription_item_details',
        }
    body.pretax_credit_amounts = []
    body.pricing =
      line.price === undefined
        ? null
        : {
            price_details: { price: line.price.id, product: line.price.product },
            type: 'price_details',
            unit_amount_decimal: String(line.price.amount),
          }
    body.taxes = []
  } else {
    body.amount_excluding_tax = line.amount
    body.invoice_item = item ? `ii_${id.slice(3)}` : null
    body.plan = line.price === undefined ? null : planBody(frame, line.price)
    body.price = line.price === undefined ? null : priceBody(frame, line.price)
    body.proration = line.proration
    body.proration_details = { credited_items: null }
    body.subscription = subscription?.id ?? null
    body.subscription_item = subscription?.item ?? null
    body.tax_amounts = []
    body.tax_rates = []
    body.type = item ? 'invoiceitem' : 'subscription'
    body.unit_amount_excluding_tax = String(line.amount)
  }
  return body
}

export function invoiceBody(frame: Frame, invoice: Invoice): Body {
  const { subscription, customer } = invoice
  const paid = invoice.status === 'paid'
  const body: Body = {
    id: invoice.id,
    object: 'invoice',
    account_country: 'US',
    account_name: 'Simulated business',
    account_tax_ids: null,
    amount_due: invoice.amountDue,
    amount_paid: invoice.amountPaid,
    amount_remaining: Math.max(0, invoice.amountDue - invoice.amountPaid),
    amount_shipping: 0,
    application: null,
    attempt_count: invoice.attempts,
    attempted: invoice.attempts > 0 || paid,
    auto_advance: invoice.status === 'draft' || (invoice.status === 'open' && !invoice.sendInvoice),
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, status: null },
    billing_reason: invoice.reason,
    collection_method: invoice.sendInvoice ? 'send_invoice' : 'charge_automatically',
    created: invoice.created,
    currency: invoice.currency,
    custom_fields: null,
    customer: customer.id,
    customer_address: null,
    customer_email: customer.email,
    customer_name: customer.name,
    customer_phone: null,
    customer_shipping: null,
    customer_tax_exempt: 'none',
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    due_date: orNull(invoice.dueDate),
    effective_at: orNull(invoice.finalizedAt),
    ending_balance: invoice.finalizedAt === undefined ? null : customer.balance,
    footer: null,
    hosted_invoice_url:
      invoice.finalizedAt === undefined ? null : `https://invoice.stripe.com/i/${invoice.id}`,
    invoice_pdf:
      invoice.finalizedAt === undefined ? null : `https://pay.stripe.com/invoice/${invoice.id}/pdf`,
    last_finalization_error: null,
    lines: list(
      `/v1/invoices/${invoice.id}/lines`,
      invoice.lines.map((line, index) => lineBody(frame, invoice, line, index)),
    ),
    livemode: frame.livemode,
    metadata: {},
    next_payment_attempt: orNull(invoice.nextAttempt),
    number: invoice.finalizedAt === undefined ? null : invoice.number,
    on_behalf_of: null,
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: invoice.created,
    period_start: invoice.created,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    starting_balance: invoice.startingBalance,
    statement_descriptor: null,
    status: invoice.status,
    status_transitions: {
      finalized_at: orNull(invoice.finalizedAt),
      marked_uncollectible_at: null,
      paid_at: orNull(invoice.paidAt),
      voided_at: orNull(invoice.voidedAt),
    },
    subtotal: invoice.subtotal,
    test_clock: null,
    total: invoice.total,
    total_discount_amounts:
      invoice.discount > 0 && subscription
        ? [{ amount: invoice.discount, discount: `di_${subscription.id.slice(4)}` }]
        : [],
    webhooks_delivered_at: orNull(invoice.finalizedAt),
  }
  if (frame.shape.basil) {
    body.parent = subscription
      ? {
          quote_details: null,
          subscription_details: { metadata: {}, subscription: subscription.id },
          type: 'subscription_details',
        }
      : null
    body.total_taxes = []
  } else {
    body.charge = invoice.charge ?? null
    body.paid = paid
    body.paid_out_of_band = invoice.outOfBand
    body.payment_intent = invoice.intent ?? null
    body.subscription = subscription?.id ?? null
    body.tax = null
    body.total_tax_amounts = []
  }
  return body
}

/** Since basil: which payment intent paid which invoice. */
export function invoicePaymentBody(frame: Frame, invoice: Invoice): Body {
  return {
    id: `inpay_${invoice.id.slice(3)}`,
    object: 'invoice_payment',
    amount_paid: invoice.amountPaid,
    amount_requested: invoice.amountDue,
    created: invoice.finalizedAt ?? invoice.created,
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: frame.livemode,
    payment: { payment_intent: invoice.intent ?? null, type: 'payment_intent' },
    status: 'paid',
    status_transitions: { canceled_at: null, paid_at: orNull(invoice.paidAt) },
  }
}
