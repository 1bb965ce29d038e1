/** The dashboard's folder for each type of object that has a page of its own, and how such ids begin. */
const PAGES: ReadonlyMap<string, { folder: string; ids: RegExp }> = new Map([
  ['charge', { folder: 'payments', ids: /^(ch|py)_/ }],
  ['payment_intent', { folder: 'payments', ids: /^pi_/ }],
  ['invoice', { folder: 'invoices', ids: /^in_/ }],
  ['subscription', { folder: 'subscriptions', ids: /^sub_/ }],
  ['subscription_schedule', { folder: 'subscription_schedules', ids: /^sub_sched_/ }],
  ['customer', { folder: 'customers', ids: /^cus_/ }],
  ['dispute', { folder: 'disputes', ids: /^(dp|du)_/ }],
  ['price', { folder: 'prices', ids: /^price_/ }],
  ['product', { folder: 'products', ids: /^prod_/ }],
  ['review', { folder: 'radar/reviews', ids: /^prv_/ }],
  ['event', { folder: 'events', ids: /^evt_/ }],
])

/**
 * The object's page in Stripe's dashboard; undefined for types without one (refunds and fraud warnings are seen on
 * their payment's page) and for ids that are not of the type.
 */
export const dashboardUrl = (
  type: string,
  id: string,
  where: { account?: string | undefined; livemode: boolean },
): string | undefined => {
  const page = PAGES.get(type)
  if (page === undefined || !page.ids.test(id) || !/^\w+$/.test(id)) return undefined
  const account = where.account !== undefined && /^acct_\w+$/.test(where.account) ? `/${where.account}` : ''
  return `https://dashboard.stripe.com${account}${where.livemode ? '' : '/test'}/${page.folder}/${id}`
}
