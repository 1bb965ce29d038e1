import { DAY, HOUR, type Seconds } from '../time.ts'
import { customerBody } from './bodies/others.ts'
import { subscriptionBody } from './bodies/subscription.ts'
import { hourOfDay, weekday } from './calendar.ts'
import { basket, orderOf, visit } from './checkout.ts'
import { priceIn } from './currencies.ts'
import { disputeSomething } from './disputes.ts'
import type { Subscription } from './entities.ts'
import { collect, draftInvoice, finalizeInvoice, settleOutOfBand } from './invoices.ts'
import { failSetup, pay } from './payments.ts'
import { newCard, newCustomer } from './people.ts'
import { changePlan } from './plan-change.ts'
import { refundSomebody } from './refunds.ts'
import { busyness } from './season.ts'
import { somePrice, someSeats } from './stock.ts'
import { cancel, subscribe, updateSubscription } from './subscriptions.ts'
import type { World } from './world.ts'

/** Everyday business, planned an hour at a time: who comes, who complains, who changes a plan. */
export class Traffic {
  readonly #world: World
  readonly #begin: Seconds
  #day = -1
  /** How good this day is; tomorrow is another. */
  #mood = 1
  /** Subscriptions that a person may do something with; ended ones are dropped when met. */
  readonly #held: Subscription[] = []

  constructor(world: World) {
    this.#world = world
    this.#begin = world.now
    this.#held.push(...world.subscriptions.values())
  }

  /** Plans what begins by itself within the hour from `from` on. */
  hour(from: Seconds): void {
    const { profile, random } = this.#world
    const day = Math.floor(from / DAY)
    if (day !== this.#day) {
      this.#day = day
      this.#mood = random.logNormal(1, 0.09)
    }
    const grown = (1 + profile.growth) ** ((from - this.#begin) / (7 * DAY))
    const anHour = (profile.paymentsADay / 24) * grown * this.#mood * busyness(profile, from)
    this.#visits(from, anHour * profile.checkoutShare)
    this.#complaints(from, anHour)
    if (profile.checkoutShare < 1) this.#subscribers(from)
  }

  #plan(from: Seconds, count: number, run: () => void): void {
    const { agenda, random } = this.#world
    for (let i = 0; i < count; i++) agenda.add(from + random.int(0, HOUR - 1), run)
  }

  #visits(from: Seconds, anHour: number): void {
    const world = this.#world
    const { random, profile, weather } = world
    const peak = weather.peak(from, from + HOUR)
    const come = { shop: () => visit(world), saas: () => this.#signUp(), b2b: () => this.#bill() }[
      profile.business
    ]
    this.#plan(from, random.poisson(anHour * peak), () => {
      if (random.chance(weather.at(world.now).volume / peak)) come()
    })
  }

  #complaints(from: Seconds, anHour: number): void {
    const world = this.#world
    const { random, profile, weather } = world
    const conditions = weather.at(from)
    const aDay = profile.paymentsADay
    const disputes = random.poisson((aDay / 24) * profile.disputeRate * conditions.disputes)
    this.#plan(from, disputes, () => disputeSomething(world))
    const refunds = profile.refundRate * conditions.refunds
    if (!profile.refundsInBatches) {
      this.#plan(from, random.poisson(anHour * refunds), () => refundSomebody(world))
    } else if (hourOfDay(from, profile.offsetHours) === 9 && this.#workday(from)) {
      const batch = random.poisson(aDay * refunds)
      for (let i = 0; i < batch; i++) world.agenda.add(from + 60 + i * 45, () => refundSomebody(world))
    }
  }

  #workday(at: Seconds): boolean {
    const day = weekday(at, this.#world.profile.offsetHours)
    return day > 0 && day < 6
  }

  /** Someone subscribes, or buys an extra without one. */
  #signUp(): void {
    const world = this.#world
    const { random, profile } = world
    const currency = random.weighted(profile.currencies)
    if (random.chance(0.3)) {
      visit(world)
      return
    }
    const customer = newCustomer(random, currency, world.now)
    world.emit('customer.created', (frame) => customerBody(frame, customer))
    if (random.chance(world.declineRate())) {
      const amount = basket(world, currency, 1)
      pay(world, {
        ...orderOf(world),
        amount,
        currency,
        customer,
        card: customer.card,
        decline: world.decline(),
      })
      return
    }
    const trialDays = random.chance(0.35) ? random.pick([7, 14]) : undefined
    const price = somePrice(world, currency)
    const subscription = subscribe(world, { customer, price, quantity: someSeats(world), trialDays })
    this.#held.push(subscription)
    // Without it a stock of subscriptions would only ever grow.
    world.later(random.exponential(50) * DAY, () => this.#leave(subscription))
  }

  #leave(subscription: Subscription): void {
    if (subscription.status !== 'active' && subscription.status !== 'trialing') return
    if (this.#world.random.chance(0.3)) cancel(this.#world, subscription)
    else updateSubscription(this.#world, subscription, { cancelAtEnd: true, canceledAt: this.#world.now })
  }

  /** One-off work is invoiced: paid by card at once, or sent and paid when it is due. */
  #bill(): void {
    const world = this.#world
    const { random, profile } = world
    const currency = random.weighted(profile.currencies)
    const customer = newCustomer(random, currency, world.now - random.int(1, 600) * DAY)
    const sent = random.chance(0.4)
    const line = {
      description: 'Consulting',
      amount: priceIn(currency, profile.dollars * random.logNormal(1, 0.6)),
      quantity: 1,
      price: undefined,
      proration: false,
      start: world.now - 30 * DAY,
      end: world.now,
    }
    const daysUntilDue = sent ? 30 : undefined
    const invoice = draftInvoice(world, { customer, reason: 'manual', currency, lines: [line], daysUntilDue })
    finalizeInvoice(world, invoice)
    if (sent) {
      world.later(random.between(2, 28) * DAY, () => {
        if (random.chance(0.3)) settleOutOfBand(world, invoice)
        else collect(world, invoice, undefined)
      })
    } else {
      const declined = random.chance(world.declineRate())
      const first = collect(world, invoice, declined ? world.decline() : undefined)
      if (declined) world.later(random.between(1, 20) * HOUR, () => collect(world, invoice, undefined, first))
    }
  }

  /** What subscribers do between renewals: move to other plans, pause, leave, save another card. */
  #subscribers(from: Seconds): void {
    const { random, profile } = this.#world
    const held = this.#held.length
    const usual = (busyness(profile, from) * held) / 24
    const acts: [number, (subscription: Subscription) => void][] = [
      [0.0004, (subscription) => this.#move(subscription, true)],
      [0.00015, (subscription) => this.#move(subscription, false)],
      [0.004, (subscription) => this.#leave(subscription)],
      [0.002, (subscription) => this.#touch(subscription)],
      [
        0.0002,
        (subscription) => updateSubscription(this.#world, subscription, { paused: !subscription.paused }),
      ],
      [0.0005, (subscription) => this.#newCard(subscription)],
    ]
    for (const [aDay, act] of acts) {
      this.#plan(from, random.poisson(usual * aDay), () => {
        const subscription = this.#somebody()
        if (subscription) act(subscription)
      })
    }
  }

  #somebody(): Subscription | undefined {
    const held = this.#held
    for (let attempt = 0; attempt < 5 && held.length > 0; attempt++) {
      const index = this.#world.random.int(0, held.length - 1)
      const subscription = held[index]
      if (subscription?.status === 'active') return subscription
      if (subscription?.status === 'canceled') held.splice(index, 1)
    }
    return undefined
  }

  /** A person goes to the next plan; a business takes a few seats more or less. */
  #move(subscription: Subscription, up: boolean): void {
    const world = this.#world
    if (world.profile.business === 'b2b') {
      const few = Math.max(1, Math.round(subscription.quantity * world.random.between(0.05, 0.25)))
      const quantity = subscription.quantity + (up ? few : -few)
      if (quantity >= 1) changePlan(world, subscription, { quantity })
      return
    }
    const price = neighbour(world, subscription, up)
    if (price) changePlan(world, subscription, { price }, world.random.chance(0.7))
  }

  /** Something changes that no money depends on. */
  #touch(subscription: Subscription): void {
    this.#world.emit('customer.subscription.updated', (frame) => subscriptionBody(frame, subscription), {
      previous: { metadata: { campaign: 'spring' } },
    })
  }

  #newCard(subscription: Subscription): void {
    const world = this.#world
    const { customer } = subscription
    const card = newCard(world.random, customer.country)
    if (world.random.chance(world.declineRate())) failSetup(world, card, customer, world.decline())
    else customer.card = card
  }
}

/** The next dearer or cheaper plan of the same length and currency. */
export function neighbour(
  world: World,
  { price }: Subscription,
  up: boolean,
): Subscription['price'] | undefined {
  const ladder = world.profile.prices
    .filter(({ interval, currency }) => interval === price.interval && currency === price.currency)
    .sort((a, b) => a.amount - b.amount)
  const index = ladder.findIndex(({ id }) => id === price.id)
  return index < 0 ? undefined : ladder[index + (up ? 1 : -1)]
}
