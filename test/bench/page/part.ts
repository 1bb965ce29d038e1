import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { BenchServer } from '../bench-server.ts'
import { type Figure, figuresOf, percent, range, times, whole } from '../figures.ts'
import {
  bundle,
  type Child,
  inWorkshop,
  LOAD_CPU,
  machineBusy,
  machineName,
  pinning,
  startOn,
} from '../machine.ts'
import { atLeast, type BenchOptions, type Part, type PartReport } from '../part.ts'
import type { PageOrder, PageResult } from './load.ts'
import { ROWS } from './query.ts'
import { type BenchReader, seed } from './seed.ts'

/** Anomalies in the database; each tenant has a thousand. */
const SIZES = [100_000, 1_000_000]
const QUICK_SIZES = [20_000]
const OF_A_TENANT = 1_000
/** Tenants that ask, of all that there are. */
const ASKING = 200
const CONNECTIONS = 16
/** What is worth reaching, and what must be. */
const TARGET = 0.6
const MUST = 0.5

/** A filtered page of 50 anomalies, asked for as a frontend does, against one prepared statement behind `node:http`. */
export const page: Part = {
  name: 'page',
  about:
    'a filtered page of 50 of 100,000 and of 1,000,000 anomalies, against one prepared statement behind node:http',
  run: async (options) => {
    const measured: Measured[] = []
    for (const anomalies of options.quick ? QUICK_SIZES : SIZES)
      measured.push(await inWorkshop((folder) => measure(options, folder, anomalies)))
    return report(measured)
  },
}

interface Slice {
  /** Pages a second. */
  rate: number
  /** Microseconds of the server's CPU a page. */
  cpu: number
  /** Share of the machine's time that others used meanwhile; undefined where the system does not tell. */
  others: number | undefined
  load: PageResult
}

interface Round {
  /** Bare CPU a page, just before and after, over ours. */
  ratio: number
  /** The same against a bare server that has our statement, which goes by an index where the plain one does not. */
  ofSame: number
  /** As `ratio`, of rates. */
  rateRatio: number
  /** The ratio for a second bare server: what is not 1 in it is not ours. */
  null: number
  ours: Slice
  bare: Slice
  others: number
}

interface Measured {
  anomalies: number
  rounds: readonly Round[]
}

async function measure({ quick, say }: BenchOptions, folder: string, anomalies: number): Promise<Measured> {
  const file = join(folder, 'bench.db')
  say(`writing ${anomalies.toLocaleString('en')} anomalies`)
  const readers = await seed(file, anomalies / OF_A_TENANT, OF_A_TENANT)
  const asking = readers.filter((_, index) => index % Math.ceil(readers.length / ASKING) === 0)
  const script = await bundle(folder, {
    bare: new URL('bare.ts', import.meta.url),
    ours: new URL('../whole.ts', import.meta.url),
    load: new URL('load.ts', import.meta.url),
  })
  const load = startOn(LOAD_CPU, script('load'), [])
  await load.next()
  const listed = JSON.stringify(asking)
  const bare = await BenchServer.start(script('bare'), [file, listed])
  const twin = await BenchServer.start(script('bare'), [file, listed])
  const same = await BenchServer.start(script('bare'), [file, listed, 'ours'])
  const ours = await BenchServer.start(script('ours'), [`file:${file}`, `${randomUUID()}${randomUUID()}`])
  try {
    const counts = new Map<BenchServer, number>()
    const slice = (server: BenchServer, count = counts.get(server) ?? 0): Promise<Slice> =>
      measureSlice(load, server, asking, count)
    for (const server of [bare, twin, same, ours]) {
      // Until what is compiled on the way is compiled.
      await slice(server, 3_000)
      const { rate } = await slice(server, 1_000)
      counts.set(server, Math.ceil(rate * (quick ? 1 : 3)))
    }
    const rounds: Round[] = []
    for (let number = 1; number <= (quick ? 3 : 5); number += 1) {
      const round = await measureRound(slice, { bare, twin, same, ours })
      rounds.push(round)
      say(
        `round ${number}: ${times(round.ratio)} of bare, null ${times(round.null)}, others ${percent(round.others)}`,
      )
    }
    return { anomalies, rounds }
  } finally {
    for (const child of [load, bare.child, twin.child, same.child, ours.child]) await child.stop()
  }
}

async function measureSlice(
  load: Child,
  server: BenchServer,
  readers: readonly BenchReader[],
  count: number,
): Promise<Slice> {
  const order: PageOrder = { port: server.port, readers, count, connections: CONNECTIONS }
  const [busy, own, cpu] = [machineBusy(), process.cpuUsage(), await server.cpu()]
  const result = (await load.ask(order)) as PageResult
  const used = (await server.cpu()) - cpu
  const { user, system } = process.cpuUsage(own)
  const after = machineBusy()
  if (result.wrong > 0) throw new Error(`${result.wrong} answers were no page of ${ROWS} rows`)
  const ours = used + result.cpu + (user + system) / 1e6
  const others =
    busy === undefined || after === undefined
      ? undefined
      : Math.max(0, after - busy - ours) / (2 * result.seconds)
  return { rate: count / result.seconds, cpu: (used / count) * 1e6, others, load: result }
}

async function measureRound(
  slice: (server: BenchServer) => Promise<Slice>,
  { bare, twin, same, ours }: Record<'bare' | 'twin' | 'same' | 'ours', BenchServer>,
): Promise<Round> {
  const before = await slice(bare)
  const target = await slice(ours)
  const between = await slice(bare)
  const repeated = await slice(twin)
  const after = await slice(bare)
  const indexed = await slice(same)
  return {
    ofSame: indexed.cpu / target.cpu,
    ratio: (before.cpu + between.cpu) / (2 * target.cpu),
    rateRatio: (2 * target.rate) / (before.rate + between.rate),
    null: (between.cpu + after.cpu) / (2 * repeated.cpu),
    ours: target,
    bare: between,
    others: Math.max(...[before, target, between, repeated, after, indexed].map(({ others }) => others ?? 0)),
  }
}

function summaryOf({ anomalies, rounds }: Measured) {
  const { figure, used, disturbed } = figuresOf(rounds)
  return {
    anomalies,
    counted: used.length,
    disturbed,
    others: figure(({ others }) => others),
    ratio: figure(({ ratio }) => ratio),
    rateRatio: figure(({ rateRatio }) => rateRatio),
    ofSame: figure(({ ofSame }) => ofSame),
    null: figure((round) => round.null),
    ours: side(figure, ({ ours }) => ours),
    bare: side(figure, ({ bare }) => bare),
    rounds,
  }
}

const side = (figure: (of: (round: Round) => number) => Figure, of: (round: Round) => Slice) => ({
  rate: figure((round) => of(round).rate),
  cpu: figure((round) => of(round).cpu),
  p50: figure((round) => of(round).load.p50),
  p99: figure((round) => of(round).load.p99),
  bytes: figure((round) => of(round).load.bytes),
  generator: figure((round) => of(round).load.cpu / of(round).load.seconds),
})

function report(measured: readonly Measured[]): PartReport {
  const all = measured.map(summaryOf)
  return {
    title: `A page of ${ROWS} anomalies with filter, against node:http + one prepared statement + JSON.stringify`,
    columns: ['server', 'pages/s', '× bare', 'target', 'CPU µs', 'p50 ms', 'p99 ms', 'kB', 'generator'],
    rows: all.flatMap(({ anomalies, ratio, ours, bare }) => {
      const row = (name: string, figures: typeof ours, versus: string, target: string): string[] => [
        `${name}, ${anomalies.toLocaleString('en')}`,
        whole(figures.rate.median),
        versus,
        target,
        whole(figures.cpu.median),
        figures.p50.median.toFixed(1),
        figures.p99.median.toFixed(1),
        (figures.bytes.median / 1_000).toFixed(1),
        percent(figures.generator.median),
      ]
      return [row('bare', bare, '1.00', ''), row('billingwatch', ours, range(ratio), TARGET.toFixed(2))]
    }),
    notes: [
      `× bare is of CPU a page, median [min..max]; target ${TARGET}, at least ${MUST}`,
      ...all.map(
        (one) =>
          `${one.anomalies.toLocaleString('en')}: null check ${range(one.null)}; of rates ${range(one.rateRatio)}; against a bare server with our statement ${range(one.ofSame)}; ${one.counted} of ${one.rounds.length} rounds counted${
            one.disturbed
              ? `, every one disturbed (others took up to ${percent(one.others.max)} of the machine): do not quote`
              : ''
          }`,
      ),
      `${OF_A_TENANT.toLocaleString('en')} anomalies a tenant, a quarter of which match; ${CONNECTIONS} connections, keys of up to ${ASKING} tenants in turn`,
      `billingwatch is the whole process: key look-up, rate limit, checks of the operation, head of the feed, page; ${machineName()}, ${
        pinning ? 'server and load pinned to a CPU each' : 'not pinned: the ratio says little'
      }`,
    ],
    targets: all.map(({ anomalies, ratio }) =>
      atLeast(`page of ${ROWS}, ${anomalies.toLocaleString('en')} anomalies`, TARGET, ratio.median),
    ),
    data: { target: TARGET, must: MUST, sizes: all },
  }
}
