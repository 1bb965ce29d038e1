import type { Seconds } from '../../time.ts'
import { DISORDER } from './disorder.ts'
import type { Signs } from './signs.ts'

/**
 * Runs of evidence live in lanes of time: one for what happens now, and one for a backlog that is delivered after it,
 * which has its own time from oldest to newest and is judged as if it had come then.
 */
export interface Lanes<One extends { newest: Seconds }> {
  now: One
  backlog: One | null
}

/** Alternatives to what is usual that are weighed side by side, with the newest signs of any. Plain data. */
export interface Lane<Run> {
  newest: Seconds
  runs: Run[]
  signs: Signs
}

/**
 * The lane that a fact belongs to, moved on to its time.
 * @param begin a lane without any evidence
 */
export function laneOf<One extends { newest: Seconds }>(
  lanes: Lanes<One>,
  at: Seconds,
  begin: () => One,
): One {
  let lane = lanes.now
  if (at < lane.newest - DISORDER) {
    // A second backlog, older than where the first has come to, begins anew.
    if (lanes.backlog === null || at < lanes.backlog.newest - DISORDER) lanes.backlog = begin()
    lane = lanes.backlog
  }
  lane.newest = Math.max(lane.newest, at)
  return lane
}
