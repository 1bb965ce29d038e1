import { DAY, type Seconds } from '../time.ts'
import type { OrdinaryCourier } from './courier.ts'
import { type Incident, type Label, STRENGTHS, type Strength } from './incidents/incident.ts'
import { INCIDENTS } from './incidents/registry.ts'
import type { Disturbance } from './quiet/disturbance.ts'
import { DISTURBANCES } from './quiet/registry.ts'
import type { Random } from './random.ts'
import type { World } from './world.ts'

export interface Span {
  start: Seconds
  days: number
}

export interface Window {
  from: Seconds
  to: Seconds
}

/** Where an incident may take place besides: not while the shop is closed, for one. */
export interface Ground {
  suits(incident: Incident, at: Seconds): boolean
}

const EVERYWHERE: Ground = { suits: () => true }

/** Days that an incident of rates keeps to itself before and after. */
const APART = 2.5 * DAY

export const overlaps = (a: Window, b: Window): boolean => a.from < b.to && b.from < a.to

export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: random.unit() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

/** Which incidents this tenant gets, and how strong. */
export function chooseIncidents(
  world: World,
  { days }: Span,
  only: Incident | undefined,
): [Incident, Strength][] {
  const { random, profile } = world
  if (only) {
    const strengths = STRENGTHS.filter((strength) => only.fits(profile, strength))
    return strengths.length === 0 ? [] : [[only, random.pick(strengths)]]
  }
  if (random.chance(1 / 3)) return []
  const possible = INCIDENTS.flatMap((incident): [Incident, Strength][] => {
    const strengths = STRENGTHS.filter((strength) => incident.fits(profile, strength))
    return strengths.length === 0 ? [] : [[incident, random.pick(strengths)]]
  })
  return shuffled(random, possible).slice(0, Math.max(1, Math.round((days / 35) * random.int(4, 7))))
}

/**
 * Lets things go wrong, far enough apart that each can be told from the other.
 * @param labels gets the truth about them
 * @returns when rates are not as usual
 */
export function planIncidents(
  world: World,
  courier: OrdinaryCourier,
  span: Span,
  chosen: readonly (readonly [Incident, Strength])[],
  labels: Label[],
  ground: Ground = EVERYWHERE,
): Window[] {
  const { random } = world
  const taken: Window[] = []
  for (const [incident, strength] of chosen) {
    const first = span.start + incident.daysBefore * DAY
    const last = span.start + (span.days - incident.daysAfter) * DAY
    for (let attempt = 0; attempt < 12 && first < last; attempt++) {
      const at = Math.round(random.between(first, last))
      const alone = { from: at - APART, to: at + 2 * APART }
      if (incident.rate && taken.some((window) => overlaps(window, alone))) continue
      if (!ground.suits(incident, at)) continue
      const before = labels.length
      incident.stage({
        world,
        courier,
        strength,
        at,
        label: (label) => labels.push({ detector: incident.detector, strength, ...label }),
      })
      const to = Math.max(at, ...labels.slice(before).map((label) => label.to))
      if (incident.rate) taken.push({ from: at - APART / 2, to: to + APART / 2 })
      break
    }
  }
  return taken
}

/** Lets unusual things happen that are nobody's fault, where they blur no incident and do not add up to one. */
export function planDisturbances(
  world: World,
  { start, days }: Span,
  taken: readonly Window[],
  disturbances: readonly Disturbance[] = DISTURBANCES,
): void {
  const random = world.random.fork('disturbances')
  for (const disturbance of disturbances) {
    if (!disturbance.fits(world.profile)) continue
    const own: Window[] = []
    for (let left = random.poisson((disturbance.often * days) / 28); left > 0; left--) {
      const at = Math.round(random.between(start + DAY, start + days * DAY))
      const window = { from: at - DAY, to: at + 4 * DAY }
      if (disturbance.rate && [...taken, ...own].some((other) => overlaps(other, window))) continue
      own.push(window)
      disturbance.stage(world, at)
    }
  }
}
