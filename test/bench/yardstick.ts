import { createHmac } from 'node:crypto'
import { chargeEvent } from './ingest/workload.ts'

const PIECES = 4_000
const EVENT = chargeEvent(1, 1_700_000_000)

/**
 * Microseconds of CPU of a fixed piece of work (an event is parsed, written and signed). Measured before and after a
 * part it says whether the machine itself was the same: neighbours make caches and clocks slower for all.
 */
export function yardstick(): number {
  work(PIECES / 4)
  const before = process.cpuUsage()
  work(PIECES)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / PIECES
}

function work(pieces: number): void {
  for (let piece = 0; piece < pieces; piece++)
    createHmac('sha256', EVENT)
      .update(JSON.stringify(JSON.parse(EVENT)))
      .digest('hex')
}
