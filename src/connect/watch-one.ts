import { METRIC_SLOT } from '../detection/engine/memory.ts'
import type { StripeConnection } from '../generated/sqlite/client.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Scope } from '../storage/scope/scope.ts'
import { DAY, MINUTE, type Seconds, toSeconds } from '../time.ts'
import { noteSilence } from './answers.ts'
import type { StripeApi } from './api.ts'
import { lookAgain, lookAtEndpoint, needsLook } from './look-again.ts'
import { apiWith, openKey } from './means.ts'
import { LISTED } from './probe.ts'
import { Ration } from './ration.ts'
import { type Reconciled, reconcile } from './reconcile.ts'
import type { ReconcileParts } from './reconcile-parts.ts'
import { noteTrouble } from './standing.ts'
import { StripeTrouble } from './trouble.ts'

export interface WatchParts extends ReconcileParts {
  log: Logger
  metrics: Pick<Metrics, 'reconciliations' | 'stripeRequests' | 'eventsFilled'>
}

/** Key and endpoint are looked at once a day: somebody may have changed either at Stripe. */
const LOOK_EVERY: Seconds = DAY
/** What Stripe does not answer is asked again so much later. */
const AWAY: Seconds = 5 * MINUTE

/** A turn of a connection, as far as it has come. */
interface Turn {
  parts: WatchParts
  api: StripeApi
  ration: Ration
  /** Requests that may be sent in it. */
  left: number
}

/**
 * One turn of a connection in the background: looks at its key and endpoint when that is due, compares what its ration
 * allows, and says when its next turn is. The caller has the lease.
 * @param free whether it is not paid from the ration: after the own downtime
 */
export async function watchConnection(
  parts: WatchParts,
  connection: StripeConnection,
  { free }: { free: boolean },
): Promise<void> {
  const { scope, clock, metrics, signal } = parts
  const ration = new Ration(await transactionsOf(scope, connection, clock.now()))
  const spent = { since: connection.rationSince ?? clock.now(), requests: connection.rationSpent }
  const left = free ? Number.POSITIVE_INFINITY : ration.left(spent, clock.now())
  const api = await apiWith(parts.means, openKey(parts.vault, connection), { signal })
  let next: Seconds = AWAY
  try {
    next = await take({ parts, api, ration, left }, connection)
  } catch (error) {
    if (signal?.aborted) return
    if (!(error instanceof StripeTrouble)) throw error
    if (!error.passes) next = LOOK_EVERY
    sayFailed(parts, connection, error)
    await scope.transaction((db) => noteSilence(db, connection, clock.now()))
  } finally {
    metrics.stripeRequests.inc(api.requests)
    const now = clock.now()
    const { since, requests } = ration.at(spent, now)
    await scope.db.stripeConnection.updateMany({
      where: { tenantId: scope.tenantId, id: connection.id, reconcileAt: { not: null } },
      data: {
        rationSince: since,
        rationSpent: requests + (free ? 0 : api.requests),
        reconcileAt: new Date(now.getTime() + next * 1_000),
      },
    })
  }
}

/** @returns after how long its next turn is */
async function take({ parts, api, ration, left }: Turn, connection: StripeConnection): Promise<Seconds> {
  const present = await lookedAt(parts, api, connection)
  if (needsLook(present)) return LOOK_EVERY
  if (left < 1) return ration.timeFor(1)
  const mayGoOn = (sent: number): boolean => sent < left
  const compared = await reconcile({ ...parts, mayGoOn }, present, api)
  count(parts, compared)
  return ration.timeFor(compared.done ? api.requests : 1)
}

/** Looks at what may have changed at Stripe, once a day. */
async function lookedAt(parts: WatchParts, api: StripeApi, connection: StripeConnection) {
  const { probedAt, state, stripeEndpointId, stripeEndpointStatus } = connection
  const now = parts.clock.now().getTime()
  // Whoever enables it again wants to see that soon.
  const isShut = stripeEndpointId !== null && stripeEndpointStatus !== 'enabled'
  const isRecent = probedAt !== null && now - probedAt.getTime() < LOOK_EVERY * 1_000
  if (isRecent && !(isShut && state === 'CONNECTED')) return connection
  try {
    return await (state === 'CONNECTED' ? lookAtEndpoint : lookAgain)(parts, api, connection)
  } catch (error) {
    await noteTrouble(parts.scope, parts.clock, connection, error)
    throw error
  }
}

/** Of the last 30 days: what Stripe allows goes by them. */
async function transactionsOf(
  { db, tenantId }: Scope,
  { endpointId }: StripeConnection,
  now: Date,
): Promise<number> {
  const { _sum } = await db.metricBucket.aggregate({
    where: {
      tenantId,
      stream: { startsWith: `${endpointId}/` },
      slot: { gte: Math.floor((toSeconds(now) - LISTED) / METRIC_SLOT) },
    },
    _sum: { chargesSucceeded: true },
  })
  return _sum.chargesSucceeded ?? 0
}

function count({ metrics, scope, log }: WatchParts, { missing, filled, done }: Reconciled): void {
  metrics.eventsFilled.inc(filled)
  metrics.reconciliations.inc({ result: done ? 'complete' : 'waiting' })
  if (missing > 0)
    log.warn({ tenant: scope.tenantId, missing, filled }, 'events that no webhook brought were filled in')
}

function sayFailed(
  { metrics, scope, log }: WatchParts,
  { id }: StripeConnection,
  error: StripeTrouble,
): void {
  metrics.reconciliations.inc({ result: 'failed' })
  const fields = { tenant: scope.tenantId, connection: id, reason: error.message }
  log.warn(fields, "events could not be compared with Stripe's list")
}
