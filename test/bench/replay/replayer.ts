import { randomUUID } from 'node:crypto'
import { memoryBus } from '../../../src/bus/memory.ts'
import { History } from '../../../src/cli/replay/history.ts'
import { decoded, openInput } from '../../../src/cli/replay/input.ts'
import { valuesOf } from '../../../src/cli/replay/values.ts'
import { Shell } from '../../../src/cli/shell.ts'
import { Stop } from '../../../src/cli/stopping.ts'
import { DETECTORS } from '../../../src/detection/registry.ts'
import { dryReplay } from '../../../src/pipeline/replay.ts'
import { storedReplay } from '../../../src/pipeline/stored-replay.ts'
import type { Database } from '../../../src/storage/database.ts'
import { openDatabase } from '../../../src/storage/open.ts'
import { Spill } from '../../../src/storage/spill.ts'
import { createTenant } from '../../../src/tenancy/tenants.ts'
import { createVault } from '../../../src/tenancy/vault.ts'
import { systemClock, toDate } from '../../../src/time.ts'
import type { Replayed } from './way.ts'

type Replay = (file: string) => Promise<Pick<Replayed, 'events' | 'anomalies'>>

/** The least that a replay can cost: its lines read and their JSON parsed, one at a time. */
const bare: Replay = async (file) => {
  let events = 0
  const input = await openInput(file, process.stdin, spill)
  for await (const { text } of valuesOf(decoded(input.read()))) {
    JSON.parse(text)
    events += 1
  }
  return { events, anomalies: 0 }
}

const dry: Replay = async (file) => {
  const history = await historyOf(file)
  const raised = await dryReplay(DETECTORS, history.events('whe_bench', nothing), {
    choices: new Map(),
    wall: toDate(0),
  })
  return { events: history.read, anomalies: raised.length }
}

/** Each file as the history of a tenant of its own. */
const storedIn =
  (database: Database): Replay =>
  async (file) => {
    const actor = { kind: 'SYSTEM' as const, name: 'bench' }
    const acting = { actor, clock: systemClock, vault: createVault(randomUUID()) }
    const made = await createTenant(database, acting, { name: 'Bench' })
    if (made.existing) throw new Error('a tenant that was there already')
    const history = await historyOf(file)
    const parts = { database, bus: memoryBus(), detectors: DETECTORS, clock: systemClock }
    const { anomalies } = await storedReplay(parts, made.tenant.id, history.events(made.endpoint.id, nothing))
    return { events: history.read, anomalies }
  }

/** Nothing here is larger than what is kept in memory. */
const spill = new Spill('postgresql://bench')
const nothing = (): string => ''

/** As the command reads a file: looked through first. */
async function historyOf(file: string): Promise<History> {
  const silent = { write: () => {} }
  const shell = new Shell({ stdin: process.stdin, stdout: silent, stderr: silent })
  const input = await openInput(file, process.stdin, spill)
  const history = new History({ shell, input, spill, stop: new Stop(), onStop: nothing })
  await history.survey()
  return history
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
