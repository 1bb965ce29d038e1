import type { Disturbance } from './disturbance.ts'
import { HICCUPS } from './hiccups.ts'
import { MACHINES } from './machines.ts'
import { PEOPLE } from './people.ts'
import { TRADE } from './trade.ts'

/** Everything unusual that must stay quiet, besides what every stream has anyway: stragglers, redeliveries, twins. */
export const DISTURBANCES: readonly Disturbance[] = [...TRADE, ...HICCUPS, ...PEOPLE, ...MACHINES]
