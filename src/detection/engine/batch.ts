import { type Calendar, calendarOf } from '../../calendar/calendar.ts'
import { DAY, type Seconds } from '../../time.ts'
import type { AnyDetector } from '../detector.ts'
import { DISORDER } from '../kit/disorder.ts'
import { mayRelease } from './backlog.ts'
import { partnersOf, REACH } from './causes.ts'
import type { Choices } from './choices.ts'
import {
  applyEvents,
  type BatchFacts,
  type InboxEvent,
  objectIdsOf,
  openEvents,
  type StreamEvents,
} from './events.ts'
import { FLOOD } from './flood.ts'
import { IncidentGrouper } from './grouping.ts'
import type { AnomalyOrigin, ChangedIncident } from './incident.ts'
import { type Judgement, type Operation, StreamJudge } from './judge.ts'
import type { JudgedEvent } from './judged-event.ts'
import { longestCooldown } from './keys.ts'
import type { BatchOutcome, EventMark, IncidentKey, Stream, StreamOutcome, TenantMemory } from './memory.ts'
import { stopsAt } from './modes.ts'

/** When and as what something is judged. */
export interface Occasion {
  /** Live: the wall clock. Replay: the newest delivery so far. */
  now: Seconds
  origin: AnomalyOrigin
  /** Wall clock. */
  wall: Date
  /** Nothing is to follow for now: what waits for its order is judged. */
  isLast?: boolean
  newId(): string
}

/** What a tenant is to be judged for. */
export interface Work extends Occasion {
  events: readonly InboxEvent[]
}

/** The heart of it: events and the time that has come, judged against what is remembered. It stores nothing. */
export async function judgeBatch(
  detectors: readonly AnyDetector[],
  memory: TenantMemory,
  work: Work,
): Promise<BatchOutcome> {
  const opened = openEvents(work.events)
  const reading = applyEvents(opened, await memory.objects(objectIdsOf(opened)))
  const { failures, ...judged } = await judgeFacts(detectors, memory, work, [...reading.streams.values()])
  for (const [stripeId, error] of failures) reading.failures.set(stripeId, error)
  const ids = new Set([...work.events.map(({ stripeId }) => stripeId), ...reading.failures.keys()])
  const { objects, metrics } = reading
  return { ...judged, objects, metrics, marks: [...ids].map((stripeId) => markOf(stripeId, reading)) }
}

/** What events say, without judging them: they are judged anew together with all others. */
export async function readBatch(
  memory: Pick<TenantMemory, 'objects'>,
  events: readonly InboxEvent[],
): Promise<BatchOutcome> {
  const opened = openEvents(events)
  const reading = applyEvents(opened, await memory.objects(objectIdsOf(opened)))
  const { objects, metrics } = reading
  const marks = events.map(({ stripeId }) => markOf(stripeId, reading))
  return { streams: [], objects, metrics, marks, late: 0, brokenTimers: [] }
}

/** What came of judging facts. */
export interface FactsOutcome extends Pick<BatchOutcome, 'streams' | 'late' | 'brokenTimers'> {
  /** What detectors threw, by event. */
  failures: ReadonlyMap<string, string>
}

/** The same where it is known what the events say. */
export async function judgeFacts(
  detectors: readonly AnyDetector[],
  memory: TenantMemory,
  occasion: Occasion,
  said: readonly StreamEvents[],
): Promise<FactsOutcome> {
  const choices = await memory.choices()
  const calendar = await calendarFor(memory, occasion.now, said)
  const known = await memory.streams()
  const outcome: FactsOutcome = { streams: [], late: 0, brokenTimers: [], failures: new Map() }
  for (const stream of streamsOf(occasion, said, known)) {
    const resumed = stream.live && known.some(({ id, live }) => id === stream.id && !live)
    const events = said.find(({ id }) => id === stream.id)?.events ?? []
    const judged = await judgeStream(detectors, memory, {
      occasion,
      stream,
      resumed,
      stopsAt: stopsAt(stream, known, said),
      events,
      choices,
      calendar,
    })
    outcome.streams.push(judged.outcome)
    outcome.late += judged.late
    outcome.brokenTimers.push(...judged.brokenTimers)
    outcome.failures = new Map([...outcome.failures, ...judged.failures])
  }
  return outcome
}

/** Holidays and the zone, as far as a batch needs them. */
export async function calendarFor(
  memory: TenantMemory,
  now: Seconds,
  said: readonly { events: readonly JudgedEvent[] }[],
): Promise<Calendar> {
  const times = said.flatMap(({ events }) => events.map(({ at }) => at))
  return calendarOf(await memory.place(), Math.min(now, ...times), Math.max(now, ...times))
}

/** One stream's part of it. */
export interface StreamTask {
  occasion: Occasion
  stream: Stream
  /** Its first live delivery comes with this batch, after a history. */
  resumed: boolean
  /** Its time goes no further. */
  stopsAt?: Seconds
  events: readonly JudgedEvent[]
  choices: Choices
  calendar: Calendar
}

export interface JudgedStream extends Pick<Judgement, 'late'> {
  outcome: StreamOutcome
  failures: ReadonlyMap<string, string>
  brokenTimers: readonly string[]
}

export async function judgeStream(
  detectors: readonly AnyDetector[],
  memory: TenantMemory,
  task: StreamTask,
): Promise<JudgedStream> {
  const { occasion, stream, events, choices, calendar, resumed } = task
  const until = Math.min(occasion.now, task.stopsAt ?? occasion.now)
  const newest = events.reduce(
    (max, { deliveredAt }) => Math.max(max, deliveredAt),
    Math.max(stream.clock, until),
  )
  const dueBy = newest - DISORDER
  const { hold } = stream
  const release = hold !== null && (occasion.isLast || mayRelease(hold, newest, events.length))
  const held = release ? await memory.held(stream.id) : []
  const facts = [...held, ...events].flatMap((event) => event.facts)
  const states = await memory.states(stream.id, detectors, facts, dueBy)
  const clock = stream.clock > 0 ? stream.clock : undefined
  const feedback = await memory.feedback(stream.id)
  const earliest = Math.min(clock ?? newest, ...events.map(({ deliveredAt }) => deliveredAt)) - DISORDER
  const answers = await memory.answers(stream.id, earliest, newest)
  const judge = new StreamJudge(detectors, states, choices, clock, calendar, feedback, answers)
  const judgement = judge.judge(events, until, { hold, events: held }, occasion.isLast)
  const operations = judgement.operations.filter((operation) => !inGap(operation, task))
  const incidents = await groupAll(
    detectors,
    memory,
    task,
    operations,
    Math.max(newest, occasion.now) - DISORDER,
  )
  const first = events[0]?.deliveredAt ?? null
  const after = {
    ...stream,
    clock: judge.clock ?? newest,
    hold: judgement.hold,
    since: clock === undefined ? first : stream.since,
    liveSince: stream.live && (resumed || clock === undefined) ? first : stream.liveSince,
  }
  const { held: heldAfter, late, failures, brokenTimers } = judgement
  return { outcome: { stream: after, states, incidents, held: heldAfter }, late, failures, brokenTimers }
}

/** Between the end of a replayed history and the first live delivery nothing was sent here: absence then means nothing. */
function inGap({ at, stripeId, said }: Operation, { stream, resumed, events }: StreamTask): boolean {
  return (
    resumed && stripeId === undefined && 'finding' in said && at < (events[0]?.deliveredAt ?? stream.clock)
  )
}

async function groupAll(
  detectors: readonly AnyDetector[],
  memory: TenantMemory,
  { stream, occasion, calendar }: StreamTask,
  operations: readonly Operation[],
  dueBy: Seconds,
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
    newId: occasion.newId,
    origin: occasion.origin,
    wall: occasion.wall,
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
function streamsOf({ origin }: Occasion, said: readonly StreamEvents[], known: readonly Stream[]): Stream[] {
  const live = origin === 'LIVE'
  const streams = new Map(known.filter((stream) => stream.live === live).map((stream) => [stream.id, stream]))
  for (const one of said) {
    const stream = known.find(({ id }) => id === one.id) ?? newStream(one, live)
    streams.set(stream.id, { ...stream, live: stream.live || live })
  }
  return [...streams.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

export const newStream = (
  { id, endpointId, account, livemode }: Pick<Stream, 'id' | 'endpointId' | 'account' | 'livemode'>,
  live: boolean,
): Stream => ({
  id,
  endpointId,
  account,
  livemode,
  clock: 0,
  live,
  hold: null,
  since: null,
  liveSince: null,
})

function markOf(stripeId: string, { failures, ignored, facts: all }: BatchFacts): EventMark {
  const error = failures.get(stripeId)
  const facts = all.get(stripeId) ?? []
  if (error !== undefined) return { stripeId, status: 'FAILED', error, facts }
  return { stripeId, status: ignored.has(stripeId) ? 'IGNORED' : 'PROCESSED', error: null, facts }
}
