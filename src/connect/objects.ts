/** A list of older objects that is read for what is usual. */
export interface ObjectList {
  name: string
  path: string
  permission: string
  params: Readonly<Record<string, string>>
}

export const OBJECT_LISTS: readonly ObjectList[] = [
  { name: 'charges', path: '/v1/charges', permission: 'rak_charge_read', params: {} },
  { name: 'refunds', path: '/v1/refunds', permission: 'rak_charge_read', params: {} },
  { name: 'disputes', path: '/v1/disputes', permission: 'rak_dispute_read', params: {} },
  { name: 'invoices', path: '/v1/invoices', permission: 'rak_invoice_read', params: { status: 'paid' } },
  {
    name: 'subscriptions',
    path: '/v1/subscriptions',
    permission: 'rak_subscription_read',
    params: { status: 'all' },
  },
]
