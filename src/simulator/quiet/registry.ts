import type { Disturbance } from './disturbance.ts'
import { HICCUPS } from './hiccups.ts'
import { MACHINES } from './machines.ts'
import { PEOPLE } from './people.ts'
import { TRADE } from './trade.ts'

/** Everything unusual that must stay quiet, besides what every stream has anyway: stragglers, redeliveries, twins. */
export const DISTURBANCES: readonly Disturbance[] = [...TRADE, ...HICCUPS, ...PEOPLE, ...MACHINES]

/** Some of them. @throws RangeError on a name that is not there */
export const disturbancesNamed = (...names: string[]): Disturbance[] =>
  names.map((name) => {
    const disturbance = DISTURBANCES.find((candidate) => candidate.name === name)
    if (!disturbance) throw new RangeError(`no such disturbance: ${name}`)
    return disturbance
  })
