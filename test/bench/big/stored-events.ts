import { Driver } from '../../../src/storage/sqlite/driver.ts'
import { FACTS_VERSION } from '../../../src/stripe/kept-facts.ts'
import type { MadeTenant } from '../judging/many-tenants.ts'

/** Tenants of one transaction. */
const CHUNK = 50
/** Days ago of the oldest and of the newest: all are older than bodies are kept. */
const [OLDEST, NEWEST] = [300, 60]

/** Ids are random, as Stripe's are; SQLite makes the rows itself, which takes a tenth of what binding each would. */
const INSERT = `WITH RECURSIVE "n" ("i", "id", "at") AS (
    SELECT 0, lower(hex(randomblob(12))), julianday('now') - ${OLDEST}
    UNION ALL
    SELECT "i" + 1, lower(hex(randomblob(12))), "at" + ${OLDEST - NEWEST}.0 / :count FROM "n" WHERE "i" + 1 < :count
  ), "event" AS (SELECT *, strftime('%Y-%m-%dT%H:%M:%f+00:00', "at") AS "time" FROM "n")
  INSERT INTO "StripeEvent" ("tenantId", "stripeId", "endpointId", "livemode", "type", "apiVersion", "createdAt", "receivedAt",
    "processedAt", "status", "objectId", "customerId", "amount", "currency", "facts", "factsVersion")
  SELECT :tenantId, 'evt_3Q' || "id", :endpointId, 1, 'charge.succeeded', '2025-03-31.basil', "time", "time",
    "time", 'PROCESSED', 'ch_3Q' || "id", 'cus_Q' || substr("id", 1, 14), 1000 + "i" % 50000, 'eur',
    '[{"kind":"CHARGE_SUCCEEDED","charge":"ch_3Q' || "id" || '","customer":"cus_Q' || substr("id", 1, 14) || '","currency":"eur"}]',
    ${FACTS_VERSION}
  FROM "event" ORDER BY "id"`

/**
 * Writes judged events straight into a migrated SQLite file: bodies gone, as after their retention, facts kept.
 * Admitting them would take hours. Each tenant has as many as the next.
 */
export function storeEvents(file: string, tenants: readonly MadeTenant[], events: number): void {
  const connection = new Driver(file)
  // Lost with the machine, as the whole file may be.
  connection.pragma('synchronous = OFF')
  connection.pragma('foreign_keys = OFF')
  connection.pragma('cache_size = -200000')
  const insert = connection.prepare(INSERT)
  const count = Math.ceil(events / tenants.length)
  const sorted = [...tenants].sort((a, b) => (a.tenantId < b.tenantId ? -1 : 1))
  for (let from = 0; from < sorted.length; from += CHUNK) {
    connection.transaction(() => {
      for (const { tenantId, endpointId } of sorted.slice(from, from + CHUNK))
        insert.run({ tenantId, endpointId, count })
    })()
  }
  connection.pragma('wal_checkpoint(TRUNCATE)')
  connection.close()
}
