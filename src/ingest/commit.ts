import type { InboxEvent } from '../storage/inbox.ts'
import { appendWake, insertEvents, isLive, markLive } from '../storage/inbox.ts'
import type { SystemSql, Writer } from '../storage/sql.ts'

/** A verified delivery of a parsed event, on its way to the inbox. */
export interface Delivery extends Omit<InboxEvent, 'status'> {
  tenantId: string
}

/** What a commit made of a batch. */
export interface Receipt {
  /** The deliveries that brought a new event; the others were known, or repeated one of the same batch. */
  fresh: ReadonlySet<Delivery>
  /** Tenants with new events. */
  tenants: readonly string[]
  /** Tenants that are known to have had a live event. */
  live: readonly string[]
}

/**
 * Stores a batch in one transaction, tenant after tenant in sorted order, so that two processes that store for the
 * same tenants wait for each other instead of deadlocking. It has no effect outside the database: a transaction
 * that is tried again gives the same receipt.
 * @param knownLive tenants that need not be asked whether they have had a live event
 * @param wakeId gives an unused id
 */
export async function commitBatch(
  sql: SystemSql,
  batch: readonly Delivery[],
  knownLive: ReadonlySet<string>,
  wakeId: () => string,
): Promise<Receipt> {
  const groups = byTenant(batch)
  return sql.write(async (tx) => {
    const fresh = new Set<Delivery>()
    const tenants: string[] = []
    const live: string[] = []
    for (const [tenantId, deliveries] of groups) {
      await tx.enter(tenantId)
      const wasLive = knownLive.has(tenantId) || (await hadLiveEvent(tx, tenantId, deliveries))
      const events = distinct(deliveries, wasLive)
      const written = await insertEvents(tx, tenantId, events)
      if (written.size > 0) tenants.push(tenantId)
      const pending: string[] = []
      for (const row of events) {
        if (!written.has(row.event.id)) continue
        fresh.add(row.delivery)
        if (row.status === 'PENDING') pending.push(row.event.id)
      }
      const last = events[events.length - 1]
      if (pending.length > 0 && last !== undefined)
        await appendWake(tx, tenantId, wakeId(), last.receivedAt, pending)
      if (wasLive || deliveries.some(({ event }) => event.livemode)) live.push(tenantId)
    }
    return { fresh, tenants, live }
  })
}

function byTenant(batch: readonly Delivery[]): [string, Delivery[]][] {
  const groups = new Map<string, Delivery[]>()
  for (const delivery of batch) {
    const group = groups.get(delivery.tenantId)
    if (group === undefined) groups.set(delivery.tenantId, [delivery])
    else group.push(delivery)
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Whether the tenant had a live event before this batch; if its first one is in it, that is recorded. */
async function hadLiveEvent(tx: Writer, tenantId: string, deliveries: readonly Delivery[]): Promise<boolean> {
  const first = deliveries.find(({ event }) => event.livemode)
  if (first === undefined) return isLive(tx, tenantId)
  return !(await markLive(tx, tenantId, first.receivedAt))
}

/**
 * Each event once, with the status it begins with, ordered by id: also within a tenant all processes insert in one
 * order. Test events that come after the first live one are of no interest, and thin events cannot be judged.
 */
function distinct(
  deliveries: readonly Delivery[],
  wasLive: boolean,
): (InboxEvent & { delivery: Delivery })[] {
  const rows = new Map<string, InboxEvent & { delivery: Delivery }>()
  let live = wasLive
  for (const delivery of deliveries) {
    const { event } = delivery
    live ||= event.livemode
    if (rows.has(event.id)) continue
    const status = event.thin || (live && !event.livemode) ? 'IGNORED' : 'PENDING'
    rows.set(event.id, {
      endpointId: delivery.endpointId,
      event,
      summary: delivery.summary,
      receivedAt: delivery.receivedAt,
      payload: delivery.payload,
      status,
      delivery,
    })
  }
  return [...rows.values()].sort((a, b) => (a.event.id < b.event.id ? -1 : 1))
}
