import { DAY, HOUR, type Seconds } from '../../../time.ts'
import { excess } from '../../statistics/deviance.ts'
import { LateSums } from '../../statistics/late-sums.ts'
import type { Spans } from '../../statistics/spans.ts'

const SUMS = { width: HOUR, delay: DAY, halfLife: 14 * DAY, keep: 4 * HOUR, channels: 1 }
const WINDOW: Seconds = 3 * HOUR
const MARGIN = 1.5
/** Never fewer are taken for usual, so that six late ones are just odd enough; whoever asks for fewer has fewer. */
const FEWEST = { late: 6, usual: 0.3, power: 3.5 }

/** Late deliveries of ordinary times: some tenants always have stragglers, and a lag must be more than those. */
export class Stragglers extends LateSums {
  constructor(stored?: unknown) {
    super(SUMS, stored)
  }

  /** Counts a late delivery by its arrival; those within `incidents` never become usual. */
  count(arrival: Seconds, incidents: Spans): void {
    this.settle(arrival, incidents)
    this.add(arrival, 0)
  }

  /** How odd this many late ones in three hours are, in nats, and how many are usual. */
  judge(late: number, minLate: number): { usual: number; nats: number } {
    const fewest = FEWEST.usual * Math.min(1, minLate / FEWEST.late) ** FEWEST.power
    const usual = Math.max(fewest, this.rate(0) * WINDOW)
    return { usual, nats: excess(late, MARGIN * usual, 0) }
  }
}
