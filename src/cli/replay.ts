import { Command } from 'commander'
import { memoryBus } from '../bus/memory.ts'
import { DETECTORS } from '../detection/registry.ts'
import { dryReplay } from '../pipeline/replay.ts'
import { storedReplay } from '../pipeline/stored-replay.ts'
import { StoredMemory } from '../storage/detection/stored-memory.ts'
import { findEndpoint } from '../storage/endpoint-lookup.ts'
import { demandWritable } from '../storage/moving.ts'
import { type Scope, scopeTo } from '../storage/scope/scope.ts'
import { removeLeftSpills, Spill } from '../storage/spill.ts'
import { stopwatch } from '../time.ts'
import { table } from './format.ts'
import { incidentView } from './incident-view.ts'
import { History } from './replay/history.ts'
import { openInput } from './replay/input.ts'
import type { CommandServices, Shell } from './shell.ts'
import { stoppable } from './stopping.ts'

interface Options {
  dryRun?: boolean
  endpoint: string
  json?: boolean
}

const HELP = `
FILE may hold one JSON event a line, a JSON array, or what Stripe's API answers (its list object, pages of it one after
another too), on one line or many, also packed with gzip. Events are taken from the oldest on, whichever way round they
are written; a line that carries "received" (unix seconds) beside the event's own fields says when it was delivered, and
then that order counts. A replay that was interrupted goes on when it is run again: events that are stored are passed over.

Examples:
  stripe events list --limit 100 --live > events.json; ./billingwatch replay TENANT events.json
  zcat events-*.jsonl.gz | ./billingwatch replay TENANT -
  ./billingwatch replay TENANT events.jsonl --dry-run`

/** `replay`: runs history through the pipeline of live events, with the clock of the events. */
export const replayCommand = (shell: Shell): Command =>
  new Command('replay')
    .description('feed historical Stripe events through detection')
    .argument('<tenant>')
    .argument('<file>', 'events as JSON, oldest or newest first, or - for standard input')
    .option('--dry-run', 'store nothing: begin from an empty history and print the anomalies')
    .option('--endpoint <endpoint>', 'which endpoint they belong to, by id or name', 'default')
    .addHelpText('after', HELP)
    .action((tenantId: string, file: string, options: Options) =>
      shell.withServices(async (services) => {
        const scope = scopeTo(services.database, tenantId)
        const endpointId = await findEndpoint(scope.sql, tenantId, options.endpoint)
        if (!options.dryRun) await demandWritable(scope.sql, tenantId)
        const replay = options.dryRun ? replayDry : replayStored
        await withHistory(shell, file, services, options, (history) =>
          replay({ shell, history, endpointId, scope, services, options }),
        )
      }),
    )

/** Yields the events of the file once its order is known, and removes what was spilled. */
async function withHistory(
  shell: Shell,
  file: string,
  { config: { databaseUrl } }: CommandServices,
  { dryRun }: Options,
  work: (history: History) => Promise<void>,
): Promise<void> {
  removeLeftSpills(databaseUrl)
  const spill = new Spill(databaseUrl)
  const goOn = dryRun
    ? 'nothing was stored'
    : 'what came of them is stored. Run the same command again to go on: what is stored is passed over'
  try {
    await stoppable(async (stop) => {
      const input = await openInput(file, shell.io.stdin, spill)
      const history = new History({
        shell,
        input,
        spill,
        stop,
        onStop: (taken) => `Interrupted: ${taken}; ${goOn}.`,
      })
      await history.survey()
      await work(history)
    })
  } finally {
    await spill.remove()
  }
}

interface Replay {
  shell: Shell
  history: History
  endpointId: string
  scope: Scope
  services: CommandServices
  options: Options
}

async function replayDry({ shell, history, endpointId, scope, services, options }: Replay): Promise<void> {
  const memory = new StoredMemory(scope.sql, scope.tenantId)
  const [choices, place] = [await memory.choices(), await memory.place()]
  const wall = services.acting.clock.now()
  const events = history.events(endpointId, () => 'nothing is stored')
  const raised = await dryReplay(DETECTORS, events, { choices, place, wall })
  const anomalies = raised.map((one) => incidentView(one, wall, raised))
  const rows = anomalies.map(({ detectedAt, severity, detector, title }) => [
    detectedAt,
    severity,
    detector,
    title,
  ])
  const lines = table([['DETECTED', 'SEVERITY', 'DETECTOR', 'TITLE'], ...rows])
  shell.print(
    { json: { anomalies }, lines: anomalies.length === 0 ? ['Nothing out of the ordinary.'] : lines },
    options,
  )
}

async function replayStored({ shell, history, endpointId, scope, services, options }: Replay): Promise<void> {
  const began = stopwatch()
  const { database, acting } = services
  // Servers poll what other processes store, so no hint of ours is needed.
  const parts = { database, bus: memoryBus(), detectors: DETECTORS, clock: acting.clock }
  let also = '0 stored'
  const events = history.events(endpointId, () => also)
  const counts = await storedReplay(parts, scope.tenantId, events, {
    onProgress: ({ stored, anomalies }) => {
      also = `${stored} stored, ${anomalies} anomalies`
    },
  })
  const seconds = Math.round(stopwatch() - began) / 1_000
  const { read, rejected } = history
  const { stored, duplicates, late, anomalies } = counts
  const json = { read, stored, duplicates, rejected, late, anomalies, seconds }
  shell.print(
    { json, lines: table(Object.entries(json).map(([name, count]) => [name, String(count)])) },
    options,
  )
}
