import type { AnyDetector } from '../../detection/detector.ts'
import type { Incident } from '../../detection/engine/incident.ts'
import type { Stream } from '../../detection/engine/memory.ts'
import { PublicError } from '../../errors.ts'
import { scheduleTimer } from '../../storage/detection/saving.ts'
import { saveIncidents } from '../../storage/detection/saving-incidents.ts'
import { raiseVersionIn } from '../../storage/detection/version.ts'
import { finishRebuild, type Lease, type RebuildJob } from '../../storage/rebuild/jobs.ts'
import { KeptEvents } from '../../storage/rebuild/kept-events.ts'
import { noteRebuilt } from '../../storage/rebuild/outdated.ts'
import { saveShadow } from '../../storage/rebuild/shadow.ts'
import type { ShadowMemory } from '../../storage/rebuild/shadow-memory.ts'
import { standingAnomalies } from '../../storage/rebuild/standing.ts'
import {
  hasNewerStates,
  markGone,
  recordRebuilt,
  swapHeld,
  swapStates,
  unmarkGone,
} from '../../storage/rebuild/swap.ts'
import type { Transaction } from '../../storage/sql.ts'
import { DAY, type Seconds, toDate, toSeconds } from '../../time.ts'
import { afterwards, changesOf, goneAfterwards } from './changes.ts'
import { type Comparison, compare, within } from './comparison.ts'
import { keepFormer } from './keep-former.ts'
import { type RebuildResult, writeResult } from './result.ts'
import { basisOf, jobOf, knownStreams, type RebuildParts, shadowMemory } from './run.ts'
import { judgeAgain, judgeShadow, type KnownStreams, onePart } from './slice.ts'

/** What rates are usual has to be learned first where the facts do not reach back to a stream's beginning. */
const WARM_UP: Seconds = 28 * DAY

/** Twice the half-life by which most rates are learned, and more. */
const FAR: Seconds = 60 * DAY

interface Ending extends RebuildParts {
  lease: Lease
  tx: Transaction
  job: RebuildJob
  memory: ShadowMemory
  known: KnownStreams
  /** Those that are rebuilt; all are judged, since they explain each other. */
  chosen: readonly AnyDetector[]
  wall: Date
  /** No more events than this may be left. */
  most: number
}

/**
 * The end of a rebuild, in one transaction that holds the tenant's claim: what was judged last is judged here, too, the
 * rebuilt states take the place of the former ones, and anomalies are written as they now stand.
 * @returns `more` when too much is left to be judged, `changed` when all of it has to be judged by other settings
 * @throws PublicError CONFLICT when it cannot be finished now, LeaseLost
 */
export async function finish(
  parts: RebuildParts,
  lease: Lease,
  most: number,
): Promise<RebuildResult | 'more' | 'changed'> {
  const { tenantId } = lease
  const tx = await parts.database.begin('judging')
  try {
    await tx.enter(tenantId)
    await raiseVersionIn(tx, tenantId)
    const job = await jobOf(tx, lease)
    const memory = await shadowMemory(tx, tenantId, job.progress)
    if ((await basisOf(memory)) !== job.progress.basis) return 'changed'
    const { detectors: named, dryRun } = job.options
    const chosen = parts.detectors.filter(({ name }) => named.length === 0 || named.includes(name))
    const known = await knownStreams(tx, tenantId)
    const ending: Ending = { ...parts, lease, tx, job, memory, known, chosen, wall: parts.clock.now(), most }
    const events = await judgeRest(ending)
    if (events === undefined) return 'more'
    const comparison = await difference(ending)
    const result = resultOf(ending, comparison, events)
    const stored = result.found.length + result.gone.length + result.changed.length
    if (!dryRun) await write(ending, comparison, result)
    const end = { state: 'DONE', result: writeResult(result), stored: dryRun ? 0 : stored } as const
    await finishRebuild(tx, lease, { ...end, read: events, now: ending.wall })
    await tx.commit()
    if (!dryRun) parts.bus.publish(`feed:${tenantId}`)
    return result
  } finally {
    await tx.rollback()
  }
}

/** @returns the events judged in all; undefined: too many are left */
async function judgeRest(ending: Ending): Promise<number | undefined> {
  const { lease, tx, job, memory, known, detectors, wall, most } = ending
  const rest = await new KeptEvents(tx, lease.tenantId, true).meanwhile(most + 1)
  if (rest.length > most) return undefined
  for (let at = 0; at < rest.length; ) {
    const part = onePart(rest.slice(at), known)
    for (const outcome of await judgeAgain(detectors, memory, known, part, wall)) {
      memory.apply(outcome)
      await saveShadow(tx, lease.tenantId, outcome)
    }
    at += part.length
  }
  for (const stream of [...memory.byStream.values()]) {
    const live = known.get(stream.id)
    if (live === undefined) continue
    const now = Math.max(stream.clock, live.clock)
    // What waits live for its order waits here, too; else nothing is to be waited for.
    const isLast = live.hold === null
    const task = { stream, resumed: false, events: [], now, isLast }
    const outcome = await judgeShadow(detectors, memory, task, wall)
    memory.apply(outcome)
    await saveShadow(tx, lease.tenantId, outcome)
  }
  return job.progress.events + rest.length
}

/** Whether the facts reach back to the stream's first delivery. */
const isWhole = ({ id, since }: Stream, known: KnownStreams): boolean => {
  const began = known.get(id)?.since ?? null
  return began !== null && since !== null && since <= began
}

/** Whether enough is rebuilt to take the place of what was learned over a longer time. */
const reachesFar = (
  { perObject, keepFormer: keeps }: AnyDetector,
  { since }: Stream,
  live: Stream,
): boolean => perObject || keeps !== undefined || live.clock - (since ?? live.clock) >= FAR

async function difference({ lease, tx, job, memory, known, chosen }: Ending): Promise<Comparison> {
  const names = chosen.map(({ name }) => name)
  const rebuilt = [...memory.incidentsById.values()].filter(({ incident }) =>
    names.includes(incident.detector),
  )
  const standing = []
  for (const { id, since } of memory.byStream.values())
    standing.push(...(await standingAnomalies(tx, lease.tenantId, id, names, since ?? 0)))
  const from = job.options.from === null ? 0 : toSeconds(new Date(job.options.from))
  return within(compare(rebuilt, standing), (streamId, { detector, detectedAt }) => {
    const stream = memory.byStream.get(streamId)
    if (stream === undefined || detectedAt < from) return false
    const knowsAtOnce = chosen.find(({ name }) => name === detector)?.perObject || isWhole(stream, known)
    return detectedAt >= (stream.since ?? 0) + (knowsAtOnce ? 0 : WARM_UP)
  })
}

function resultOf({ job, memory }: Ending, comparison: Comparison, events: number): RebuildResult {
  const of = (stream: string, incident: Incident) => {
    const about = memory.byStream.get(stream)
    return about === undefined ? [] : [{ incident, stream: about }]
  }
  const { from } = job.options
  const { judgedFrom } = job.progress
  return {
    events,
    judgedFrom:
      from === null || judgedFrom === null ? judgedFrom : Math.max(judgedFrom, toSeconds(new Date(from))),
    same: comparison.same.length,
    found: comparison.found.flatMap(({ stream, incident }) => of(stream, incident)),
    gone: comparison.gone.flatMap((one) => of(one.stream, goneAfterwards(one))),
    changed: comparison.changed.flatMap((pair) => of(pair.standing.stream, afterwards(pair))),
  }
}

async function write(ending: Ending, comparison: Comparison, result: RebuildResult): Promise<void> {
  const { lease, tx, job, memory, known, chosen, detectors, wall } = ending
  const { tenantId } = lease
  const names = chosen.map(({ name }) => name)
  const isPartial = chosen.length < detectors.length
  for (const stream of memory.byStream.values()) {
    const live = known.get(stream.id)
    if (live === undefined) continue
    if (isPartial && JSON.stringify(stream.hold) !== JSON.stringify(live.hold)) throw waits()
    if (await hasNewerStates(tx, tenantId, stream.id, chosen)) throw newer()
    const whole = isWhole(stream, known)
    if (!whole) await keepFormer(tx, tenantId, stream, chosen)
    const exchanged = chosen.filter((detector) => whole || reachesFar(detector, stream, live))
    await swapStates(tx, tenantId, {
      stream,
      detectors: exchanged.map(({ name }) => name),
      isWhole: whole,
    })
    if (!isPartial) await swapHeld(tx, tenantId, stream)
  }
  await unmarkGone(
    tx,
    tenantId,
    comparison.changed.map(({ standing }) => standing.incident.id),
  )
  await saveIncidents(tx, tenantId, changesOf(comparison, memory.byStream), wall)
  await markGone(tx, tenantId, comparison.gone, wall)
  const { events, judgedFrom, same, found, gone, changed } = result
  await recordRebuilt(tx, tenantId, {
    at: wall,
    kind: 'TENANT_REBUILT',
    actor: job.options.actor,
    data: {
      detectors: names,
      events,
      judgedFrom: judgedFrom === null ? null : toDate(judgedFrom).toISOString(),
      same,
      new: found.length,
      gone: gone.length,
      changed: changed.length,
    },
  })
  await noteRebuilt(tx, tenantId, chosen)
  await scheduleTimer(tx, tenantId)
}

const waits = () =>
  new PublicError(
    'CONFLICT',
    'Late events wait to be judged in their order, for 6 hours at most: rebuild single detectors after that, or all of them now.',
  )

const newer = () =>
  new PublicError(
    'CONFLICT',
    'A newer version judges this tenant: rebuild it with the version that judges it now.',
  )
