import { Command, InvalidArgumentError, Option } from 'commander'
import { memoryBus } from '../bus/memory.ts'
import { DETECTOR_NAMES } from '../detection/detector.ts'
import type { RaisedIncident } from '../detection/engine/forgetful.ts'
import { count } from '../detection/kit/words.ts'
import { DETECTORS } from '../detection/registry.ts'
import { newId, randomBase62 } from '../ids.ts'
import { rebuild } from '../pipeline/rebuild/rebuild.ts'
import type { RebuildResult } from '../pipeline/rebuild/result.ts'
import { failRebuild, type Lease, releaseLease, startRebuild, takeLease } from '../storage/rebuild/jobs.ts'
import type { Scope } from '../storage/scope/scope.ts'
import { momentOrDay } from '../tenancy/input.ts'
import { type Moment, resolveMoment } from '../tenancy/local-time.ts'
import { toDate } from '../time.ts'
import { table } from './format.ts'
import { incidentView } from './incident-view.ts'
import { Progress } from './progress.ts'
import type { CommandServices, Shell } from './shell.ts'
import { type Stop, stoppable } from './stopping.ts'

interface Options {
  detector?: string[]
  from?: Moment
  dryRun?: boolean
  json?: boolean
}

const HELP = `
The facts of each event are kept for RETENTION_DAYS. They are judged from the oldest on by the present settings, while deliveries
go on being judged; then states and anomalies are exchanged in one commit. New anomalies have origin HISTORY; those that are
no longer found are resolved, unless somebody has worked on them. Interrupted, it goes on when it is run again.

Examples:
  ./billingwatch rebuild TENANT --dry-run
  ./billingwatch rebuild TENANT --detector REVENUE_DROP --from 2026-03-01`

/** `rebuild`: judges a tenant's past anew. */
export const rebuildCommand = (shell: Shell): Command =>
  new Command('rebuild')
    .description("judge a tenant's past anew from the facts that are kept of its events")
    .argument('<tenant>')
    .addOption(
      new Option('--detector <name...>', 'only what these detectors know and find').choices(DETECTOR_NAMES),
    )
    .option(
      '--from <time>',
      "leave anomalies that were detected before as they are; a date is the tenant's",
      moment,
    )
    .option('--dry-run', 'change nothing: print what would be new, gone and changed')
    .addHelpText('after', HELP)
    .action((tenantId: string, options: Options) =>
      shell.withTenant(tenantId, (scope, services) =>
        stoppable(async (stop) => {
          const result = await run(shell, scope, services, options, stop)
          const wall = services.acting.clock.now()
          const { events, judgedFrom, same, found, gone, changed } = result
          const views = (raised: readonly RaisedIncident[]) =>
            raised.map((one) => incidentView(one, wall, raised))
          const json = {
            events,
            judgedFrom: judgedFrom === null ? null : toDate(judgedFrom).toISOString(),
            same,
            new: views(found),
            gone: views(gone),
            changed: views(changed),
          }
          shell.print({ json, lines: linesOf(result) }, options)
        }),
      ),
    )

/** @throws InvalidArgumentError */
function moment(argument: string): Moment {
  const { data, success } = momentOrDay.safeParse(argument)
  if (!success)
    throw new InvalidArgumentError(
      "It must be a date of the tenant's calendar, such as 2026-03-01, or a moment, such as 2026-03-01T09:30:00Z.",
    )
  return data
}

/** Milliseconds between two looks whether a process that worked on it, and is gone, is still waited for. */
const LOOK_EVERY = 250

async function run(
  shell: Shell,
  scope: Scope,
  { database, acting }: CommandServices,
  { detector, from, dryRun = false }: Options,
  stop: Stop,
): Promise<RebuildResult> {
  const { clock, actor } = acting
  const wanted = {
    detectors: DETECTOR_NAMES.filter((name) => detector?.includes(name)),
    from: from === undefined ? null : (await resolveMoment(scope, from)).toISOString(),
    dryRun,
    actor,
  }
  const job = await startRebuild(scope, wanted, { id: newId('imp'), now: clock.now() })
  const lease: Lease = { tenantId: scope.tenantId, id: job.id, holder: randomBase62(10) }
  const interrupted = () => 'Interrupted: run the same command again to go on.'
  while (!(await takeLease(database, lease, clock.now()))) {
    stop.check(interrupted)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY))
  }
  const progress = new Progress(shell, 'rebuild')
  const onProgress = (done: number) => progress.step({ done, total: undefined, unit: 'events' })
  // Servers poll what other processes store, so no hint of ours is needed.
  const parts = { database, bus: memoryBus(), detectors: DETECTORS, clock }
  try {
    const result = await rebuild(parts, lease, { onProgress, stop: () => stop.requested !== undefined })
    if (result !== undefined) return result
  } catch (error) {
    await failRebuild(database, lease, error, clock.now())
    throw error
  } finally {
    progress.end()
    await releaseLease(database, lease)
  }
  stop.check(interrupted)
  throw new Error('the rebuild ended without a result')
}

function linesOf({ events, same, found, gone, changed }: RebuildResult): string[] {
  const row = (what: string, raised: readonly RaisedIncident[]) =>
    raised.map(({ incident }) => [
      what,
      toDate(incident.detectedAt).toISOString(),
      incident.severity,
      incident.detector,
      incident.title,
    ])
  const rows = [...row('new', found), ...row('gone', gone), ...row('changed', changed)]
  return [
    `${count(events, 'event')} judged anew; anomalies found as before: ${same}.`,
    ...(rows.length === 0 ? [] : table([['', 'DETECTED', 'SEVERITY', 'DETECTOR', 'TITLE'], ...rows])),
  ]
}
