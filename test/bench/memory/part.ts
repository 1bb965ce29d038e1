import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { openDatabase } from '../../../src/storage/open.ts'
import { scopeTo } from '../../../src/storage/scope/scope.ts'
import { createApiKey } from '../../../src/tenancy/api-keys.ts'
import { createVault } from '../../../src/tenancy/vault.ts'
import { systemClock } from '../../../src/time.ts'
import { BenchServer } from '../bench-server.ts'
import { LoadRig } from '../ingest/rig.ts'
import { type MadeTenant, manyTenants } from '../judging/many-tenants.ts'
import { bundle, type Child, inWorkshop, LOAD_CPU, machineName, startOn } from '../machine.ts'
import { atMost, type BenchOptions, type Part, type PartReport } from '../part.ts'

const FULL = { tenants: 10_000, sockets: 1_000 }
const QUICK = { tenants: 1_000, sockets: 100 }
/** Deliveries a second: some tenth of what a core does, for an hour. */
const RATE = 100
const SECONDS_A_SAMPLE = 30
/** Share of the time in which caches fill: what comes after is to be flat. */
const FILLING = 0.5
const TARGET_MB = 300
/** Megabytes that it may go on growing by in an hour. */
const TARGET_GROWTH_MB = 15

/** Whether a server's memory stays where it is, under load that goes on, with many tenants and many sockets. */
export const memory: Part = {
  name: 'memory',
  about: 'memory of a server with 10,000 tenants and 1,000 sockets under load that goes on',
  takes: 'an hour',
  run: (options) => inWorkshop((folder) => measure(options, folder)),
}

interface Sample {
  minute: number
  megabytes: number
  /** Of it: what V8 holds, what is in use of that, and buffers. */
  heap: number
  used: number
  buffers: number
  /** Microseconds of CPU a delivery, with its judging and pushing. */
  cpu: number
  /** Deliveries that were put off and sent again. */
  retried: number
}

async function measure({ quick, minutes, say }: BenchOptions, folder: string): Promise<PartReport> {
  const size = quick ? QUICK : FULL
  const databaseUrl = `file:${join(folder, 'bench.db')}`
  const secret = `${randomUUID()}${randomUUID()}`
  say(`making ${size.tenants} tenants`)
  const tenants = await manyTenants(databaseUrl, secret, size.tenants)
  const keys = await keysOf(databaseUrl, secret, tenants.slice(0, size.sockets))
  const script = await bundle(folder, {
    whole: new URL('../whole.ts', import.meta.url),
    load: new URL('../ingest/load.ts', import.meta.url),
    subscribers: new URL('../fanout/subscribers.ts', import.meta.url),
  })
  const server = await BenchServer.start(script('whole'), [databaseUrl, secret])
  const rig = await LoadRig.start(script('load'), tenants)
  const subscribers = startOn(LOAD_CPU, script('subscribers'), [])
  try {
    await subscribe(subscribers, server.port, keys)
    const samples: Sample[] = []
    const began = performance.now()
    for (let minute = 0; minute < minutes; ) {
      const before = await server.cpu()
      const { load } = await rig.slice(server, RATE * SECONDS_A_SAMPLE, RATE)
      const usage = await server.usage()
      minute = (performance.now() - began) / 60_000
      const sample = {
        minute,
        megabytes: usage.rss / 1e6,
        heap: usage.heapTotal / 1e6,
        used: usage.heapUsed / 1e6,
        buffers: usage.external / 1e6,
        cpu: ((usage.cpu - before) / (RATE * SECONDS_A_SAMPLE)) * 1e6,
        retried: load.retried,
      }
      samples.push(sample)
      say(
        `${minute.toFixed(1)} min: ${sample.megabytes.toFixed(0)} MB (heap ${sample.used.toFixed(0)} of ${sample.heap.toFixed(0)}, buffers ${sample.buffers.toFixed(0)}), ${sample.cpu.toFixed(0)} µs a delivery`,
      )
    }
    return report(samples, size)
  } finally {
    for (const child of [server.child, rig.child, subscribers]) await child.stop()
  }
}

async function keysOf(
  databaseUrl: string,
  secret: string,
  tenants: readonly MadeTenant[],
): Promise<string[]> {
  const database = await openDatabase({ databaseUrl })
  const actor = { kind: 'SYSTEM' as const, name: 'bench' }
  const acting = { actor, clock: systemClock, vault: createVault(secret) }
  const keys: string[] = []
  for (const { tenantId } of tenants) {
    const { key } = await createApiKey(scopeTo(database, tenantId), acting, { name: 'bench', role: 'VIEWER' })
    keys.push(key)
  }
  await database.close()
  return keys
}

async function subscribe(subscribers: Child, port: number, keys: readonly string[]): Promise<void> {
  const query = 'subscription { anomalyChanged { node { id title severity occurrences } } }'
  await subscribers.next()
  const sockets = keys.map((key) => ({ key, query, variables: {} }))
  await subscribers.ask({ connect: { name: 'bench', port, sockets } })
}

function report(samples: readonly Sample[], { tenants, sockets }: typeof FULL): PartReport {
  const last = samples.at(-1)?.minute ?? Number.NaN
  const later = samples.filter(({ minute }) => minute >= last * FILLING)
  const most = Math.max(...samples.map(({ megabytes }) => megabytes))
  const growth = 60 * slopeOf(later)
  const retried = samples.reduce((sum, sample) => sum + sample.retried, 0)
  const wanted = [0.1, 0.25, 0.5, 0.75, 1].map((share) => last * share)
  const shown = wanted.flatMap((minute) => samples.find((sample) => sample.minute >= minute) ?? [])
  const about = `${tenants.toLocaleString('en')} tenants, ${sockets.toLocaleString('en')} sockets`
  return {
    title: `Memory of a server under load, ${about} (SQLite, one process)`,
    columns: ['after minutes', 'RSS MB', 'of it V8', 'in use', 'buffers', 'CPU µs a delivery'],
    rows: shown.map(({ minute, megabytes, heap, used, buffers, cpu }) => [
      minute.toFixed(1),
      megabytes.toFixed(0),
      heap.toFixed(0),
      used.toFixed(0),
      buffers.toFixed(0),
      cpu.toFixed(0),
    ]),
    notes: [
      `${RATE} deliveries a second over all tenants, each socket with a subscription of its tenant's; ${retried} were put off (503) and sent again`,
      `most ${most.toFixed(0)} MB; in the second half it grew by ${growth.toFixed(1)} MB an hour (a line through its samples)`,
      machineName(),
    ],
    targets: [
      atMost(`RSS, ${about}, ${last.toFixed(0)} minutes of load`, TARGET_MB, most, 'MB'),
      atMost('the same, growth in the second half', TARGET_GROWTH_MB, growth, 'MB an hour'),
    ],
    data: { targetMb: TARGET_MB, targetGrowthMb: TARGET_GROWTH_MB, most, growth, samples },
  }
}

/** Megabytes a minute, of the line that fits the samples best. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const minute = mean((sample) => sample.minute)
  const covariance = mean((sample) => (sample.minute - minute) * sample.megabytes)
  return covariance / mean((sample) => (sample.minute - minute) ** 2)
}
