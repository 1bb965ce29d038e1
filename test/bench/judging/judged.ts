import { join } from 'node:path'
import { createServerDatabase, serverAnswers } from '../../support/postgres-server.ts'
import { figureOf, percent, range, times, whole } from '../figures.ts'
import { inWorkshop, machineName } from '../machine.ts'
import { atLeast, atMost, type BenchOptions, type Part, type PartReport, type Target } from '../part.ts'
import { backendCpu } from './backends.ts'
import { JudgingRig } from './rig.ts'

const TENANTS = 100
/** Of the bare rate. */
const TARGET = 0.25
/** On PostgreSQL with Redis: events a second on two cores, and microseconds of this process an event. */
const TARGET_RATE = 1_500
const TARGET_CPU = 500
const REDIS_URL = process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379'

/** Deliveries of 100 tenants, admitted and judged, against the bare limit; and the same on PostgreSQL with Redis. */
export const judged: Part = {
  name: 'judged',
  about:
    'deliveries of 100 tenants, admitted and judged, on SQLite against the bare limit, and on PostgreSQL with Redis',
  run: measure,
}

interface Round {
  /** Bare CPU a delivery, just before and after, over ours. */
  ratio: number
  /** As `ratio`, of rates. */
  rateRatio: number
  /** CPU of a second bare slice over the first. */
  null: number
  rate: number
  /** Microseconds an event: of this process, and of PostgreSQL's connections. */
  cpu: number
  backendCpu: number | undefined
  others: number
  /** Deliveries that were put off and sent again. */
  retried: number
}

interface Measured {
  engine: Engine
  rounds: readonly Round[]
}

interface Engine {
  name: string
  databaseUrl: string
  redisUrl?: string
}

async function measure(options: BenchOptions): Promise<PartReport> {
  const measured = [
    await inWorkshop((folder) =>
      measureEngine(
        folder,
        { name: 'SQLite, FULL', databaseUrl: `file:${join(folder, 'bench.db')}` },
        options,
      ),
    ),
  ]
  if (await serverAnswers()) {
    const database = await createServerDatabase()
    const engine = { name: 'PostgreSQL + Redis', databaseUrl: database.url, redisUrl: REDIS_URL }
    measured.push(
      await inWorkshop((folder) => measureEngine(folder, engine, options)).finally(() => database.drop()),
    )
  } else options.say('no PostgreSQL answers: set TEST_DATABASE_URL')
  return report(measured)
}

async function measureEngine(
  folder: string,
  engine: Engine,
  { quick, say }: BenchOptions,
): Promise<Measured> {
  const count = quick ? 2_000 : 8_000
  const rig = await JudgingRig.start(folder, { ...engine, tenants: TENANTS })
  try {
    await rig.bare(count)
    await rig.judged(count)
    const rounds: Round[] = []
    for (let number = 1; number <= (quick ? 1 : 5); number += 1) {
      const round = await measureRound(rig, engine, count)
      rounds.push(round)
      say(
        `${engine.name}, round ${number}: ${times(round.ratio)} of bare, ${whole(round.cpu)} µs, null ${times(round.null)}, others ${percent(round.others)}`,
      )
    }
    return { engine, rounds }
  } finally {
    await rig.stop()
  }
}

async function measureRound(
  rig: JudgingRig,
  { redisUrl, databaseUrl }: Engine,
  count: number,
): Promise<Round> {
  const backends = async () => (redisUrl === undefined ? undefined : backendCpu(databaseUrl))
  const before = await rig.bare(count)
  const began = await backends()
  const { rate, cpu, others, load } = await rig.judged(count)
  const ended = await backends()
  const after = await rig.bare(count)
  return {
    ratio: (before.cpu + after.cpu) / (2 * cpu),
    rateRatio: (2 * rate) / (before.rate + after.rate),
    null: after.cpu / before.cpu,
    rate,
    cpu,
    backendCpu: began === undefined || ended === undefined ? undefined : ((ended - began) / count) * 1e6,
    others,
    retried: load.retried,
  }
}

function report(measured: readonly Measured[]): PartReport {
  const figures = measured.map(({ engine, rounds }) => {
    const of = (figure: (round: Round) => number) => figureOf(rounds.map(figure))
    return {
      engine: engine.name,
      isSqlite: engine.redisUrl === undefined,
      ratio: of(({ ratio }) => ratio),
      rateRatio: of(({ rateRatio }) => rateRatio),
      null: of((round) => round.null),
      rate: of(({ rate }) => rate),
      cpu: of(({ cpu }) => cpu),
      backendCpu: of((round) => round.backendCpu ?? Number.NaN),
      others: of(({ others }) => others),
      retried: rounds.reduce((sum, round) => sum + round.retried, 0),
    }
  })
  return {
    title: `Deliveries of ${TENANTS} tenants, admitted and judged`,
    columns: [
      'database',
      '× bare (CPU)',
      '× bare (rate)',
      'null',
      'events/s',
      'CPU µs an event',
      'of PostgreSQL',
    ],
    rows: figures.map((row) => [
      row.engine,
      range(row.ratio),
      range(row.rateRatio),
      range(row.null),
      whole(row.rate.median),
      range(row.cpu, whole),
      row.isSqlite ? '' : whole(row.backendCpu.median),
    ]),
    notes: [
      'the rate is over the time until the last event is judged; null: CPU of a second bare slice over the first',
      "of PostgreSQL: CPU of the server's connections, without what it does in the background",
      ...figures.map(
        ({ engine, others, retried }) =>
          `${engine}: others took up to ${percent(others.max)} of the machine; ${retried} deliveries were put off (503) and sent again`,
      ),
      machineName(),
    ],
    targets: figures.flatMap(({ engine, isSqlite, ratio, rate, cpu }): Target[] =>
      isSqlite
        ? [atLeast(`a webhook admitted and judged, ${TENANTS} tenants`, TARGET, ratio.median)]
        : [
            atMost(`the same on ${engine}, of this process`, TARGET_CPU, cpu.median, 'µs an event'),
            atLeast(`the same on ${engine}, on 2 cores`, TARGET_RATE, rate.median, 'events/s'),
          ],
    ),
    data: { figures, measured: measured.map(({ engine, rounds }) => ({ engine: engine.name, rounds })) },
  }
}
