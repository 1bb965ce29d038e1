import { integer, type SystemSql, text, type Writer } from './sql.ts'

/** What is counted of deliveries, by column. */
export const TALLIED = ['accepted', 'duplicates', 'badSignature', 'throttled'] as const

export type Tallied = (typeof TALLIED)[number]

/** Why a delivery that names an endpoint is refused. */
export const REFUSAL_REASONS = ['BAD_SIGNATURE', 'MISSING_SIGNATURE', 'STALE_SIGNATURE', 'THROTTLED'] as const

export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** Deliveries of one endpoint in one five minutes, to be added to what is stored. */
export type DeliveryTally = Record<Tallied, number> & {
  tenantId: string
  endpointId: string
  /** Unix time / 300. */
  slot: number
}

const INSERT = {
  table: 'DeliveryBucket',
  columns: ['tenantId', 'endpointId', 'slot', 'writer', ...TALLIED],
  conflict: `("tenantId", "endpointId", "slot", "writer") DO UPDATE SET ${TALLIED.map(
    (column) => `"${column}" = "DeliveryBucket"."${column}" + excluded."${column}"`,
  ).join(', ')}`,
}

/**
 * Adds to the counts, inside a transaction that has entered the tenant.
 * @param writer the process: each has rows of its own, so that none waits for a row that another has locked
 */
export async function addTally(tx: Writer, writer: string, tally: DeliveryTally): Promise<void> {
  const counts = TALLIED.map((column) => tally[column])
  await tx.insert(INSERT, [[tally.tenantId, tally.endpointId, tally.slot, writer, ...counts]])
}

/** Rows that one transaction puts together. */
const BATCH = 500

/**
 * Puts the counts of a tenant's processes from before a slot together into one row an endpoint and slot.
 * @returns how many rows it took together
 */
export async function compactTallies(sql: SystemSql, tenantId: string, beforeSlot: number): Promise<number> {
  let compacted = 0
  for (let taken = BATCH; taken === BATCH; compacted += taken) {
    taken = await sql.write(async (tx) => {
      await tx.enter(tenantId)
      const rows = await tx.all(
        `DELETE FROM "DeliveryBucket" WHERE "tenantId" = ? AND ("endpointId", "slot", "writer") IN (
           SELECT "endpointId", "slot", "writer" FROM "DeliveryBucket"
           WHERE "tenantId" = ? AND "slot" < ? AND "writer" <> '' LIMIT ${BATCH})
         RETURNING "endpointId", "slot", ${TALLIED.map((column) => `"${column}"`).join(', ')}`,
        [tenantId, tenantId, beforeSlot],
      )
      for (const row of rows) {
        const [accepted, duplicates, badSignature, throttled] = TALLIED.map((column) => integer(row[column]))
        const place = { tenantId, endpointId: text(row['endpointId']), slot: integer(row['slot']) }
        await addTally(tx, '', {
          ...place,
          accepted: accepted ?? 0,
          duplicates: duplicates ?? 0,
          badSignature: badSignature ?? 0,
          throttled: throttled ?? 0,
        })
      }
      return rows.length
    })
  }
  return compacted
}

/** Records a delivery, unless another process has recorded one of about the same time: then nothing is locked. */
export async function touchEndpoint(
  tx: Writer,
  { tenantId, endpointId }: Pick<DeliveryTally, 'tenantId' | 'endpointId'>,
  at: Date,
  unlessSince: Date,
): Promise<void> {
  await tx.run(
    `UPDATE "WebhookEndpoint" SET "lastDeliveryAt" = ?
     WHERE "tenantId" = ? AND "id" = ? AND ("lastDeliveryAt" IS NULL OR "lastDeliveryAt" < ?)`,
    [at, tenantId, endpointId, unlessSince],
  )
}

/** Records the newest refusal, unless one for the same reason was recorded at about the same time. */
export async function noteRefusal(
  tx: Writer,
  { tenantId, endpointId }: Pick<DeliveryTally, 'tenantId' | 'endpointId'>,
  { at, reason }: { at: Date; reason: RefusalReason },
  unlessSince: Date,
): Promise<void> {
  await tx.run(
    `UPDATE "WebhookEndpoint" SET "lastRefusedAt" = ?, "lastRefusal" = ?
     WHERE "tenantId" = ? AND "id" = ?
       AND ("lastRefusedAt" IS NULL OR "lastRefusedAt" < ? OR "lastRefusal" <> ?)`,
    [at, reason, tenantId, endpointId, unlessSince, reason],
  )
}
