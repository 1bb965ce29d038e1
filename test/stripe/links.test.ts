import { describe, expect, test } from 'vitest'
import { dashboardUrl } from '../../src/stripe/links.ts'

const live = { livemode: true }

describe('a dashboard link', () => {
  test.each([
    ['charge', 'ch_1', 'payments/ch_1'],
    ['charge', 'py_1', 'payments/py_1'],
    ['payment_intent', 'pi_1', 'payments/pi_1'],
    ['invoice', 'in_1', 'invoices/in_1'],
    ['subscription', 'sub_1', 'subscriptions/sub_1'],
    ['customer', 'cus_1', 'customers/cus_1'],
    ['dispute', 'du_1', 'disputes/du_1'],
    ['dispute', 'dp_1', 'disputes/dp_1'],
    ['price', 'price_1', 'prices/price_1'],
    ['product', 'prod_1', 'products/prod_1'],
    ['subscription_schedule', 'sub_sched_1', 'subscription_schedules/sub_sched_1'],
    ['review', 'prv_1', 'radar/reviews/prv_1'],
    ['event', 'evt_1', 'events/evt_1'],
  ])('of a %s leads to its page', (type, id, path) => {
    expect(dashboardUrl(type, id, live)).toBe(`https://dashboard.stripe.com/${path}`)
  })

  test('names the connected account, and the test mode', () => {
    expect(dashboardUrl('charge', 'ch_1', { account: 'acct_9', livemode: false })).toBe(
      'https://dashboard.stripe.com/acct_9/test/payments/ch_1',
    )
  })

  test.each([
    ['refund', 're_1'],
    ['early_fraud_warning', 'issfr_1'],
    ['card', 'fingerprint'],
    ['customer', 'a@example.com'],
    ['invoice', 'in_1/../../acct_2'],
    ['charge', 'in_1'],
    ['constructor', 'ch_1'],
  ])('does not exist for a %s %s', (type, id) => {
    expect(dashboardUrl(type, id, live)).toBeUndefined()
  })

  test('leaves out an account that is none', () => {
    expect(dashboardUrl('charge', 'ch_1', { account: 'evil.com/', livemode: true })).toBe(
      'https://dashboard.stripe.com/payments/ch_1',
    )
  })
})
