import { appendWake, insertListed, type ListedEvent } from '../inbox.ts'
import { demandWritable } from '../moving.ts'
import { type Sql, text, type Writer } from '../sql.ts'

/** What the ids of a page from Stripe are compared for. */
export interface ListedPage {
  tenantId: string
  connectionId: string
  /** Whose lease it is: another's work on the connection is not undone. */
  holder: string | null
  events: readonly ListedEvent[]
  /** For the wake. */
  newId(): string
  now: Date
}

/** The lease has run out, or the connection was removed: what was listed is not stored. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError'
  constructor() {
    super('the connection was removed meanwhile, or another process works on it')
  }
}

/**
 * Stores those events of a page that are not known yet, to be judged as if they had come now, together with how far the
 * comparison is: a kill at any moment repeats the page or not.
 * @param progressOf JSON of the progress, given how many were missing and how many of them were stored
 */
export function storeMissing(
  sql: Sql,
  page: ListedPage,
  progressOf: (missing: readonly string[], filled: number) => string,
): Promise<void> {
  return sql.write(async (tx) => {
    await demandWritable(tx, page.tenantId)
    // Locked first, before events and their tenant: see `lockConnection`.
    const own = [page.tenantId, page.connectionId, page.holder]
    const held = await tx.run(
      'UPDATE "StripeConnection" SET "filled" = "filled" WHERE "tenantId" = ? AND "id" = ? AND "leaseHolder" = ?',
      own,
    )
    if (held === 0) throw new ConnectionLostError()
    const missing = await missingIn(tx, page)
    const filled = await insertFound(tx, page, missing)
    await tx.run(
      'UPDATE "StripeConnection" SET "reconciling" = ? WHERE "tenantId" = ? AND "id" = ? AND "leaseHolder" = ?',
      [progressOf([...missing], filled), ...own],
    )
  })
}

async function missingIn(tx: Writer, { tenantId, events }: ListedPage): Promise<Set<string>> {
  const missing = new Set(events.map(({ event }) => event.id))
  if (missing.size === 0) return missing
  const marks = [...missing].map(() => '?').join(', ')
  const known = await tx.all(
    `SELECT "stripeId" FROM "StripeEvent" WHERE "tenantId" = ? AND "stripeId" IN (${marks})`,
    [tenantId, ...missing],
  )
  for (const row of known) missing.delete(text(row['stripeId']))
  return missing
}

/** @returns how many were stored: a webhook may have brought one in the meantime */
async function insertFound(
  tx: Writer,
  { tenantId, events, newId, now }: ListedPage,
  missing: ReadonlySet<string>,
): Promise<number> {
  const found = events.filter(({ event }) => missing.has(event.id))
  const stored = await insertListed(tx, tenantId, found, now)
  const pending = stored.filter(({ status }) => status === 'PENDING').map(({ event }) => event.id)
  if (pending.length > 0) await appendWake(tx, tenantId, newId(), now, pending)
  return stored.length
}
