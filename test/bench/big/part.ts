import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BenchServer } from '../bench-server.ts'
import { figuresOf, percent, range, whole } from '../figures.ts'
import { LoadRig } from '../ingest/rig.ts'
import { manyTenants } from '../judging/many-tenants.ts'
import { bundle, inWorkshop, machineName } from '../machine.ts'
import { atMost, type BenchOptions, type Part, type PartReport } from '../part.ts'
import { storeEvents } from './stored-events.ts'

type Size = Record<'events' | 'tenants', number>

/** What a server holds that has just begun, and one that is full. */
const SMALL: Size = { events: 10_000, tenants: 10 }
const FULL: Size = { events: 10_000_000, tenants: 10_000 }
const QUICK: Size = { events: 200_000, tenants: 1_000 }
const TARGET = 1.25

/** What it costs to admit a webhook when much is stored, against the same when little is. */
export const big: Part = {
  name: 'big',
  about: 'a webhook at 10,000,000 stored events and 10,000 tenants, against 10,000 and 10',
  takes: 'a quarter of an hour, and 7 GB of disk',
  run: (options) => inWorkshop((folder) => measure(options, folder)),
}

interface Side {
  about: string
  server: BenchServer
  rig: LoadRig
  bytes: number
  startSeconds: number
  writeSeconds: number
}

interface Round {
  /** CPU of a webhook at much over that at little, just before and after. */
  ratio: number
  /** The same of the server that holds little, against itself. */
  null: number
  big: number
  small: number
  others: number
}

async function measure({ quick, say }: BenchOptions, folder: string): Promise<PartReport> {
  const script = await bundle(folder, {
    ours: new URL('../ingest/ours.ts', import.meta.url),
    load: new URL('../ingest/load.ts', import.meta.url),
  })
  const sides: Side[] = []
  try {
    const open = async (name: string, size: Size): Promise<Side> => {
      const side = await openSide(join(folder, `${name}.db`), script, size)
      sides.push(side)
      say(`${side.about}: written in ${side.writeSeconds.toFixed(0)} s, ${(side.bytes / 1e9).toFixed(2)} GB`)
      return side
    }
    const small = await open('little', SMALL)
    const large = await open('much', quick ? QUICK : FULL)
    const count = quick ? 3_000 : 20_000
    for (const { rig, server } of [small, large]) await rig.slice(server, count)
    const rounds: Round[] = []
    for (let number = 1; number <= (quick ? 2 : 7); number += 1) {
      rounds.push(await measureRound(small, large, count))
      const last = rounds.at(-1)
      say(`round ${number}: ${last?.ratio.toFixed(2)} ×, null ${last?.null.toFixed(2)}`)
    }
    return report(rounds, small, large)
  } finally {
    for (const { server, rig } of sides) {
      await server.child.stop()
      await rig.child.stop()
    }
  }
}

async function openSide(file: string, script: (name: string) => string, size: Size): Promise<Side> {
  const secret = randomUUID()
  const tenants = await manyTenants(`file:${file}`, secret, size.tenants)
  const began = performance.now()
  storeEvents(file, tenants, size.events)
  const writeSeconds = (performance.now() - began) / 1_000
  const { size: bytes } = await stat(file)
  const starting = performance.now()
  const server = await BenchServer.start(script('ours'), [`file:${file}`, secret])
  const startSeconds = (performance.now() - starting) / 1_000
  const rig = await LoadRig.start(script('load'), tenants)
  const about = `${whole(size.events)} events, ${whole(size.tenants)} tenants`
  return { about, server, rig, bytes, startSeconds, writeSeconds }
}

async function measureRound(small: Side, large: Side, count: number): Promise<Round> {
  const slice = ({ rig, server }: Side) => rig.slice(server, count)
  const before = await slice(small)
  const target = await slice(large)
  const after = await slice(small)
  return {
    ratio: (2 * target.cpu) / (before.cpu + after.cpu),
    null: after.cpu / before.cpu,
    big: target.cpu,
    small: (before.cpu + after.cpu) / 2,
    others: Math.max(...[before, target, after].map(({ others }) => others ?? 0)),
  }
}

function report(rounds: readonly Round[], small: Side, large: Side): PartReport {
  const { figure, used } = figuresOf(rounds)
  const ratio = figure((round) => round.ratio)
  const row = ({ about, bytes, startSeconds }: Side, of: (round: Round) => number, versus: string) => [
    about,
    versus,
    whole(figure(of).median),
    (bytes / 1e9).toFixed(2),
    startSeconds.toFixed(1),
  ]
  return {
    title: 'Admitting a webhook to SQLite (FULL) when much is stored, against the same when little is',
    columns: ['stored', '×', 'CPU µs', 'GB', 'starts in s'],
    rows: [row(small, (round) => round.small, '1.00'), row(large, (round) => round.big, range(ratio))],
    notes: [
      `null check: ${range(figure((round) => round.null))}; ${used.length} of ${rounds.length} rounds counted, others took up to ${percent(figure(({ others }) => others).max)} of the machine in them`,
      `bodies are gone, as after their retention; written in bulk in ${large.writeSeconds.toFixed(0)} s`,
      machineName(),
    ],
    targets: [atMost(`a webhook at ${large.about}`, TARGET, ratio.median, `× that at ${small.about}`)],
    data: { target: TARGET, ratio, rounds, bytes: large.bytes, startSeconds: large.startSeconds },
  }
}
