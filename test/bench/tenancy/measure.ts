import { spawn } from 'node:child_process'
import { once } from 'node:events'
import pg from 'pg'
import { migrate } from '../../../src/storage/migrate.ts'
import { findRoles, type Roles } from '../../../src/storage/postgres/roles.ts'
import { createServerDatabase } from '../../support/postgres-server.ts'
import { type Layout, tenantIdOf } from './layouts.ts'

export const EVENTS_A_TENANT = 100

export interface Figures {
  layout: string
  tenants: number
  /** Milliseconds to make room for one tenant. */
  making: number
  /** Seconds in which one more migration reaches every tenant: a column and an index. */
  migrating: number
  /** Tables, indexes and what belongs to them. */
  relations: number
  catalogueBytes: number
  /** Of one connection, once it has worked for `operations` tenants drawn by chance. */
  connectionBytes: number
  insertsASecond: number
  pagesASecond: number
  /** Seconds, or why there is no dump. */
  dump: number | string
}

interface Ground {
  client: pg.Client
  layout: Layout
  tenants: number
  roles: Roles
}

/** Fills a database of its own, measures and drops it. */
export async function measureLayout(
  layout: Layout,
  tenants: number,
  operations: number,
  say: (line: string) => void,
): Promise<Figures> {
  const { url, drop } = await createServerDatabase()
  try {
    await migrate({ databaseUrl: url })
    const client = await connect(url)
    const roles = await findRoles(client)
    if (roles === undefined) throw new Error('a migrated database without roles')
    const ground: Ground = { client, layout, tenants, roles }
    const making = await fill(ground, say)
    await client.end()
    // A connection of its own: one that has filled the tables remembers them all.
    const fresh = { ...ground, client: await connect(url) }
    const insertsASecond = await rate(fresh, operations, INSERT)
    const pagesASecond = await rate(fresh, operations, PAGE)
    const sizes = await sizesOf(fresh.client)
    const dump = await dumpOf(url)
    const migrating = await migrateAll(fresh)
    await fresh.client.end()
    return {
      layout: layout.name,
      tenants,
      making,
      migrating,
      ...sizes,
      insertsASecond,
      pagesASecond,
      dump,
    }
  } finally {
    await drop()
  }
}

/** Only events are written, and foreign keys are off in both layouts: what is measured is where rows stand. */
async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('SET session_replication_role = replica')
  return client
}

const COLUMNS = `"tenantId", "stripeId", "endpointId", "livemode", "type", "createdAt", "receivedAt", "status"`

const FILL = `INSERT INTO "StripeEvent" (${COLUMNS})
  SELECT $1, 'evt_' || i, 'whe_1', true, 'charge.succeeded', now() - i * interval '1 min', now() - i * interval '1 min', 'PROCESSED'
  FROM generate_series(1, ${EVENTS_A_TENANT}) AS i`

interface Operation {
  name: string
  text: string
  values(tenant: number, nth: number): readonly string[]
}

const INSERT: Operation = {
  name: 'insert',
  text: `INSERT INTO "StripeEvent" (${COLUMNS}) VALUES ($1, $2, 'whe_1', true, 'charge.succeeded', now(), now(), 'PENDING')`,
  values: (tenant, nth) => [tenantIdOf(tenant), `evt_new_${nth}`],
}

const PAGE: Operation = {
  name: 'page',
  text: `SELECT * FROM "StripeEvent" WHERE "tenantId" = $1 ORDER BY "receivedAt" DESC, "stripeId" DESC LIMIT 50`,
  values: (tenant) => [tenantIdOf(tenant)],
}

/** Milliseconds that the room for one tenant took. */
async function fill(
  { client, layout, tenants, roles }: Ground,
  say: (line: string) => void,
): Promise<number> {
  // Looked up once: in a large catalogue that takes longer than to make a schema.
  const { rows } = await client.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '\\_%'`,
  )
  const tables = rows.map(({ name }) => name)
  let making = 0
  for (let tenant = 0; tenant < tenants; tenant += 1) {
    const began = performance.now()
    await layout.make(client, tenant, tables)
    making += performance.now() - began
    await client.query(`BEGIN; ${layout.enter(tenant, roles)}`)
    await client.query(FILL, [tenantIdOf(tenant)])
    await client.query('COMMIT')
    if ((tenant + 1) % 1_000 === 0) say(`${layout.name}: ${tenant + 1} of ${tenants} tenants`)
  }
  await client.query('ANALYZE')
  return making / tenants
}

/** Transactions a second of one connection, each of a tenant that is drawn by chance: the same in both layouts. */
async function rate(ground: Ground, operations: number, { name, text, values }: Operation): Promise<number> {
  const { client, layout, tenants, roles } = ground
  const began = performance.now()
  for (let nth = 0; nth < operations; nth += 1) {
    const tenant = (nth * 7_919 + 13) % tenants
    await client.query(`BEGIN; ${layout.enter(tenant, roles)}`)
    await client.query({ name, text, values: [...values(tenant, nth)] })
    await client.query('COMMIT')
  }
  return (1_000 * operations) / (performance.now() - began)
}

async function sizesOf(client: pg.Client) {
  const { rows } = await client.query<Record<'relations' | 'catalogue' | 'connection', string>>(
    `SELECT (SELECT count(*) FROM pg_class) AS relations,
       (SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r') AS catalogue,
       (SELECT sum(total_bytes) FROM pg_backend_memory_contexts) AS connection`,
  )
  const [row] = rows
  return {
    relations: Number(row?.relations),
    catalogueBytes: Number(row?.catalogue),
    connectionBytes: Number(row?.connection),
  }
}

/** Seconds, or what pg_dump says that it lacks. */
async function dumpOf(url: string): Promise<number | string> {
  const began = performance.now()
  const dump = spawn('pg_dump', ['--format=custom', url], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  dump.stderr.on('data', (chunk) => {
    said += String(chunk)
  })
  const ended = await once(dump, 'close').catch((error: Error) => [error.message])
  if (ended[0] === 0) return (performance.now() - began) / 1_000
  return /ERROR: +(.*)/.exec(said)?.[1] ?? said.trim().split('\n')[0] ?? String(ended[0])
}

const MIGRATION = [
  'ALTER TABLE "StripeEvent" ADD COLUMN "bench" text',
  'CREATE INDEX "StripeEvent_bench_idx" ON "StripeEvent" ("tenantId", "type", "createdAt")',
]

async function migrateAll({ client, layout, tenants }: Ground): Promise<number> {
  const began = performance.now()
  for (const schema of layout.schemas(tenants))
    await client.query(['BEGIN', `SET LOCAL search_path = ${schema}`, ...MIGRATION, 'COMMIT'].join('; '))
  return (performance.now() - began) / 1_000
}
