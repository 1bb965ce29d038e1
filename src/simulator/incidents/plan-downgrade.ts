import { DAY, HOUR } from '../../time.ts'
import type { Subscription } from '../entities.ts'
import { newCustomer } from '../people.ts'
import { changePlan } from '../plan-change.ts'
import { makeSubscription, renewAtEnd } from '../subscriptions.ts'
import { neighbour } from '../traffic.ts'
import type { World } from '../world.ts'
import type { Incident, Stage, Strength } from './incident.ts'
import { monthlySubscriber } from './subscriber.ts'

/** Active subscriptions that have a cheaper plan to go to. */
function candidates(world: World): Subscription[] {
  return [...world.subscriptions.values()].filter(
    (subscription) =>
      subscription.status === 'active' &&
      !subscription.paused &&
      !subscription.cancelAtEnd &&
      subscription.percentOff === 0 &&
      neighbour(world, subscription, false) !== undefined,
  )
}

function moveDown(world: World, subscription: Subscription): void {
  const price = neighbour(world, subscription, false)
  if (price) changePlan(world, subscription, { price })
}

/** Customers and hours, from how many move down on a usual day. */
function course(subscriptions: number, strength: Strength): { customers: number; hours: number } {
  const aDay = subscriptions * 0.00015
  const customers = (least: number, times: number): number => Math.ceil(least + times * aDay)
  switch (strength) {
    case 'gross':
      return { customers: customers(14, 12), hours: 1.5 }
    case 'clear':
      return { customers: customers(9, 8), hours: 3 }
    case 'subtle':
      return { customers: customers(7, 5), hours: 8 }
  }
}

function surge({ world, strength, at, label }: Stage): void {
  const { random } = world
  const { customers, hours } = course(world.subscriptions.size, strength)
  const to = at + hours * HOUR
  // Who it will be is only known then: until it happens people come and go.
  world.agenda.add(at, () => {
    const those = candidates(world)
    for (let i = 0; i < customers && those.length > 0; i++) {
      const [subscription] = those.splice(random.int(0, those.length - 1), 1)
      const time = i === 0 ? at : at + Math.round(random.between(0, hours * HOUR))
      if (subscription) world.agenda.add(time, () => moveDown(world, subscription))
    }
  })
  label({ from: at, to })
}

/** One of the largest customers gives back nearly all its seats. */
function shrink({ world, at, label }: Stage): void {
  const subscription = monthlySubscriber(world, at + 12 * DAY)
  renewAtEnd(world, subscription)
  subscription.price = neighbour(world, subscription, true) ?? subscription.price
  subscription.quantity = world.random.int(300, 500)
  world.agenda.add(at, () => changePlan(world, subscription, { quantity: world.random.int(3, 12) }, false))
  label({ from: at, to: at + HOUR, objects: [subscription.id, subscription.customer.id] })
}

export const planDowngrade: Incident = {
  name: 'plan-downgrade',
  detector: 'PLAN_DOWNGRADE',
  about: 'customers move to cheaper plans within hours',
  rate: true,
  daysBefore: 10,
  daysAfter: 2,
  fits: ({ business, paymentsADay }, strength) =>
    business === 'saas' ? paymentsADay >= 15 : business === 'b2b' && strength === 'clear',
  stage: (stage) => (stage.world.profile.business === 'saas' ? surge(stage) : shrink(stage)),
  live({ world, since, at, pace }) {
    const { random, profile } = world
    const [dear, cheap] = profile.prices
      .filter(({ interval }) => interval === 'month')
      .sort((a, b) => b.amount - a.amount)
    if (!dear || !cheap) return
    for (let i = 0; i < 18; i++) {
      const subscription = makeSubscription(
        world,
        { customer: newCustomer(random, 'usd', since - 90 * DAY), price: dear },
        since - 9 * DAY,
      )
      world.agenda.add(Math.floor(at + i * pace), () =>
        changePlan(world, subscription, { price: cheap }, false),
      )
    }
  },
}
