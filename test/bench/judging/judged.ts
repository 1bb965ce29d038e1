import { join } from 'node:path'
import { createServerDatabase, serverAnswers } from '../../support/postgres-server.ts'
import { inWorkshop, machineName, median } from '../machine.ts'
import type { BenchOptions, Part, Report } from '../part.ts'
import { JudgingRig } from './rig.ts'

const TENANTS = 100
/** Of the bare rate. */
const TARGET = 0.25
/** On PostgreSQL with Redis: events a second on two cores, and microseconds of this process an event. */
const TARGET_RATE = 1_500
const TARGET_CPU = 500
const DISTURBED = 0.08
const REDIS_URL = process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379'

/** Deliveries of 100 tenants, admitted and judged, against the bare limit; and the same on PostgreSQL with Redis. */
export const judged: Part = { name: 'judged', run: (options) => measure(options) }

interface Measured {
  engine: string
  ratio: number[]
  rate: number[]
  cpu: number[]
  null: number[]
  others: number
}

async function measure({ quick, say }: BenchOptions): Promise<Report> {
  const rounds = quick ? 1 : 5
  const count = quick ? 2_000 : 8_000
  const measured: Measured[] = []
  measured.push(
    await inWorkshop((folder) =>
      measureEngine(
        'SQLite, FULL',
        { folder, databaseUrl: `file:${join(folder, 'bench.db')}` },
        rounds,
        count,
      ),
    ),
  )
  if (await serverAnswers()) {
    say('now on PostgreSQL with Redis')
    const database = await createServerDatabase()
    const where = { databaseUrl: database.url, redisUrl: REDIS_URL }
    measured.push(
      await inWorkshop((folder) =>
        measureEngine('PostgreSQL + Redis', { folder, ...where }, rounds, count),
      ).finally(() => database.drop()),
    )
  } else say('no PostgreSQL answers: set TEST_DATABASE_URL')
  return report(measured)
}

async function measureEngine(
  engine: string,
  { folder, ...where }: { folder: string; databaseUrl: string; redisUrl?: string },
  rounds: number,
  count: number,
): Promise<Measured> {
  const rig = await JudgingRig.start(folder, { ...where, tenants: TENANTS })
  try {
    await rig.bare(count)
    await rig.judged(count)
    const result: Measured = { engine, ratio: [], rate: [], cpu: [], null: [], others: 0 }
    for (let round = 1; round <= rounds; round += 1) {
      const before = await rig.bare(count)
      const slice = await rig.judged(count)
      const after = await rig.bare(count)
      result.ratio.push((2 * slice.rate) / (before.rate + after.rate))
      result.rate.push(slice.rate)
      result.cpu.push(slice.cpu)
      result.null.push(after.rate / before.rate)
      result.others = Math.max(result.others, slice.others)
    }
    return result
  } finally {
    await rig.stop()
  }
}

function report(measured: readonly Measured[]): Report {
  const disturbed = Math.max(...measured.map(({ others }) => others))
  return {
    title: 'Deliveries of 100 tenants, admitted and judged',
    columns: ['database', '× bare', 'events/s', 'CPU µs an event', 'null check'],
    rows: measured.map(({ engine, ratio, rate, cpu, null: nulls }) => [
      engine,
      `${median(ratio).toFixed(2)} [${Math.min(...ratio).toFixed(2)}..${Math.max(...ratio).toFixed(2)}]`,
      median(rate).toFixed(0),
      median(cpu).toFixed(0),
      median(nulls).toFixed(2),
    ]),
    notes: [
      `targets: ${TARGET} × bare on SQLite; ${TARGET_RATE} events/s and ${TARGET_CPU} µs of this process on PostgreSQL, whose own CPU is beside it`,
      'the rate is over the time until the last event is judged; null check: a second bare slice over the first',
      disturbed > DISTURBED
        ? `others (PostgreSQL and Redis among them) took up to ${(disturbed * 100).toFixed(0)} % of the machine`
        : 'nobody else used the machine',
      machineName(),
    ],
    data: { target: TARGET, targetRate: TARGET_RATE, targetCpu: TARGET_CPU, measured },
  }
}
