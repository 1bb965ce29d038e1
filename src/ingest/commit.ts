import type { InboxEvent } from '../storage/inbox.ts'
import { appendWake, insertEvents, isLive, markLive, removeWake } from '../storage/inbox.ts'
import { movingOf } from '../storage/moving.ts'
import type { SystemSql, SystemWriter } from '../storage/sql.ts'

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

export interface CommitOptions {
  /** Tenants that need not be asked whether they have had a live event. */
  knownLive: ReadonlySet<string>
  /** From when on it is to be judged. */
  now: Date
  /** Gives an unused id. */
  wakeId(): string
}

/**
 * Stores a batch in one transaction, tenant after tenant in sorted order, so that two processes that store for the
 * same tenants wait for each other instead of deadlocking. It has no effect outside the database: a transaction
 * that is tried again gives the same receipt.
 * @throws TenantsMoving, with nothing stored
 */
export async function commitBatch(
  sql: SystemSql,
  batch: readonly Delivery[],
  { knownLive, now, wakeId }: CommitOptions,
): Promise<Receipt> {
  const groups = byTenant(batch)
  return sql.write(async (tx) => {
    // Each step asks for all tenants before it waits: their statements go to a server in one message.
    const begun = await Promise.all(
      groups.map(async ([tenantId, deliveries]) => ({
        tenantId,
        deliveries,
        wasLive: knownLive.has(tenantId) || (await hadLiveEvent(tx, tenantId, deliveries)),
      })),
    )
    const stored = await Promise.all(begun.map((group) => store(tx, group, wakeId(), now)))
    const moving = stored.filter(({ isMoving }) => isMoving)
    if (moving.length > 0) throw new TenantsMoving(new Set(moving.map(({ tenantId }) => tenantId)))
    await Promise.all(stored.map((group) => correctWake(tx, group, now)))
    return {
      fresh: new Set(stored.flatMap(({ fresh }) => fresh.map(({ delivery }) => delivery))),
      tenants: stored.filter(({ fresh }) => fresh.length > 0).map(({ tenantId }) => tenantId),
      live: begun.filter(isLiveNow).map(({ tenantId }) => tenantId),
    }
  })
}

/** Nothing is stored for these: they are read-only. */
export class TenantsMoving extends Error {
  override readonly name = 'TenantsMoving'
  constructor(readonly tenants: ReadonlySet<string>) {
    super('tenants are moved to another database')
  }
}

/** One tenant's deliveries of a batch. */
interface Group {
  tenantId: string
  deliveries: readonly Delivery[]
  /** Whether the tenant had a live event before. */
  wasLive: boolean
}

const isLiveNow = ({ wasLive, deliveries }: Group): boolean =>
  wasLive || deliveries.some(({ event }) => event.livemode)

/** An event with the delivery that brings it. */
type Row = InboxEvent & { delivery: Delivery }

/** What was stored of one tenant's deliveries. */
interface Stored {
  tenantId: string
  /** The events that were not known before. */
  fresh: readonly Row[]
  isMoving: boolean
  wake: { id: string; events: readonly string[] }
}

/**
 * Stores the events with a wake for those that are to be judged, as if none of them were known: hardly ever one is, and
 * the database need not be asked twice. Whether the tenant moves is asked after the insert, which holds its row: whoever
 * marks it waits until we have committed, or has done so and is seen here.
 */
async function store(tx: SystemWriter, group: Group, wakeId: string, now: Date): Promise<Stored> {
  const { tenantId, deliveries, wasLive } = group
  const rows = distinct(deliveries, wasLive)
  const wake = { id: wakeId, events: pendingOf(rows) }
  const [, written, moving] = await Promise.all([
    tx.enter(tenantId),
    insertEvents(tx, tenantId, rows),
    movingOf(tx, tenantId),
    leaveWake(tx, tenantId, wake, now),
  ])
  const fresh = rows.filter(({ event }) => written.has(event.id))
  return { tenantId, fresh, isMoving: moving != null, wake }
}

const pendingOf = (rows: readonly Row[]): string[] =>
  rows.filter(({ status }) => status === 'PENDING').map(({ event }) => event.id)

async function leaveWake(tx: SystemWriter, tenantId: string, wake: Stored['wake'], now: Date): Promise<void> {
  if (wake.events.length > 0) await appendWake(tx, tenantId, wake.id, now, wake.events)
}

/** A known event is judged, or waits for an import to come to it: a wake that names it would bring it forward. */
async function correctWake(tx: SystemWriter, { tenantId, fresh, wake }: Stored, now: Date): Promise<void> {
  const events = pendingOf(fresh)
  if (events.length === wake.events.length) return
  await Promise.all([
    tx.enter(tenantId),
    removeWake(tx, tenantId, wake.id),
    leaveWake(tx, tenantId, { ...wake, events }, now),
  ])
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
async function hadLiveEvent(
  tx: SystemWriter,
  tenantId: string,
  deliveries: readonly Delivery[],
): Promise<boolean> {
  const entered = tx.enter(tenantId)
  const first = deliveries.find(({ event }) => event.livemode)
  if (first === undefined) return (await Promise.all([isLive(tx, tenantId), entered]))[0]
  return !(await Promise.all([markLive(tx, tenantId, first.receivedAt), entered]))[0]
}

/**
 * Each event once, with the status it begins with, ordered by id: also within a tenant all processes insert in one
 * order. Test events that come after the first live one are of no interest, and thin events cannot be judged.
 */
function distinct(deliveries: readonly Delivery[], wasLive: boolean): Row[] {
  const rows = new Map<string, Row>()
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
