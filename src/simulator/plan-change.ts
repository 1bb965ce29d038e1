import type { InvoiceLine, Price, Subscription } from './entities.ts'
import { collect, draftInvoice, finalizeInvoice, planLine } from './invoices.ts'
import { updateSubscription } from './subscriptions.ts'
import type { World } from './world.ts'

/**
 * Another plan or another number of seats from now on. What is left of the period is settled at once by an
 * invoice of prorations: charged if it is above zero, credited if it is below. Or, as Stripe does unless asked
 * for more, the prorations wait for the next renewal.
 */
export function changePlan(
  world: World,
  subscription: Subscription,
  change: { price?: Price; quantity?: number; schedule?: string },
  prorate: boolean | 'next renewal' = true,
): void {
  const old = { ...subscription }
  const automatic = change.schedule !== undefined
  const { now } = world
  if (change.schedule !== undefined) subscription.schedule = change.schedule
  updateSubscription(
    world,
    subscription,
    { price: change.price ?? old.price, quantity: change.quantity ?? old.quantity },
    automatic,
  )
  if (!prorate || subscription.status !== 'active' || subscription.sendInvoice) return
  const left = Math.max(0, (old.end - now) / (old.end - old.start))
  const share = (from: Subscription, sign: number, words: string): InvoiceLine => ({
    ...planLine(from, now, old.end),
    amount: sign * Math.round(from.price.amount * from.quantity * left),
    description: `${words} ${from.price.nickname}`,
    proration: true,
  })
  const lines = [share(old, -1, 'Unused time on'), share(subscription, 1, 'Remaining time on')]
  if (prorate === 'next renewal') {
    subscription.pending.push(...lines)
    return
  }
  const invoice = draftInvoice(world, {
    customer: subscription.customer,
    subscription,
    reason: 'subscription_update',
    currency: subscription.price.currency,
    lines,
  })
  subscription.latestInvoice = invoice.id
  finalizeInvoice(world, invoice)
  if (invoice.status === 'open') collect(world, invoice, undefined)
}
