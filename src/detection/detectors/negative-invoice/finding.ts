import { format } from '../../../stripe/money.ts'
import { DAY } from '../../../time.ts'
import type { Context, Finding } from '../../detector.ts'
import { certainFinding } from '../../kit/finding.ts'
import { type Credit, creditOfChange, isGross, isPlanChange } from './credit.ts'
import type { Usual } from './known.ts'

type Asked = Pick<Context, 'key' | 'calendar'> & { settings: { readonly tolerance: number } }

/** @param owed all that the customer was credited so within a day */
export function creditFinding(
  credit: Credit,
  { paid, payments, price }: Usual,
  owed: number,
  { key, calendar, settings: { tolerance } }: Asked,
): Finding {
  const { invoice, currency, total, at, subscription } = credit
  const limit = Math.max(payments, price)
  const threshold = Math.floor(limit * (1 + tolerance))
  const renewal = credit.reason === 'subscription_cycle'
  const amount = format(total, currency)
  const plan = isPlanChange(credit)
  const expected = plan
    ? `a change of plan should credit at most ${format(limit, currency)}`
    : `${renewal ? 'a renewal' : 'an invoice'} should ask for money or nothing`
  return certainFinding(key, {
    severity: renewal || isGross(credit, { paid, payments, price }) ? 'HIGH' : 'MEDIUM',
    title: `Invoice below zero: ${amount}`,
    message: `Invoice ${invoice} of customer ${key} came out at ${amount} on ${calendar.momentInWords(at)}, where ${expected}. You owe the customer ${format(owed, currency)}${paid > 0 ? `; their largest payment of the last year was ${format(paid, currency)}` : ''}.`,
    advice: adviceFor(credit),
    startedAt: at,
    customer: key,
    impact: { amount: owed, currency },
    subjects: [
      { type: 'invoice', id: invoice },
      ...(subscription === undefined ? [] : [{ type: 'subscription', id: subscription }]),
      { type: 'customer', id: key },
    ],
    events: [credit.event],
    evidence: [
      plan
        ? {
            name: 'credit',
            observed: creditOfChange(credit),
            expected: limit,
            threshold,
            unit: 'MONEY',
            currency,
          }
        : { name: 'invoice total', observed: total, expected: 0, threshold: 0, unit: 'MONEY', currency },
      ...(paid > 0 ? [{ name: 'largest payment', observed: paid, unit: 'MONEY' as const, currency }] : []),
      ...(price > 0 ? [{ name: 'highest price', observed: price, unit: 'MONEY' as const, currency }] : []),
    ],
    endsAfter: DAY,
  })
}

function adviceFor({ invoice, reason, subscription }: Credit): string {
  const where = subscription === undefined ? invoice : `${invoice} and ${subscription}`
  const deadline = 'before Stripe takes it off the customer’s next invoices'
  if (reason === 'subscription_cycle')
    return `Check the discounts and pending items on ${where}: one of them is larger than the price. Correct it ${deadline}, and before the next renewal repeats it.`
  if (reason === 'subscription_update')
    return `Check the prices, quantities and dates of the lines for the change of plan on ${where}. If the credit is wrong, add an invoice item for the difference ${deadline}.`
  return `Check the lines of ${where} for a negative item or a wrong sign. If it was not meant, add an invoice item for the same amount ${deadline}.`
}
