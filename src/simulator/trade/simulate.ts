import { DAY, HOUR, type Seconds } from '../../time.ts'
import { OrdinaryCourier } from '../courier.ts'
import type { Arrival } from '../event.ts'
import { type Incident, type Label, STRENGTHS, type Strength } from '../incidents/incident.ts'
import { type Profile, planPrices } from '../profile.ts'
import { Random } from '../random.ts'
import { type Ground, overlaps, planDisturbances, planIncidents, shuffled } from '../schedule.ts'
import { levelOf } from '../season.ts'
import { API_VERSIONS } from '../versions.ts'
import { World } from '../world.ts'
import type { Business, Habit, Learning, Place, Trade } from './business.ts'
import { LocalClock } from './local-clock.ts'
import { Rhythm } from './rhythm.ts'

export interface TradeOptions {
  /** The same arguments give the same stream, byte for byte. */
  seed: string
  business: Business
  /** Default: the business's own. */
  days?: number | undefined
  /** `off`: nothing goes wrong. With `on` a third of all seeds stay quiet, too. */
  incidents: 'on' | 'off'
}

export interface TradeSimulation {
  profile: Profile
  place: Place
  start: Seconds
  days: number
  /** In order of arrival; made as they are taken. */
  events: Iterable<Arrival>
  /** Whole before the first event is taken. */
  labels: readonly Label[]
  /** Habits that must be seen before they are known. */
  learning: readonly Learning[]
}

const QUARTER: Seconds = HOUR / 4

/** A month has about one thing that goes wrong, and a short stream has one as well. */
const INCIDENT_EVERY_DAYS = 11

/** The stream of one business of the second world, with the truth about what goes wrong in it. */
export function simulateTrade(options: TradeOptions): TradeSimulation {
  const { seed, business, incidents } = options
  const days = options.days ?? business.days
  const random = new Random(`${seed}/${business.name}`)
  const place = random.pick(business.places)
  const profile = profileOf(business, place, random)
  const goesWrong = incidents === 'on' && !random.chance(1 / 3)
  const labels: Label[] = []
  const clock = new LocalClock(place.zone)
  const accounts = Array.from({ length: business.accounts ?? 1 }, (_, i) => {
    const own = business.accounts === undefined ? profile : branch(profile, random.fork(`account ${i}`))
    return open(business, own, { place, clock }, random.fork(`world ${i}`), days)
  })
  for (const account of accounts) {
    const taken = goesWrong ? goWrong(business, account, days, labels, accounts.length) : []
    const { start } = business
    planDisturbances(account.trade.world, { start, days }, taken, business.quiet)
  }
  labels.sort((a, b) => a.from - b.from)
  const learning = accounts.flatMap(({ habits, trade }) =>
    habits.flatMap((habit) => habit.learning?.(trade) ?? []),
  )
  return { profile, place, start: business.start, days, labels, learning, events: run(accounts) }
}

interface Account {
  trade: Trade
  habits: readonly Habit[]
}

function profileOf(business: Business, place: Place, random: Random): Profile {
  const traits = business.traits(random, place)
  const currencies = traits.currencies ?? [[place.currency, 1] as const]
  return {
    name: business.name,
    business: 'shop',
    zone: place.zone,
    offsetHours: 0,
    apiVersion: random.pick(API_VERSIONS),
    account: undefined,
    listening: random.chance(0.5) ? 'everything' : 'advised',
    checkoutShare: 1,
    currencies,
    declineRate: random.between(0.03, 0.09),
    refundRate: random.between(0.008, 0.03),
    disputeRate: random.between(0.0003, 0.002),
    refundsInBatches: false,
    orders: 'metadata',
    guestShare: 0.3,
    manualCapture: false,
    prices: planPrices(random, currencies, traits.dollars, false),
    growth: 0,
    ...traits,
  }
}

/** A platform's accounts differ in size: few sell much, most sell little. */
const branch = (profile: Profile, random: Random): Profile => ({
  ...profile,
  account: random.id('acct', 16),
  paymentsADay: Math.max(2, random.logNormal(profile.paymentsADay, 0.9)),
})

function open(
  business: Business,
  profile: Profile,
  { place, clock }: { place: Place; clock: LocalClock },
  random: Random,
  days: number,
): Account {
  const { start } = business
  const rhythm = new Rhythm(business.opening, place.country, clock, start)
  profile.offsetHours = clock.offset(start) / HOUR
  profile.rhythm = (at) => rhythm.busyness(at)
  const courier = new OrdinaryCourier(random.fork('courier'))
  const world = new World(profile, random, start, courier)
  const trade: Trade = { world, courier, clock, rhythm, start, end: start + days * DAY }
  const habits = business.habits(profile, random.fork('habits'))
  for (const habit of habits) habit.open?.(trade)
  return { trade, habits }
}

function goWrong(
  business: Business,
  { trade, habits }: Account,
  days: number,
  labels: Label[],
  accounts: number,
): { from: Seconds; to: Seconds }[] {
  const { world, courier, rhythm, start } = trade
  const busy = habits.flatMap((habit) => habit.apart?.(trade) ?? [])
  const ground: Ground = {
    suits: (incident, at) => {
      if (!incident.rate) return rhythm.busyness(at) > 0
      const near = { from: at - DAY / 2, to: at + 1.5 * DAY }
      const holiday = rhythm.isHoliday(at) || rhythm.isHoliday(at + DAY) || rhythm.isHoliday(at - DAY)
      // A closed day within it would make two of one incident.
      if (levelOf(world.profile, at, 36) < 0.6) return false
      return rhythm.busyness(at) > 0.3 && !holiday && !busy.some((window) => overlaps(window, near))
    },
  }
  const chosen = choose(business.incidents(trade), world, days / accounts)
  return planIncidents(world, courier, { start, days }, chosen, labels, ground)
}

function choose(incidents: readonly Incident[], world: World, days: number): [Incident, Strength][] {
  const { random, profile } = world
  const possible = incidents.flatMap((incident) =>
    STRENGTHS.filter((strength) => incident.fits(profile, strength)).map((strength): [Incident, Strength] => [
      incident,
      strength,
    ]),
  )
  return shuffled(random, possible).slice(0, Math.ceil(days / INCIDENT_EVERY_DAYS))
}

function* run(accounts: readonly Account[]): Generator<Arrival> {
  const [first] = accounts
  if (!first) return
  for (let hour = first.trade.start; hour < first.trade.end; hour += HOUR) {
    const arrived = accounts.flatMap((account) => advance(account, hour))
    if (accounts.length > 1) arrived.sort((a, b) => arrivalOf(a) - arrivalOf(b))
    yield* arrived
  }
}

const arrivalOf = ({ event, received }: Arrival): Seconds => received ?? event.created

function advance({ trade, habits }: Account, hour: Seconds): Arrival[] {
  const { world, clock } = trade
  world.weather.forget(hour)
  world.profile.offsetHours = clock.offset(hour) / HOUR
  for (let from = hour; from < hour + HOUR; from += QUARTER) {
    const midnight = clock.day(from) !== clock.day(from - QUARTER)
    for (const habit of habits) {
      if (midnight) habit.day?.(trade, from)
      habit.quarter?.(trade, from)
    }
  }
  return world.advance(hour + HOUR)
}
