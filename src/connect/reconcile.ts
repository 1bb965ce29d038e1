import type { StripeConnection } from '../generated/sqlite/client.ts'
import { randomBase62 } from '../ids.ts'
import { storeMissing } from '../storage/connect/found.ts'
import type { ListedEvent } from '../storage/inbox.ts'
import { DAY, HOUR, MINUTE, type Seconds, toSeconds } from '../time.ts'
import type { StripeApi } from './api.ts'
import { accountsOf, eventLists } from './event-lists.ts'
import { listedEvents } from './listed-event.ts'
import { lookAgain, needsLook } from './look-again.ts'
import { apiWith, openKey } from './means.ts'
import { LISTED } from './probe.ts'
import { proveWindow } from './prove.ts'
import { NOT_BEGUN, pageAfter, placeAfter, type ReadableList } from './read-lists.ts'
import type { ReconcileParts } from './reconcile-parts.ts'
import { SETTLED } from './settled.ts'
import { noteTrouble } from './standing.ts'
import { StripeTrouble } from './trouble.ts'
import { type Compared, newWindow, readAccounts, readWindow, type Window } from './window.ts'

export interface Reconciled {
  /** Events at Stripe that were compared with those here. */
  checked: number
  missing: number
  filled: number
  /** Up to when nothing is missing; null: its past is not fetched yet. */
  through: Date | null
  /** Whether all was compared; else the rest waits. */
  done: boolean
}

/** After a window that was broken off so long ago what came since is compared as well, seconds. */
const OUTDATED: Seconds = MINUTE

/**
 * Compares the events at Stripe with those that are stored, fills in what is missing, and moves on what is proven. It may be
 * broken off at any moment and goes on where it was. The caller has the lease.
 * @throws StripeTrouble, noted with the connection: what is done stays done
 */
export async function reconcile(
  parts: ReconcileParts,
  connection: StripeConnection,
  given?: StripeApi,
): Promise<Reconciled> {
  const total: Reconciled = { checked: 0, missing: 0, filled: 0, through: null, done: true }
  const api =
    given ?? (await apiWith(parts.means, openKey(parts.vault, connection), { signal: parts.signal }))
  try {
    let present = needsLook(connection) ? await lookAgain(parts, api, connection) : connection
    while (present.through !== null) {
      const { through } = present
      const resumed = readWindow(present)
      const reached = await compare(
        { parts, api, connection: present },
        resumed ?? newWindow(through, parts.clock.now()),
      )
      const { checked, missing, filled, to } = reached.window
      total.checked += checked
      total.missing += missing
      total.filled += filled
      total.done = reached.done
      if (reached.done) present = await proveWindow(parts, present, reached)
      if (!reached.done || resumed === undefined) break
      if (toSeconds(parts.clock.now()) - SETTLED - to < OUTDATED) break
    }
    return { ...total, through: present.through }
  } catch (error) {
    await noteTrouble(parts.scope, parts.clock, connection, error)
    throw error
  }
}

interface Task {
  parts: ReconcileParts
  api: StripeApi
  connection: StripeConnection
}

async function compare(task: Task, begun: Window): Promise<Compared> {
  const { parts, connection } = task
  const now = toSeconds(parts.clock.now())
  const known = readAccounts(connection)
  const [proven, denied] = [new Set(known.proven), new Set(known.denied)]
  // Somebody may have let the key read them since.
  const asksAgain = now - known.askedAt >= DAY
  const own = await compareLists(task, undefined, begun)
  let { window, done } = own
  for (const account of await accountsOf(parts.scope, connection)) {
    if (!done) break
    if (denied.has(account) && !asksAgain) continue
    try {
      const isKnown = proven.has(account)
      const span = isKnown ? window : sinceConnecting(connection, window)
      ;({ window, done } = await compareLists(task, account, window, span))
      if (done) proven.add(account)
      denied.delete(account)
    } catch (error) {
      if (!(error instanceof StripeTrouble) || error.kind !== 'PERMISSION') throw error
      denied.add(account)
      proven.delete(account)
    }
  }
  const accounts = {
    proven: [...proven],
    denied: [...denied],
    askedAt: asksAgain ? now : known.askedAt,
  }
  return { window, accounts, done }
}

/** Of an account that was not compared before, or not since it was denied, nothing is proven yet. */
function sinceConnecting(
  { createdAt }: StripeConnection,
  { from, to }: Window,
): Pick<Window, 'from' | 'since'> {
  const begin = Math.min(from, Math.max(toSeconds(createdAt), to - LISTED + HOUR))
  return { from: begin, since: begin - 1 }
}

/** Compares an account's lists page by page from where they are; a page and its place are stored together. */
async function compareLists(
  task: Task,
  account: string | undefined,
  begun: Window,
  { from, since }: Pick<Window, 'from' | 'since'> = begun,
): Promise<Pick<Compared, 'window' | 'done'>> {
  const { parts, api, connection } = task
  const { clock } = parts
  const eventsOf: ReadableList['eventsOf'] = (body) =>
    listedEvents(body, {
      endpointId: connection.endpointId,
      source: 'API',
      account,
      receivedAt: clock.now(),
    })
  let window = begun
  for (const list of eventLists(account, eventsOf)) {
    let place = window.lists[list.name] ?? NOT_BEGUN
    while (!place.done) {
      if (parts.mayGoOn?.(api.requests) === false) return { window, done: false }
      const page = await pageAfter(api, list, { from, to: window.to }, place)
      place = placeAfter(page, place)
      const reached = { ...window, lists: { ...window.lists, [list.name]: place } }
      window = await store(parts, connection, { events: page.data.flatMap(list.eventsOf), since }, reached)
    }
  }
  return { window, done: true }
}

interface Listed {
  events: readonly ListedEvent[]
  /** Of this account it was proven before. */
  since: Seconds
}

/** @returns the window with what was found in these events */
async function store(
  { scope, clock, bus }: ReconcileParts,
  { id: connectionId, leaseHolder: holder }: StripeConnection,
  listed: Listed,
  before: Window,
): Promise<Window> {
  const { tenantId, sql } = scope
  const page = {
    tenantId,
    connectionId,
    holder,
    events: listed.events,
    newId: wakeId,
    now: clock.now(),
  }
  let window = before
  await storeMissing(sql, page, (missing, filled) => {
    window = grown(before, listed, new Set(missing), filled)
    return JSON.stringify(window)
  })
  if (window.filled > before.filled) {
    bus.publish('work')
    bus.publish(`events:${tenantId}`)
  }
  return window
}

const wakeId = (): string => randomBase62(16)

function grown(
  before: Window,
  { events, since }: Listed,
  missing: ReadonlySet<string>,
  filled: number,
): Window {
  const lacking = events.filter(({ event }) => missing.has(event.id)).map(({ event }) => event.created)
  const first = Math.min(before.firstMissing ?? Number.POSITIVE_INFINITY, ...lacking)
  // Of the overlap only those count that were not there when it was proven.
  const news = events.filter(({ event }) => event.created > since || missing.has(event.id))
  return {
    ...before,
    checked: before.checked + events.length,
    missing: before.missing + missing.size,
    filled: before.filled + filled,
    counted: before.counted + news.length,
    firstMissing: Number.isFinite(first) ? first : null,
  }
}
