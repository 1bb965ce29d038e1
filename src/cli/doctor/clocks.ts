import { recentJumps, streamsAhead } from '../../storage/clocks.ts'
import type { Database } from '../../storage/database.ts'
import type { WallClock } from '../../time.ts'
import type { Finding } from './finding.ts'

const ADVICE = "Synchronise this machine's clock (NTP), and look at what sets it."

const BECAME = {
  ignored: 'timers do not follow it until it has stood for 10 minutes',
  reversed: 'timers did not follow it, and it came back',
  believed: 'a server was started since, which believes the clock',
  followed: 'it stood for 10 minutes, so timers follow it',
} as const

/** What running servers saw of their clocks, and what a clock that was wrong has left behind. */
export async function checkJumps(database: Database, clock: WallClock): Promise<Finding[]> {
  const jumps = (await recentJumps(database)).map(({ at, seconds, outcome }): Finding => {
    const way = seconds < 0 ? 'back' : 'ahead'
    return {
      check: 'clock',
      level: outcome === 'ignored' ? 'problem' : 'notice',
      message: `the clock of a server jumped ${way} by ${Math.abs(seconds)} s at ${at.toISOString()}: ${BECAME[outcome]}`,
      advice: ADVICE,
    }
  })
  const ahead = await streamsAhead(database, clock.now())
  if (ahead === 0) return jumps
  const stuck: Finding = {
    check: 'clock',
    level: 'problem',
    message: `${ahead} streams are ahead of the clock: what is noticed by absence stands still until it has caught up`,
    advice: `${ADVICE} When it is right, restart the server: they come back to it.`,
  }
  return [...jumps, stuck]
}
