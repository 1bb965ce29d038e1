import { DAY, HOUR, type Seconds } from '../time.ts'
import { Agenda } from './agenda.ts'
import type { Body, Frame } from './bodies/body.ts'
import { everydayDecline } from './declines.ts'
import type { Customer, Decline, Payment, Subscription } from './entities.ts'
import { type Arrival, listensTo, type SimulatedEvent } from './event.ts'
import type { Profile } from './profile.ts'
import type { Random } from './random.ts'
import { shapeOf } from './versions.ts'
import { Weather } from './weather.ts'

export interface EmitOptions {
  /** Old values of what changed, as `*.updated` events bring them. */
  previous?: Body
  /** Stripe itself acted: a renewal, a retry, a schedule, a bank. */
  automatic?: boolean
  /** Default: live. */
  test?: boolean
  /** Seconds that its `created` lies ahead of the moment it is sent. */
  ahead?: Seconds
}

/** How events travel from Stripe to the webhook. */
export interface Courier {
  /** Seconds from `created` to each arrival: nearly always one, in about a second. */
  delays(created: Seconds): readonly Seconds[]
  /** Whether Stripe makes a second Event object for the same change. */
  twins(): boolean
}

const AT_ONCE: Courier = { delays: () => [0], twins: () => false }

interface Parcel {
  at: Seconds
  order: number
  event: SimulatedEvent
}

/** Arrivals later than this carry their own time. */
const ON_TIME: Seconds = 10

/** Payments remembered for refunds and disputes. */
const REMEMBERED = 4_096

/**
 * One simulated Stripe account: its clock, what is still to happen, what it remembers, and the events on their
 * way. Everything that happens does so in a callback of the agenda, with `now` set to its time.
 */
export class World {
  readonly agenda = new Agenda()
  readonly weather = new Weather()
  /** Succeeded payments, newest last, the oldest forgotten. */
  readonly payments: Payment[] = []
  readonly subscriptions = new Map<string, Subscription>()
  /** People who may come to the checkout again. */
  readonly customers: Customer[] = []
  now: Seconds
  readonly #frames: { live: Frame; test: Frame }
  #parcels: Parcel[] = []
  #order = 0

  constructor(
    readonly profile: Profile,
    readonly random: Random,
    start: Seconds,
    private readonly courier: Courier = AT_ONCE,
  ) {
    this.now = start
    const shape = shapeOf(profile.apiVersion)
    this.#frames = { live: { shape, livemode: true }, test: { shape, livemode: false } }
  }

  get shape(): Frame['shape'] {
    return this.#frames.live.shape
  }

  /** Sends an event of this moment, if the tenant's endpoint listens to its type; `body` is only made then. */
  emit(type: string, body: (frame: Frame) => Body, options: EmitOptions = {}): void {
    if (!listensTo(this.profile.listening, type)) return
    const { random, profile, now } = this
    const automatic = options.automatic === true
    const data: SimulatedEvent['data'] = {
      object: body(options.test ? this.#frames.test : this.#frames.live),
    }
    if (options.previous !== undefined) data.previous_attributes = options.previous
    const event: SimulatedEvent = {
      id: `evt_1${random.letters(23)}`,
      object: 'event',
      api_version: profile.apiVersion,
      created: now + (options.ahead ?? 0),
      data,
      livemode: options.test !== true,
      pending_webhooks: 1,
      request: automatic
        ? { id: null, idempotency_key: null }
        : { id: `req_${random.letters(14)}`, idempotency_key: random.uuid() },
      type,
    }
    if (profile.account !== undefined) event.account = profile.account
    this.send(event, options.ahead)
    if (this.courier.twins()) this.send({ ...event, id: `evt_1${random.letters(23)}` })
  }

  /** Puts an event on its way as it is. */
  send(event: SimulatedEvent, ahead: Seconds = 0): void {
    for (const delay of this.courier.delays(event.created - ahead)) {
      this.#parcels.push({ at: event.created - ahead + delay, order: this.#order++, event })
    }
  }

  /** Chance that a first try to pay fails now. */
  declineRate(): number {
    return this.weather.at(this.now).declineRate ?? this.profile.declineRate
  }

  /** How a payment fails now, when it does. */
  decline(): Decline {
    const { declineAs } = this.weather.at(this.now)
    return declineAs === undefined ? everydayDecline(this.random) : this.random.pick(declineAs)
  }

  later(delay: Seconds, run: () => void): void {
    this.agenda.add(this.now + Math.max(0, Math.round(delay)), run)
  }

  remember(payment: Payment): void {
    this.payments.push(payment)
    if (this.payments.length >= 2 * REMEMBERED) this.payments.splice(0, REMEMBERED)
  }

  /** Lets time pass up to `until` and gives what arrived before it, in the order of arrival. */
  advance(until: Seconds): Arrival[] {
    for (let next = this.agenda.take(until); next; next = this.agenda.take(until)) {
      this.now = next.at
      next.run()
    }
    this.now = until
    const arrived: Parcel[] = []
    const underway: Parcel[] = []
    for (const parcel of this.#parcels) (parcel.at < until ? arrived : underway).push(parcel)
    this.#parcels = underway
    arrived.sort((a, b) => a.at - b.at || a.order - b.order)
    return arrived.map(({ at, event }) =>
      at - event.created > ON_TIME ? { event, received: at } : { event },
    )
  }

  /** That day's moment when it is so many hours after midnight where the tenant's customers live. */
  localTime(day: Seconds, hours: number): Seconds {
    const { offsetHours } = this.profile
    const midnight = Math.floor((day + offsetHours * HOUR) / DAY) * DAY
    return Math.round(midnight + (hours - offsetHours) * HOUR)
  }
}
