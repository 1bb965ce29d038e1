import { randomUUID } from 'node:crypto'
import { memoryBus } from '../../../src/bus/memory.ts'
import { linesOf } from '../../../src/cli/lines.ts'
import { DETECTORS } from '../../../src/detection/registry.ts'
import { dryReplay, type HistoricalEvent, readHistory } from '../../../src/detection/replay.ts'
import { storedReplay } from '../../../src/detection/stored-replay.ts'
import { type Database, openDatabase } from '../../../src/storage/database.ts'
import { createTenant } from '../../../src/tenancy/tenants.ts'
import { createVault } from '../../../src/tenancy/vault.ts'
import { systemClock, toDate } from '../../../src/time.ts'
import type { Replayed } from './way.ts'

type Replay = (file: string) => Promise<Pick<Replayed, 'events' | 'anomalies'>>

/** The least that a replay can cost: its lines read and their JSON parsed, one at a time. */
const bare: Replay = async (file) => {
  let events = 0
  for await (const line of await linesOf(file, process.stdin)) {
    JSON.parse(line)
    events += 1
  }
  return { events, anomalies: 0 }
}

const dry: Replay = async (file) => {
  const source = new Source(file)
  const raised = await dryReplay(DETECTORS, source.events('whe_bench'), {
    choices: new Map(),
    wall: toDate(0),
  })
  return { events: source.read, anomalies: raised.length }
}

/** Each file as the history of a tenant of its own. */
const storedIn =
  (database: Database): Replay =>
  async (file) => {
    const actor = { kind: 'SYSTEM' as const, name: 'bench' }
    const acting = { actor, clock: systemClock, vault: createVault(randomUUID()) }
    const made = await createTenant(database, acting, { name: 'Bench' })
    if (made.existing) throw new Error('a tenant that was there already')
    const source = new Source(file)
    const parts = { database, bus: memoryBus(), detectors: DETECTORS, clock: systemClock }
    const { anomalies } = await storedReplay(parts, made.tenant.id, source.events(made.endpoint.id))
    return { events: source.read, anomalies }
  }

/** The file's events, counted on the way as the command counts them. */
class Source {
  read = 0

  constructor(private readonly file: string) {}

  async *events(endpointId: string): AsyncGenerator<HistoricalEvent> {
    const history = readHistory(await linesOf(this.file, process.stdin), endpointId, ({ line, reason }) => {
      throw new Error(`line ${line}: ${reason}`)
    })
    for await (const event of history) {
      this.read += 1
      yield event
    }
  }
}

async function measured(replay: Replay, file: string): Promise<Replayed> {
  const before = process.cpuUsage()
  const began = performance.now()
  const done = await replay(file)
  const { user, system } = process.cpuUsage(before)
  return {
    ...done,
    cpu: (user + system) / 1e6,
    wall: (performance.now() - began) / 1e3,
    memory: process.resourceUsage().maxRSS * 1024,
  }
}

const [, , way = '', databaseUrl = ''] = process.argv
const replay = way === 'stored' ? storedIn(await openDatabase({ databaseUrl })) : way === 'dry' ? dry : bare
process.on('message', ({ file }: { file: string }) => {
  void measured(replay, file).then((result) => process.send?.(result))
})
process.send?.('ready')
