import type { EventSummary, StripeEnvelope } from '../stripe/event.ts'
import { FACTS_VERSION } from '../stripe/kept-facts.ts'
import { nullableDate, text, type Value, type Writer } from './sql.ts'

/**
 * The statements of ingest, raw because this is the hottest path there is: a commit carries hundreds of rows.
 * Every function expects that the transaction has entered the tenant.
 */
export interface InboxEvent {
  endpointId: string
  event: StripeEnvelope
  summary: EventSummary
  /** Wall clock, in whole milliseconds. */
  receivedAt: Date
  status: 'PENDING' | 'PROCESSED' | 'IGNORED'
  /** Of an event that comes judged: history. The wall clock, and what it said of billing (kept-facts.ts). */
  judged?: { processedAt: Date; facts: string | null }
  /** The signed body, bytes as they came; of an event from Stripe's API its JSON. */
  payload: Uint8Array
  /** How it came; a webhook where nothing is said. */
  source?: EventSource
}

/** An event as Stripe's API lists it: whether it is judged is decided when it is stored. */
export type ListedEvent = Omit<InboxEvent, 'status'>

/**
 * BACKFILL is the past as Stripe's API lists it, API an event that no webhook brought and that was found there later,
 * REBUILT one made of an older object.
 */
export const EVENT_SOURCES = ['WEBHOOK', 'REPLAY', 'API', 'BACKFILL', 'REBUILT'] as const
export type EventSource = (typeof EVENT_SOURCES)[number]

const EVENT_COLUMNS = [
  'tenantId',
  'stripeId',
  'endpointId',
  'account',
  'livemode',
  'type',
  'apiVersion',
  'createdAt',
  'receivedAt',
  'processedAt',
  'status',
  'objectId',
  'customerId',
  'amount',
  'currency',
  'payload',
] as const

/** A webhook has none of these: the hottest insert is spared them. */
const FURTHER_COLUMNS = [...EVENT_COLUMNS, 'source', 'facts', 'factsVersion'] as const

/** @returns the Stripe ids that were not known before; a known event is left as it is */
export async function insertEvents(
  tx: Writer,
  tenantId: string,
  events: readonly InboxEvent[],
): Promise<Set<string>> {
  const further = events.some(({ judged, source }) => judged !== undefined || source !== undefined)
  const columns = further ? FURTHER_COLUMNS : EVENT_COLUMNS
  const written = await tx.insert(
    { table: 'StripeEvent', columns, conflict: 'DO NOTHING', returning: 'stripeId' },
    events.map((event) => [...eventRow(tenantId, event), ...(further ? furtherOf(event) : [])]),
  )
  return new Set(written.map(text))
}

function eventRow(tenantId: string, row: InboxEvent): Value[] {
  const { event, summary } = row
  return [
    tenantId,
    event.id,
    row.endpointId,
    event.account ?? null,
    event.livemode,
    event.type,
    event.apiVersion ?? null,
    new Date(event.created * 1000),
    row.receivedAt,
    row.judged?.processedAt ?? null,
    row.status,
    summary.objectId ?? null,
    summary.customerId ?? null,
    summary.amount ?? null,
    summary.currency ?? null,
    row.payload,
  ]
}

const furtherOf = ({ judged, source = 'WEBHOOK' }: InboxEvent): Value[] => [
  source,
  ...(judged === undefined ? [null, null] : [judged.facts, FACTS_VERSION]),
]

/**
 * Stores events that Stripe's API lists, with the status that they have while the tenant is live for test events.
 * @returns those that were not known before
 */
export async function insertListed(
  tx: Writer,
  tenantId: string,
  events: readonly ListedEvent[],
  now: Date,
): Promise<InboxEvent[]> {
  if (events.length === 0) return []
  if (events.some(({ event }) => event.livemode)) await markLive(tx, tenantId, now)
  const live = await isLive(tx, tenantId)
  const rows = events.map((row): InboxEvent => {
    const { thin, livemode } = row.event
    return { ...row, status: thin || (live && !livemode) ? 'IGNORED' : 'PENDING' }
  })
  // As ingest does: all processes insert in one order.
  rows.sort((a, b) => (a.event.id < b.event.id ? -1 : 1))
  const stored = await insertEvents(tx, tenantId, rows)
  return rows.filter(({ event }) => stored.has(event.id))
}

/** Tells detection that these events wait; rows are only ever added, so this never waits for a batch being judged. */
export async function appendWake(
  tx: Writer,
  tenantId: string,
  id: string,
  dueAt: Date,
  stripeIds: readonly string[],
): Promise<void> {
  await tx.insert({ table: 'Wake', columns: ['tenantId', 'id', 'dueAt', 'events'] }, [
    [tenantId, id, dueAt, JSON.stringify(stripeIds)],
  ])
}

export async function removeWake(tx: Writer, tenantId: string, id: string): Promise<void> {
  await tx.run('DELETE FROM "Wake" WHERE "tenantId" = ? AND "id" = ?', [tenantId, id])
}

/** Records the tenant's first live event. @returns false when an earlier one stands already */
export async function markLive(tx: Writer, tenantId: string, at: Date): Promise<boolean> {
  const changed = await tx.run(
    'UPDATE "Tenant" SET "firstLiveAt" = ? WHERE "id" = ? AND "firstLiveAt" IS NULL',
    [at, tenantId],
  )
  return changed > 0
}

/** Whether the tenant has had a live event. */
export async function isLive(tx: Writer, tenantId: string): Promise<boolean> {
  const [row] = await tx.all('SELECT "firstLiveAt" FROM "Tenant" WHERE "id" = ?', [tenantId])
  return nullableDate(row?.['firstLiveAt']) !== null
}
