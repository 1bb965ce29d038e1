import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { writeStreams } from '../../../src/simulator/write.ts'
import { migrate } from '../../../src/storage/migrate.ts'
import { percent, whole } from '../figures.ts'
import { bundle, type Child, inWorkshop, machineBusy, machineName, SERVER_CPU, startOn } from '../machine.ts'
import { atLeast, type BenchOptions, type Part, type PartReport } from '../part.ts'
import { type Replayed, WAYS, type Way } from './way.ts'

/** Of a full and of a quick run. */
const FULL = { tenants: 20, days: 35 }
const QUICK = { tenants: 6, days: 14 }
/** Events that a dry replay judges in a second of CPU. */
const TARGET = 20_000

const NAMES: Record<Way, string> = {
  bare: 'lines read, JSON parsed',
  dry: 'dry replay, all detectors',
  stored: 'stored replay (SQLite, FULL)',
}

/** Simulated histories through detection, dry and stored, beside what reading and parsing alone costs. */
export const replay: Part = {
  name: 'replay',
  about: 'simulated histories, read only, judged, and judged and stored',
  run: (options) => inWorkshop((folder) => measure(options, folder)),
}

async function measure({ quick, say }: BenchOptions, folder: string): Promise<PartReport> {
  const { tenants, days } = quick ? QUICK : FULL
  say(`writing ${days} days of ${tenants} tenants`)
  const streams = writeStreams({ out: join(folder, 'streams'), tenants, days, seed: '7', incidents: 'on' })
  const databaseUrl = `file:${join(folder, 'bench.db')}`
  await migrate({ databaseUrl })
  const script = await bundle(folder, { replayer: new URL('replayer.ts', import.meta.url) })
  const children = new Map<Way, Child>()
  try {
    for (const way of WAYS) {
      const child = startOn(SERVER_CPU, script('replayer'), [way, databaseUrl])
      children.set(way, child)
      await child.next()
    }
    const results: Results = { bare: [], dry: [], stored: [] }
    const busy = machineBusy()
    const began = performance.now()
    // By turns, so that what others do to the machine meanwhile is done to all three.
    for (const { name, file, events } of streams) {
      for (const [way, child] of children) results[way].push((await child.ask({ file })) as Replayed)
      say(`${name}: ${events} events, ${results.dry.at(-1)?.anomalies} anomalies`)
    }
    const used = (machineBusy() ?? Number.NaN) - (busy ?? Number.NaN)
    const ours = WAYS.reduce((sum, way) => sum + totalOf(results[way]).cpu, 0)
    const others = (1_000 * Math.max(0, used - ours)) / (performance.now() - began) / availableParallelism()
    return report(results, others)
  } finally {
    for (const child of children.values()) await child.stop()
  }
}

type Results = Record<Way, Replayed[]>

const totalOf = (replays: readonly Replayed[]): Replayed => ({
  events: replays.reduce((sum, { events }) => sum + events, 0),
  anomalies: replays.reduce((sum, { anomalies }) => sum + anomalies, 0),
  cpu: replays.reduce((sum, { cpu }) => sum + cpu, 0),
  wall: replays.reduce((sum, { wall }) => sum + wall, 0),
  memory: Math.max(...replays.map(({ memory }) => memory)),
})

/** @param others share of the machine that others took meanwhile; NaN where the system does not tell */
function report(results: Results, others: number): PartReport {
  const bare = totalOf(results.bare)
  const figures = WAYS.map((way) => {
    const { events, cpu, wall, memory, anomalies } = totalOf(results[way])
    return {
      way,
      events,
      anomalies,
      /** Microseconds. */
      cpuPerEvent: (cpu / events) * 1e6,
      perCpuSecond: events / cpu,
      overBare: cpu / events / (bare.cpu / bare.events),
      eventsPerSecond: events / wall,
      megabytes: memory / 1e6,
    }
  })
  const dry = figures.find(({ way }) => way === 'dry')?.perCpuSecond ?? Number.NaN
  return {
    title: 'Replay of simulated histories, on one core',
    columns: ['', 'CPU µs an event', '× bare', 'events a CPU second', 'events/s', 'peak MB'],
    rows: figures.map(({ way, cpuPerEvent, overBare, perCpuSecond, eventsPerSecond, megabytes }) => [
      NAMES[way],
      cpuPerEvent.toFixed(1),
      overBare.toFixed(1),
      whole(perCpuSecond),
      whole(eventsPerSecond),
      megabytes.toFixed(0),
    ]),
    notes: [
      `${results.bare.length} tenants, the largest with ${Math.max(...results.bare.map(({ events }) => events)).toLocaleString('en')} of ${bare.events.toLocaleString('en')} events; ${machineName()}`,
      `others took ${percent(others)} of the machine meanwhile: the ratios hold better than the times`,
    ],
    targets: [atLeast('dry replay', TARGET, dry, 'events a CPU second')],
    data: { target: TARGET, others, figures },
  }
}
