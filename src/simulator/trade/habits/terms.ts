import { DAY, HOUR } from '../../../time.ts'
import { invoiceBody } from '../../bodies/invoice.ts'
import { priceIn } from '../../currencies.ts'
import type { Customer, Invoice } from '../../entities.ts'
import { collect, draftInvoice, finalizeInvoice, settleOutOfBand } from '../../invoices.ts'
import { newCustomer } from '../../people.ts'
import type { World } from '../../world.ts'
import type { Habit } from '../business.ts'
import { customers } from './customers.ts'

export interface Terms {
  clients: number
  /** What is agreed with them, in days. */
  days: readonly number[]
  /** Share of invoices that are paid after they are due, weeks late. */
  late: number
}

/** Work is invoiced and paid when it is due, mostly by transfer outside Stripe; bookkeeping goes over old invoices. */
export const terms = ({ clients, days, late }: Terms): Habit[] => {
  const known: Customer[] = []
  const old: Invoice[] = []
  const settle = (world: World, invoice: Invoice): void => {
    if (invoice.status !== 'open') return
    if (world.random.chance(0.6)) settleOutOfBand(world, invoice)
    else collect(world, invoice, undefined)
  }
  const bill = (world: World): void => {
    const { random, profile } = world
    if (known.length < clients)
      known.push(newCustomer(random, random.weighted(profile.currencies), world.now - 300 * DAY))
    const customer = random.pick(known)
    const daysUntilDue = random.pick(days)
    const line = {
      description: 'Work of last month',
      amount: priceIn(customer.currency, profile.dollars * random.logNormal(1, 0.7)),
      quantity: 1,
      price: undefined,
      proration: false,
      start: world.now - 30 * DAY,
      end: world.now,
    }
    const { currency } = customer
    const invoice = draftInvoice(world, { customer, reason: 'manual', currency, lines: [line], daysUntilDue })
    finalizeInvoice(world, invoice)
    old.push(invoice)
    const paidAfter = random.chance(late) ? random.between(2, 40) : -random.between(0, daysUntilDue / 2)
    world.later((daysUntilDue + paidAfter) * DAY, () => settle(world, invoice))
  }
  const tag = (world: World): void => {
    const invoice = old.length === 0 ? undefined : world.random.pick(old)
    if (!invoice || invoice.status === 'draft') return
    const metadata = { ledger: `Q${world.random.int(1, 4)}` }
    world.emit('invoice.updated', (frame) => ({ ...invoiceBody(frame, invoice), metadata }), {
      previous: { metadata: { ledger: null } },
    })
  }
  const bookkeeping: Habit = {
    day({ world, clock }, midnight) {
      if (clock.date(midnight + DAY / 2).day % 9 !== 0) return
      for (let i = 0; i < 25; i++) world.agenda.add(midnight + 11 * HOUR + i * 20, () => tag(world))
    },
  }
  return [customers(({ world }) => bill(world)), bookkeeping]
}
