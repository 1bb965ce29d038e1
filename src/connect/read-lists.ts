import type { ImportJob } from '../generated/sqlite/client.ts'
import { storePage } from '../storage/connect/pages.ts'
import type { ListedEvent } from '../storage/inbox.ts'
import type { Scope } from '../storage/scope/scope.ts'
import { integer } from '../stripe/read.ts'
import { HOUR, type Seconds, type WallClock } from '../time.ts'
import type { Page, Params, StripeApi } from './api.ts'
import { type JobProgress, type ListPlace, readOptions, readProgress } from './jobs.ts'
import { PAGE, type Span } from './probe.ts'
import { StripeTrouble } from './trouble.ts'

type Listed = Record<string, unknown>

/** A list at Stripe, and the events that are made of its objects. */
export interface ReadableList {
  name: string
  path: string
  params: Params
  account?: string
  /** The permission without which it is left out; undefined: nothing goes on without the list. */
  needs?: string
  eventsOf(object: Listed): ListedEvent[]
}

/** The rest goes on without it. */
export type OptionalList = ReadableList & { needs: string }

export interface ReadingParts {
  scope: Scope
  clock: WallClock
  api: StripeApi
  /** Events up to then count for what is proven. */
  provenTo: Seconds
  onPage(page: { read: number; stored: number }): void
  mayRead(permission: string): boolean
  /** Stripe does not let the key read a list that can be left out. */
  onRefused(list: OptionalList, error: StripeTrouble): Promise<void>
}

/** A tenant whose deliveries wait for its past waits no longer than this for a page. */
const HOLD_MS = HOUR * 1_000

export const NOT_BEGUN: ListPlace = { after: null, done: false }

/** A job as far as it is read. */
interface Reading {
  job: ImportJob
  progress: JobProgress
}

/** Reads lists page by page from where the job stopped; those that the key may not read are noted, and left out. */
export async function readLists(
  parts: ReadingParts,
  job: ImportJob,
  lists: readonly ReadableList[],
): Promise<void> {
  const reading: Reading = { job, progress: { ...readProgress(job), refused: {} } }
  for (const list of lists) {
    const { name, needs } = list
    if (needs === undefined) await readList(parts, reading, list)
    else if (!(await wasRead(parts, reading, { ...list, needs }))) {
      const refused = { ...reading.progress.refused, [name]: needs }
      reading.progress = { ...reading.progress, refused }
      await commit(parts, reading, { read: 0, events: [] })
    }
  }
}

/** @returns false when the key may not read it */
async function wasRead(parts: ReadingParts, reading: Reading, list: OptionalList): Promise<boolean> {
  if (!parts.mayRead(list.needs)) return reading.progress.lists[list.name]?.done ?? false
  try {
    await readList(parts, reading, list)
    return true
  } catch (error) {
    if (!(error instanceof StripeTrouble) || error.kind !== 'PERMISSION') throw error
    await parts.onRefused(list, error)
    return false
  }
}

/** A page and its place are stored together. */
async function readList(parts: ReadingParts, reading: Reading, list: ReadableList): Promise<void> {
  const options = readOptions(reading.job)
  let place = reading.progress.lists[list.name] ?? NOT_BEGUN
  while (!place.done) {
    const page = await pageAfter(parts.api, list, options, place)
    const events = page.data.flatMap((object) => list.eventsOf(object))
    place = placeAfter(page, place)
    const { progress } = reading
    reading.progress = {
      ...progress,
      lists: { ...progress.lists, [list.name]: place },
      counted: progress.counted + events.filter(({ event }) => event.created <= parts.provenTo).length,
    }
    await commit(parts, reading, { read: page.data.length, events })
  }
}

async function commit(
  { scope, clock, onPage }: ReadingParts,
  { job, progress }: Reading,
  { read, events }: { read: number; events: ListedEvent[] },
): Promise<void> {
  const now = clock.now()
  const stored = await storePage(scope.sql, {
    tenantId: scope.tenantId,
    jobId: job.id,
    events,
    read,
    progress: JSON.stringify(progress),
    now,
    holdUntil: new Date(now.getTime() + HOLD_MS),
  })
  onPage({ read, stored })
}

/** The next page of a list; also where Stripe no longer has the object that the last one ended with. */
export async function pageAfter(
  api: StripeApi,
  { path, params, account }: ReadableList,
  { from, to }: Span,
  { after }: ListPlace,
): Promise<Page> {
  const bounded = (upTo: Seconds): Params => ({
    ...params,
    'created[gte]': from,
    'created[lte]': upTo,
    limit: PAGE,
  })
  if (after === null) return api.list(path, bounded(to), account)
  try {
    return await api.list(path, { ...bounded(to), starting_after: after.id }, account)
  } catch (error) {
    if (!(error instanceof StripeTrouble) || error.code !== 'resource_missing') throw error
    // Stripe no longer has it: those of its second come again, and are known.
    return api.list(path, bounded(after.created), account)
  }
}

/** How far a list is read with this page. */
export function placeAfter({ data, hasMore }: Page, before: ListPlace): ListPlace {
  const last = data.at(-1)
  const [id, created] = [last?.['id'], integer(last?.['created'])]
  const after = typeof id === 'string' && created !== undefined ? { id, created } : before.after
  return { after, done: !hasMore || data.length === 0 }
}
