import { z } from 'zod'

/** What a key may be allowed, and what is done without it. The page docs/connect.md is made of this list. */
export interface Permission {
  /** As Stripe names it when it lacks. */
  name: string
  /** As Stripe's form for restricted keys names it. */
  title: string
  needed: boolean
  purpose: string
  without: string
  /** A request that only a key with it may make. */
  probe: string
}

export const EVENTS_READ = 'rak_event_read'
export const ENDPOINTS_WRITE = 'rak_webhook_write'

export const PERMISSIONS: readonly Permission[] = [
  {
    name: EVENTS_READ,
    title: 'Events: Read',
    needed: true,
    purpose: 'the events of the past 30 days, and the proof that none is missing',
    without: 'nothing is connected',
    probe: '/v1/events',
  },
  {
    name: ENDPOINTS_WRITE,
    title: 'Webhook Endpoints: Write',
    needed: false,
    purpose: 'creates the webhook endpoint with its events, and watches whether Stripe has disabled it',
    without: 'add the endpoint in Stripe by hand, and its secret with `secret add`',
    probe: '/v1/webhook_endpoints',
  },
  {
    name: 'rak_charge_read',
    title: 'Charges and Refunds: Read',
    needed: false,
    purpose: 'payments and refunds older than 30 days, for what is usual',
    without: 'what is usual of payments and refunds is learned from the past 30 days alone',
    probe: '/v1/charges',
  },
  {
    name: 'rak_dispute_read',
    title: 'Disputes: Read',
    needed: false,
    purpose: 'older disputes, for what is usual',
    without: 'what is usual of disputes is learned from the past 30 days alone',
    probe: '/v1/disputes',
  },
  {
    name: 'rak_invoice_read',
    title: 'Invoices: Read',
    needed: false,
    purpose: 'older invoices that were paid, for what is usual',
    without: 'invoices are known from the past 30 days on',
    probe: '/v1/invoices',
  },
  {
    name: 'rak_subscription_read',
    title: 'Subscriptions: Read',
    needed: false,
    purpose: 'subscriptions that began earlier, for what is usual',
    without: 'a subscription is known from its first event in the past 30 days on',
    probe: '/v1/subscriptions',
  },
]

export const titleOf = (name: string): string =>
  PERMISSIONS.find((permission) => permission.name === name)?.title ?? name

const granted = z.array(z.object({ name: z.string(), granted: z.boolean() }))
export type Granted = z.infer<typeof granted>

export const readGranted = (text: string): Granted => granted.parse(JSON.parse(text))

export const isGranted = (permissions: Granted, name: string): boolean =>
  permissions.some((one) => one.name === name && one.granted)

/** The wanted permissions that lack, in words; undefined when none does. */
export function lackingIn(permissions: Granted): string | undefined {
  const lacking = PERMISSIONS.filter(({ name }) => !isGranted(permissions, name))
  if (lacking.length === 0) return undefined
  return `The key lacks ${lacking.map(({ title, without }) => `${title} (${without})`).join('; ')}.`
}
