import type { Seconds } from '../../../time.ts'
import { countOf, falseAlarmsPerYear, ratioOf } from '../../kit/settings.ts'
import type { Renewals } from './renewals.ts'
import { Revenue } from './revenue.ts'
import { newUnitSize, type UnitSize } from './unit-size.ts'

/** Stands for the renewals that are due, beside the names of the series. */
export const RENEWALS = 'renewals'

export interface State {
  since: Seconds
  newest: Seconds
  awake: boolean
  size: UnitSize
  revenue: Revenue
  /** From the first renewal on: revenue without renewals, until it is known well enough to replace the one with them. */
  next?: { since: Seconds; revenue: Revenue }
  /** Whether `revenue` is without renewals. */
  isApart?: true
  renewals?: Renewals
  /** Since when each series is down; the incident ends when all are up again. */
  down: Record<string, Seconds>
  startedAt: Seconds
  nats: number
}

export const settings = {
  minDrop: ratioOf('Revenue must be below the usual by at least this share.', {
    default: 0.3,
    min: 0.1,
    max: 0.9,
  }),
  minHistory: countOf(
    'Days of history that are needed before anything is reported: the usual week must be known.',
    { default: 14, min: 7, max: 60 },
  ),
  falseAlarmsPerYear,
}
export type Settings = typeof settings

/** A new state, or a stored one. */
export function stateOf(stored?: State): State {
  const state: State = {
    since: 0,
    newest: 0,
    awake: false,
    size: newUnitSize(),
    down: {},
    startedAt: 0,
    nats: 0,
    ...stored,
    revenue: new Revenue(stored?.revenue),
  }
  if (stored?.next !== undefined) state.next = { ...stored.next, revenue: new Revenue(stored.next.revenue) }
  return state
}

export const isOpen = ({ down }: State): boolean => Object.keys(down).length > 0
