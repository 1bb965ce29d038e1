import { MINUTE, type Seconds } from '../time.ts'
import type { SimulatedEvent } from './event.ts'
import type { Incident } from './incidents/incident.ts'
import { pay } from './payments.ts'
import { newCustomer } from './people.ts'
import { makeProfile, type Profile, planPrices } from './profile.ts'
import { Random } from './random.ts'
import { World } from './world.ts'

export interface LiveScript {
  /** Told first, as fast as it goes: minutes that have already passed. */
  past: SimulatedEvent[]
  /** Told when their `created` has come. */
  present: SimulatedEvent[]
}

/** As much past as may still be told late without looking late. */
const PAST: Seconds = 4 * MINUTE
const PAST_PAYMENTS = 30

/** Seconds between two signs of an incident at speed 1. */
const PACE = 0.5

/** So many signs at most; what they lead to later than that is not waited for. */
const SIGNS = 40
const ORDINARY_PAYMENTS = 60

/** A small shop with the newest habits: the same for everybody, so that the walk in the README shows the same. */
function liveProfile(seed: string, random: Random): Profile {
  const currencies = [['usd', 1]] as const
  return {
    ...makeProfile(seed, 'live'),
    business: 'shop',
    apiVersion: '2025-09-30.clover',
    account: undefined,
    listening: 'everything',
    currencies,
    prices: planPrices(random, currencies, 40, false),
    orders: 'metadata',
    dollars: 40,
  }
}

/**
 * What to post so that the incident happens now: a little ordinary business of the last minutes, then the signs.
 * Without an incident ordinary business goes on for a minute.
 *
 * @param now the present, to which every time in the events is set
 * @param speed how many times faster than usual the signs follow one another
 */
export function liveScript(
  incident: Incident | undefined,
  now: Seconds,
  speed: number,
  seed: string,
): LiveScript {
  const random = new Random(`${seed}/live`)
  const since = now - PAST
  const world = new World(liveProfile(seed, random), random, since)
  for (let i = 0; i < PAST_PAYMENTS; i++) world.agenda.add(random.int(since, now - 1), () => buy(world))
  const pace = PACE / speed
  if (incident?.live) incident.live({ world, since, at: now, pace })
  else
    for (let i = 0; i < ORDINARY_PAYMENTS; i++)
      world.agenda.add(Math.floor(now + i * 2 * pace), () => buy(world))
  const events = world
    .advance(now + Math.ceil((incident ? SIGNS : 2 * ORDINARY_PAYMENTS) * pace) + 2)
    .map(({ event }) => event)
  return {
    past: events.filter(({ created }) => created < now),
    present: events.filter(({ created }) => created >= now),
  }
}

function buy(world: World): void {
  const { random } = world
  const customer = newCustomer(random, 'usd', world.now)
  pay(world, {
    amount: random.int(9, 120) * 100 - 1,
    currency: 'usd',
    customer,
    card: customer.card,
    metadata: { order_id: random.digits(6) },
  })
}
