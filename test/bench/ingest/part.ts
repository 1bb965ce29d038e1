import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { migrate } from '../../../src/storage/migrate.ts'
import { openDatabase } from '../../../src/storage/open.ts'
import { Driver } from '../../../src/storage/sqlite/driver.ts'
import { createTenant } from '../../../src/tenancy/tenants.ts'
import { createVault } from '../../../src/tenancy/vault.ts'
import { systemClock } from '../../../src/time.ts'
import { BenchServer } from '../bench-server.ts'
import { DISTURBED, figuresOf, percent, range, times, whole } from '../figures.ts'
import { bundle, inWorkshop, machineName, pinning } from '../machine.ts'
import { atLeast, type BenchOptions, type Part, type PartReport } from '../part.ts'
import { LoadRig, type Slice } from './rig.ts'
import type { BenchTenant } from './workload.ts'

const TENANTS = 100
const TARGET = 0.35
/** Against a commit for each delivery. */
const TARGET_EACH = 4.5

/** Durable ingest against the bare limit, and against a commit for each: the same signed deliveries, by turns, in one run. */
export const ingest: Part = {
  name: 'ingest',
  about: 'durable ingest alone, against bare node:http + HMAC and against a commit for each delivery',
  run: (options) => inWorkshop((folder) => measure(options, folder)),
}

interface Round {
  /** Our rate over the bare one just before and after. */
  ratio: number
  /** The same for a second bare server: what is not 1 in it is not ours. */
  null: number
  /** Our rate over that of a server that commits each delivery. */
  overEach: number
  ours: Slice
  bare: Slice
  each: Slice
  /** The largest share that others had in a slice. */
  others: number
}

async function measure({ quick, say }: BenchOptions, folder: string): Promise<PartReport> {
  const file = join(folder, 'bench.db')
  const vaultSecret = randomUUID()
  const tenants = await prepare(`file:${file}`, vaultSecret)
  const script = await bundle(folder, {
    bare: new URL('bare.ts', import.meta.url),
    each: new URL('each.ts', import.meta.url),
    ours: new URL('ours.ts', import.meta.url),
    load: new URL('load.ts', import.meta.url),
  })
  const listed = JSON.stringify(tenants)
  const rig = await LoadRig.start(script('load'), tenants)
  const bare = await BenchServer.start(script('bare'), [listed])
  const twin = await BenchServer.start(script('bare'), [listed])
  const each = await BenchServer.start(script('each'), [listed, join(folder, 'each.db')])
  const ours = await BenchServer.start(script('ours'), [`file:${file}`, vaultSecret])
  try {
    for (const server of [bare, each, ours]) await rig.checkForgery(server)
    let acknowledged = 0
    const counts = new Map<BenchServer, number>()
    const slice = async (server: BenchServer, count = counts.get(server) ?? 0): Promise<Slice> => {
      const result = await rig.slice(server, count)
      if (server === ours) acknowledged += result.load.fresh
      return result
    }
    for (const server of [bare, twin, each, ours]) {
      await slice(server, 3_000)
      const { rate } = await slice(server, 3_000)
      counts.set(server, Math.min(60_000, Math.round(rate * (quick ? 1 : 4))))
    }
    const rounds: Round[] = []
    for (let number = 1; number <= (quick ? 3 : 5); number += 1) {
      const round = await measureRound(slice, { bare, twin, each, ours })
      rounds.push(round)
      say(
        `round ${number}: ${times(round.ratio)} of bare, null ${times(round.null)}, others ${percent(round.others)}`,
      )
    }
    const killed = await rig.kill(ours, 20_000)
    acknowledged += killed.fresh
    const stored = countRows(file)
    if (stored < acknowledged) throw new Error(`${acknowledged - stored} acknowledged events are lost`)
    return report(rounds, { acknowledged, stored, underway: killed.broken })
  } finally {
    for (const child of [rig.child, bare.child, twin.child, each.child, ours.child]) await child.stop()
  }
}

async function measureRound(
  slice: (server: BenchServer) => Promise<Slice>,
  { bare, twin, each, ours }: Record<'bare' | 'twin' | 'each' | 'ours', BenchServer>,
): Promise<Round> {
  const before = await slice(bare)
  const target = await slice(ours)
  const between = await slice(bare)
  const repeated = await slice(twin)
  const after = await slice(bare)
  const committed = await slice(each)
  return {
    ratio: (2 * target.rate) / (before.rate + between.rate),
    null: (2 * repeated.rate) / (between.rate + after.rate),
    overEach: target.rate / committed.rate,
    ours: target,
    bare: between,
    each: committed,
    others: Math.max(
      ...[before, target, between, repeated, after, committed].map(({ others }) => others ?? 0),
    ),
  }
}

/** A migrated database with its tenants. */
export async function prepare(databaseUrl: string, vaultSecret: string): Promise<BenchTenant[]> {
  await migrate({ databaseUrl })
  const database = await openDatabase({ databaseUrl })
  const vault = createVault(vaultSecret)
  const acting = { actor: { kind: 'SYSTEM' as const, name: 'bench' }, clock: systemClock, vault }
  const tenants: BenchTenant[] = []
  for (let number = 0; number < TENANTS; number += 1) {
    const secret = `whsec_bench${String(number).padStart(3, '0')}${'s'.repeat(24)}`
    const made = await createTenant(database, acting, { name: `Bench ${number}`, webhookSecret: secret })
    if (!made.existing) tenants.push({ token: made.token, secret })
  }
  await database.close()
  return tenants
}

function countRows(file: string): number {
  const connection = new Driver(file)
  try {
    return Number(connection.prepare('SELECT COUNT(*) FROM "StripeEvent"').pluck().get())
  } finally {
    connection.close()
  }
}

interface Durability {
  acknowledged: number
  stored: number
  underway: number
}

function report(rounds: readonly Round[], durability: Durability): PartReport {
  const { figure, used, disturbed } = figuresOf(rounds)
  const ratio = figure((round) => round.ratio)
  const nullCheck = figure((round) => round.null)
  const overEach = figure((round) => round.overEach)
  const eachOfBare = figure(({ each, bare }) => each.rate / bare.rate)
  const row = (name: string, of: (round: Round) => Slice, versus: string): string[] => [
    name,
    whole(figure((round) => of(round).rate).median),
    versus,
    whole(figure((round) => of(round).cpu).median),
    figure((round) => of(round).load.p50).median.toFixed(1),
    figure((round) => of(round).load.p99).median.toFixed(1),
    percent(figure((round) => of(round).load.cpu / of(round).load.seconds).median),
  ]
  return {
    title: 'Durable ingest (SQLite, synchronous=FULL) against bare node:http + HMAC',
    columns: ['server', 'requests/s', '× bare', 'CPU µs', 'p50 ms', 'p99 ms', 'generator'],
    rows: [
      row('bare node:http + HMAC', ({ bare }) => bare, '1.00'),
      row('check, insert, commit each', ({ each }) => each, range(eachOfBare)),
      row('billingwatch', ({ ours }) => ours, range(ratio)),
    ],
    notes: [
      `target ${TARGET.toFixed(2)} × bare; ${used.length} of ${rounds.length} rounds counted, median [min..max]`,
      `${range(overEach)} × the rate of a commit for each delivery, with the same driver; target ${TARGET_EACH}`,
      `null check: a second bare server measured ${range(nullCheck)} × bare`,
      !disturbed
        ? `rounds in which others took more than ${percent(DISTURBED)} of the machine are left out`
        : `every round was disturbed (others took up to ${percent(figure(({ others }) => others).max)}): do not quote this`,
      `${TENANTS} tenants, 2.7 kB signed events, 64 connections, 5 % repeats; ${machineName()}, ${
        pinning ? 'server and load pinned to a CPU each' : 'not pinned: the ratio says little'
      }`,
      `killed under load: ${durability.acknowledged} events acknowledged, ${durability.stored} stored, ${durability.underway} deliveries underway`,
    ],
    targets: [
      atLeast('durable ingest alone, 100 tenants', TARGET, ratio.median),
      atLeast('the same', TARGET_EACH, overEach.median, '× commit each'),
    ],
    data: {
      target: TARGET,
      ratio,
      null: nullCheck,
      overEach,
      counted: used.length,
      disturbed,
      durability,
      rounds,
    },
  }
}
