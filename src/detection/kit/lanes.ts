import type { Seconds } from '../../time.ts'
import { DISORDER } from './disorder.ts'

/**
 * Runs of evidence live in lanes of time: one for what happens now, and one for a backlog that is delivered after it,
 * which has its own time from oldest to newest and is judged as if it had come then.
 */
export interface Lanes<Lane extends { newest: Seconds }> {
  now: Lane
  backlog: Lane | null
}

/**
 * The lane that a fact belongs to, moved on to its time.
 * @param begin a lane without any evidence
 */
export function laneOf<Lane extends { newest: Seconds }>(
  lanes: Lanes<Lane>,
  at: Seconds,
  begin: () => Lane,
): Lane {
  const lane = at >= lanes.now.newest - DISORDER ? lanes.now : backlogAt(lanes, at, begin)
  lane.newest = Math.max(lane.newest, at)
  return lane
}

/** A second backlog, older than where the first has come to, begins anew. */
function backlogAt<Lane extends { newest: Seconds }>(
  lanes: Lanes<Lane>,
  at: Seconds,
  begin: () => Lane,
): Lane {
  if (lanes.backlog === null || at < lanes.backlog.newest - DISORDER) lanes.backlog = begin()
  return lanes.backlog
}
