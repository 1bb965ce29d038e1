import { Command } from 'commander'
import { memoryBus } from '../bus/memory.ts'
import { DETECTORS } from '../detection/registry.ts'
import { dryReplay, type HistoricalEvent, type Rejection, readHistory } from '../detection/replay.ts'
import { storedReplay } from '../detection/stored-replay.ts'
import { StoredMemory } from '../storage/detection/stored-memory.ts'
import { findEndpoint } from '../storage/endpoint-lookup.ts'
import { type Scope, scopeTo } from '../tenancy/scope.ts'
import { stopwatch } from '../time.ts'
import { table } from './format.ts'
import { incidentView } from './incident-view.ts'
import { linesOf } from './lines.ts'
import type { Office, Shell } from './shell.ts'

interface Options {
  dryRun?: boolean
  endpoint: string
  json?: boolean
}

/** So many lines that are no events are named one by one; all of them are counted. */
const NAMED = 5

/** `replay`: history through the pipeline of live events, with the clock of the events. */
export const replayCommand = (shell: Shell): Command =>
  new Command('replay')
    .description('feed historical Stripe events, one JSON event a line, through detection')
    .argument('<tenant>')
    .argument('<file>', 'JSON lines, the oldest event first, or - for standard input')
    .option('--dry-run', 'store nothing: begin from an empty history and print the anomalies')
    .option('--endpoint <endpoint>', 'which endpoint they belong to, by id or name', 'default')
    .action(async (tenantId: string, file: string, options: Options) => {
      const lines = await linesOf(file, shell.io.stdin)
      await shell.office(async (office) => {
        const scope = scopeTo(office.database, tenantId)
        const endpointId = await findEndpoint(scope.sql, tenantId, options.endpoint)
        const source = new Source(shell, endpointId, lines)
        if (options.dryRun) await replayDry(shell, source, scope, office, options)
        else await replayStored(shell, source, scope, office, options)
      })
    })

async function replayDry(
  shell: Shell,
  source: Source,
  scope: Scope,
  office: Office,
  options: Options,
): Promise<void> {
  const memory = new StoredMemory(scope.sql, scope.tenantId)
  const [choices, place] = [await memory.choices(), await memory.place()]
  const wall = office.acting.clock.now()
  const raised = await dryReplay(DETECTORS, source.events(), { choices, place, wall })
  source.end()
  const anomalies = raised.map((one) => incidentView(one, wall))
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

async function replayStored(
  shell: Shell,
  source: Source,
  scope: Scope,
  { database, acting }: Office,
  options: Options,
): Promise<void> {
  const began = stopwatch()
  // Servers poll what other processes store, so no hint of ours is needed.
  const parts = { database, bus: memoryBus(), detectors: DETECTORS, clock: acting.clock }
  const counts = await storedReplay(parts, scope.tenantId, source.events(), {
    onProgress: ({ stored, anomalies }) =>
      shell.progress(`${source.read} read, ${stored} stored, ${anomalies} anomalies`),
  })
  source.end()
  const seconds = Math.round(stopwatch() - began) / 1_000
  const { read, rejected } = source
  const { stored, duplicates, late, anomalies } = counts
  const json = { read, stored, duplicates, rejected, late, anomalies, seconds }
  shell.print(
    { json, lines: table(Object.entries(json).map(([name, count]) => [name, String(count)])) },
    options,
  )
}

/** The lines as events, counted on the way. */
class Source {
  read = 0
  rejected = 0

  constructor(
    readonly shell: Shell,
    readonly endpointId: string,
    readonly lines: AsyncIterable<string>,
  ) {}

  async *events(): AsyncGenerator<HistoricalEvent> {
    const rejected = (rejection: Rejection): void => this.#reject(rejection)
    for await (const event of readHistory(this.lines, this.endpointId, rejected)) {
      this.read += 1
      yield event
    }
  }

  /** Makes room for the result after the line of progress, and says how many lines were not named. */
  end(): void {
    this.shell.progress('')
    if (this.rejected > NAMED)
      this.shell.note(`… and ${this.rejected - NAMED} more lines that are no Stripe events`)
  }

  #reject({ line, reason }: Rejection): void {
    this.read += 1
    this.rejected += 1
    if (this.rejected <= NAMED) this.shell.note(`line ${line}: ${reason}`)
  }
}
