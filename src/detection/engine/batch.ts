import { type Calendar, calendarOf } from '../../calendar/calendar.ts'
import { DAY, type Seconds } from '../../time.ts'
import type { AnyDetector } from '../detector.ts'
import { DISORDER, TOO_LATE } from '../kit/disorder.ts'
import { mayRelease } from './backlog.ts'
import { partnersOf, REACH } from './causes.ts'
import type { Choices } from './choices.ts'
import {
  applyEvents,
  type BatchFacts,
  type InboxEvent,
  type OpenedEvent,
  objectIdsOf,
  openEvents,
} from './events.ts'
import { FLOOD, IncidentGrouper } from './grouping.ts'
import type { AnomalyOrigin, ChangedIncident } from './incident.ts'
import { type Operation, StreamJudge } from './judge.ts'
import type { JudgedEvent } from './judged-event.ts'
import { longestCooldown } from './keys.ts'
import type { BatchOutcome, EventMark, IncidentKey, Stream, StreamOutcome, TenantMemory } from './memory.ts'

/** What a tenant is to be judged for. */
export interface Work {
  events: readonly InboxEvent[]
  /** Live: the wall clock. Replay: the newest delivery so far. */
  now: Seconds
  origin: AnomalyOrigin
  /** Wall clock. */
  wall: Date
  /** Nothing is to follow for now: what waits for its order is judged. */
  isLast?: boolean
  newId(): string
}

/** The heart of it: events and the time that has come, judged against what is remembered. It stores nothing. */
export async function judgeBatch(
  detectors: readonly AnyDetector[],
  memory: TenantMemory,
  work: Work,
): Promise<BatchOutcome> {
  const opened = openEvents(work.events)
  const reading = applyEvents(opened, await memory.objects(objectIdsOf(opened)))
  const choices = await memory.choices()
  const times = work.events.map(({ at }) => at)
  const [from, to] = [Math.min(work.now, ...times), Math.max(work.now, ...times)]
  const calendar = await calendarOf(await memory.place(), from, to)
  const known = await memory.streams()
  const outcome: BatchOutcome = {
    streams: [],
    objects: reading.objects,
    metrics: reading.metrics,
    marks: [],
    late: 0,
    brokenTimers: [],
  }
  for (const stream of streamsOf(work, opened, known)) {
    const resumed = stream.live && known.some(({ id, live }) => id === stream.id && !live)
    const events = reading.streams.get(stream.id) ?? []
    outcome.late += events.filter(({ at }) => at < stream.clock - TOO_LATE).length
    outcome.streams.push(
      await judgeStream(detectors, memory, {
        work,
        stream,
        resumed,
        events,
        choices,
        calendar,
        reading,
        outcome,
      }),
    )
  }
  const ids = new Set([...work.events.map(({ stripeId }) => stripeId), ...reading.failures.keys()])
  outcome.marks = [...ids].map((stripeId) => markOf(stripeId, reading))
  return outcome
}

interface StreamWork {
  work: Work
  stream: Stream
  /** Its first live delivery comes with this batch, after a history. */
  resumed: boolean
  events: readonly JudgedEvent[]
  choices: Choices
  calendar: Calendar
  reading: BatchFacts
  outcome: BatchOutcome
}

async function judgeStream(
  detectors: readonly AnyDetector[],
  memory: TenantMemory,
  task: StreamWork,
): Promise<StreamOutcome> {
  const { work, stream, events, choices, calendar, reading, outcome } = task
  const newest = events.reduce(
    (max, { deliveredAt }) => Math.max(max, deliveredAt),
    Math.max(stream.clock, work.now),
  )
  const dueBy = newest - DISORDER
  const { hold } = stream
  const release = hold !== null && (work.isLast || mayRelease(hold, newest, events.length))
  const held = release ? await memory.held(stream.id) : []
  const facts = [...held, ...events].flatMap((event) => event.facts)
  const states = await memory.states(stream.id, detectors, facts, dueBy)
  const clock = stream.clock > 0 ? stream.clock : undefined
  const feedback = await memory.feedback(stream.id)
  const judge = new StreamJudge(detectors, states, choices, clock, calendar, feedback)
  const judgement = judge.judge(events, work.now, { hold, events: held }, work.isLast)
  const { operations, failures, brokenTimers } = judgement
  for (const [stripeId, error] of failures) reading.failures.set(stripeId, error)
  outcome.brokenTimers.push(...brokenTimers)
  const reported = operations.filter((operation) => !inGap(operation, task))
  const incidents = await groupAll(detectors, memory, { stream, work, calendar, operations: reported, dueBy })
  const after = { ...stream, clock: judge.clock ?? newest, hold: judgement.hold }
  return { stream: after, states, incidents, held: judgement.held }
}

/** Between the end of a replayed history and the first live delivery nothing was sent here: absence then means nothing. */
function inGap({ at, stripeId, said }: Operation, { stream, resumed, events }: StreamWork): boolean {
  return (
    resumed && stripeId === undefined && 'finding' in said && at < (events[0]?.deliveredAt ?? stream.clock)
  )
}

interface GroupingTask {
  stream: Stream
  work: Work
  calendar: Calendar
  operations: readonly Operation[]
  dueBy: Seconds
}

async function groupAll(
  detectors: readonly AnyDetector[],
  memory: TenantMemory,
  { stream, work, calendar, operations, dueBy }: GroupingTask,
): Promise<ChangedIncident[]> {
  const earliest = operations.reduce((min, { at }) => Math.min(min, at), dueBy)
  const finders = [
    ...new Set(operations.filter(({ said }) => 'finding' in said).map(({ detector }) => detector)),
  ]
  const grouper = new IncidentGrouper({
    calendar,
    incidents: await memory.incidents(
      stream.id,
      incidentKeysOf(operations),
      earliest - Math.max(longestCooldown(detectors), REACH),
      dueBy,
    ),
    raised: await memory.raised(
      stream.id,
      finders.filter(({ perObject }) => perObject),
      earliest - DAY,
    ),
    newId: work.newId,
    origin: work.origin,
    wall: work.wall,
  })
  for (const operation of operations) grouper.add(operation)
  grouper.expire(detectors, dueBy)
  return grouper.takeChanges()
}

function incidentKeysOf(operations: readonly Operation[]): IncidentKey[] {
  const keys = new Map<string, IncidentKey>()
  for (const { detector, said } of operations) {
    const { fingerprint } = 'finding' in said ? said.finding : said.ending
    for (const wanted of detector.perObject ? [fingerprint, FLOOD] : [fingerprint]) {
      keys.set(`${detector.name} ${wanted}`, { detector: detector.name, fingerprint: wanted })
    }
    for (const partner of partnersOf(detector.name))
      keys.set(`${partner} `, { detector: partner, fingerprint: '' })
  }
  return [...keys.values()]
}

/** The streams that have events, and those whose clock moves anyway: all live ones live, all others in a replay. */
function streamsOf(work: Work, opened: readonly OpenedEvent[], known: readonly Stream[]): Stream[] {
  const live = work.origin === 'LIVE'
  const streams = new Map(known.filter((stream) => stream.live === live).map((stream) => [stream.id, stream]))
  const oneOfEach = new Map(opened.map(({ stream, event }) => [stream, event]))
  for (const [id, { endpointId, account, livemode }] of oneOfEach) {
    const stream = known.find((candidate) => candidate.id === id)
    streams.set(
      id,
      stream === undefined
        ? { id, endpointId, account, livemode, clock: 0, live, hold: null }
        : { ...stream, live: stream.live || live },
    )
  }
  return [...streams.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

function markOf(stripeId: string, { failures, ignored, facts: all }: BatchFacts): EventMark {
  const error = failures.get(stripeId)
  const facts = all.get(stripeId) ?? []
  if (error !== undefined) return { stripeId, status: 'FAILED', error, facts }
  return { stripeId, status: ignored.has(stripeId) ? 'IGNORED' : 'PROCESSED', error: null, facts }
}
