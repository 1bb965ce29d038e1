import { join } from 'node:path'
import { DISTURBED, figureOf, median, percent, range, whole } from '../figures.ts'
import { inWorkshop, machineName } from '../machine.ts'
import { atMost, type BenchOptions, type Part, type PartReport } from '../part.ts'
import { JudgingRig } from './rig.ts'

const TENANTS = [3_000, 10_000]
const QUICK = [500]
/** Microseconds of CPU an event. */
const TARGET = 600
const BARE = 5_000

/** One event each of thousands of tenants, admitted and judged: what a tenant's turn costs when there is one event in it. */
export const spread: Part = {
  name: 'spread',
  about: 'one event each of 3,000 and of 10,000 tenants, admitted and judged',
  run: measure,
}

interface Measured {
  tenants: number
  /** Of new tenants, and of ones that were judged before. CPU in microseconds an event. */
  first: number
  next: number[]
  rate: number
  bare: number[]
  /** The second bare slice of each round over its first. */
  null: number[]
  others: number
}

async function measure({ quick, say }: BenchOptions): Promise<PartReport> {
  const measured: Measured[] = []
  for (const tenants of quick ? QUICK : TENANTS) {
    say(`making ${tenants} tenants`)
    measured.push(await inWorkshop((folder) => measureSpread(folder, tenants, quick ? 1 : 3)))
    const last = measured.at(-1)
    if (last !== undefined) say(`${tenants} tenants: ${median(last.next).toFixed(0)} µs an event`)
  }
  return report(measured)
}

async function measureSpread(folder: string, tenants: number, rounds: number): Promise<Measured> {
  const rig = await JudgingRig.start(folder, { databaseUrl: `file:${join(folder, 'bench.db')}`, tenants })
  try {
    await rig.bare(BARE)
    const first = await rig.judged(tenants)
    const result: Measured = { tenants, first: first.cpu, next: [], rate: 0, bare: [], null: [], others: 0 }
    const rates: number[] = []
    for (let round = 1; round <= rounds; round += 1) {
      const before = await rig.bare(BARE)
      const judged = await rig.judged(tenants)
      const after = await rig.bare(BARE)
      result.next.push(judged.cpu)
      rates.push(judged.rate)
      result.bare.push(before.cpu)
      result.null.push(after.cpu / before.cpu)
      result.others = Math.max(result.others, judged.others)
    }
    return { ...result, rate: median(rates) }
  } finally {
    await rig.stop()
  }
}

function report(measured: readonly Measured[]): PartReport {
  const disturbed = Math.max(...measured.map(({ others }) => others))
  return {
    title: 'One event each of many tenants, admitted and judged (SQLite, FULL)',
    columns: ['tenants', 'target', 'CPU µs an event', 'of new ones', 'events/s', 'bare µs', 'null check'],
    rows: measured.map(({ tenants, first, next, rate, bare, null: nulls }) => [
      tenants.toLocaleString('en'),
      `≤ ${TARGET}`,
      range(figureOf(next), whole),
      first.toFixed(0),
      rate.toFixed(0),
      median(bare).toFixed(0),
      median(nulls).toFixed(2),
    ]),
    notes: [
      'CPU of the server from the first delivery until the last event is judged; bare: node:http + HMAC, the same run',
      'null check: the CPU of a second bare slice over the first; 1 where the machine is calm',
      disturbed > DISTURBED
        ? `others took up to ${percent(disturbed)} of the machine`
        : 'nobody else used the machine',
      machineName(),
    ],
    targets: measured.map(({ tenants, next }) =>
      atMost(
        `one event each of ${tenants.toLocaleString('en')} tenants`,
        TARGET,
        median(next),
        'µs an event',
      ),
    ),
    data: { target: TARGET, measured },
  }
}
