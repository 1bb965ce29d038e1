import { HOUR } from '../../time.ts'
import { everydayDecline } from '../declines.ts'
import { pay } from '../payments.ts'
import { newCustomer } from '../people.ts'
import type { Disturbance } from './disturbance.ts'

/** A developer's tests: hundreds of failing and repeated payments in test mode. */
const testFlood: Disturbance = {
  name: 'test-flood',
  rate: false,
  often: 1,
  fits: () => true,
  stage(world, at) {
    const { random } = world
    const customer = newCustomer(random, 'usd', at)
    for (let i = 0; i < 200; i++) {
      world.agenda.add(at + random.int(0, HOUR), () => {
        const decline = random.chance(0.7) ? everydayDecline(random) : undefined
        const somebody = random.chance(0.5) ? customer : newCustomer(random, 'usd', world.now)
        pay(world, {
          amount: 1_000,
          currency: 'usd',
          customer: somebody,
          card: somebody.card,
          decline,
          test: true,
        })
      })
    }
  },
}

/** Events that have nothing to do with billing's health, some of types that nobody has heard of. */
const chatter: Disturbance = {
  name: 'chatter',
  rate: false,
  often: 10,
  fits: () => true,
  stage(world, at) {
    const { random } = world
    const type = random.pick([
      'balance.available',
      'payout.paid',
      'product.updated',
      'terminal.dream.changed',
    ] as const)
    world.agenda.add(at, () => {
      world.emit(
        type,
        ({ livemode }) =>
          type === 'balance.available'
            ? { object: 'balance', available: [{ amount: 120_000, currency: 'usd' }], livemode, pending: [] }
            : { id: random.id(type.slice(0, 4), 14), object: type.slice(0, type.lastIndexOf('.')), livemode },
        { automatic: true },
      )
    })
  },
}

export const MACHINES: readonly Disturbance[] = [testFlood, chatter]
