import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { DatabaseError } from '../database.ts'
import {
  type Applied,
  failed,
  type MigrateOptions,
  type Migration,
  NoDatabaseError,
  pendingMigrations,
} from '../migrations.ts'
import { codeOf, ensureRoles, findRoles, type Roles, reachable, rolesWithout, withRoles } from './roles.ts'

/** The number that Prisma's own migrate takes its advisory lock by. */
const LOCK = 72_707_369

/** Prisma's own history table, so that `prisma migrate status` and `deploy` agree with us. */
const HISTORY = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`

/** Milliseconds to connect, and for another process that migrates: a large table takes minutes. */
const CONNECT_WITHIN = 10_000
const OTHERS_WITHIN = 600_000

/** Whoever serves goes on meanwhile: a table that is in use is waited for briefly, since all others queue behind the wait. */
const LIMITS = `SET lock_timeout = 10000; SET statement_timeout = 3600000; SET idle_in_transaction_session_timeout = 60000`

/**
 * Migrates the database under Prisma's advisory lock, each migration in a transaction of its own.
 * @param url an owner's login
 * @param login the URL that the program itself will use: its login is let into the two roles
 */
export async function migratePostgres(
  url: string,
  login: string,
  migrations: readonly Migration[],
  { create = true }: MigrateOptions = {},
): Promise<string[]> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_WITHIN,
    keepAlive: true,
  })
  // A connection that breaks fails the statement under way; without a listener the process would end instead.
  client.on('error', () => {})
  await reachable(url, () => client.connect())
  try {
    if (await isUpToDate(client, login, migrations)) return []
    await client.query(`SET lock_timeout = ${OTHERS_WITHIN}`)
    await client.query('SELECT pg_advisory_lock($1)', [LOCK])
    await client.query(LIMITS)
    if (!create) await demandHistory(client)
    await makeHistory(client)
    const pending = pendingMigrations(migrations, await historyOf(client))
    const roles = await ensureRoles(client, userOf(login))
    for (const migration of pending) await apply(client, migration, roles)
    return pending.map(({ name }) => name)
  } finally {
    // Ending the session gives the lock back, whatever happened.
    await client.end()
  }
}

const userOf = (url: string): string => new pg.Client({ connectionString: url }).user ?? ''

/**
 * Whether there is nothing to do: asked first, and as the program itself would ask, since its login may not be allowed
 * to change anything.
 */
async function isUpToDate(
  client: pg.Client,
  login: string,
  migrations: readonly Migration[],
): Promise<boolean> {
  const roles = await findRoles(client)
  if (roles === undefined) return false
  for (const user of new Set([userOf(login), client.user ?? '']))
    if ((await rolesWithout(client, user, roles)).length > 0) return false
  await client.query(`SET ROLE ${roles.system}`)
  try {
    const { rows } = await client.query<{ may: boolean }>(
      `SELECT COALESCE(has_table_privilege(to_regclass('"_prisma_migrations"'), 'SELECT'), false) AS may`,
    )
    return rows[0]?.may === true && pendingMigrations(migrations, await historyOf(client)).length === 0
  } finally {
    await client.query('RESET ROLE')
  }
}

const historyOf = async (client: pg.Client): Promise<Applied[]> =>
  (
    await client.query<Applied>(
      `SELECT "migration_name" AS name, "checksum" AS checksum, "finished_at" IS NOT NULL AS finished
       FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL`,
    )
  ).rows

/** @throws DatabaseError when the login may not make tables, and so cannot migrate */
async function makeHistory(client: pg.Client): Promise<void> {
  try {
    await client.query(HISTORY)
  } catch (error) {
    if (codeOf(error) !== INSUFFICIENT_PRIVILEGE) throw error
    throw new DatabaseError(
      `There are migrations to apply, and the login "${client.user ?? ''}" may not make tables in this database. Set MIGRATE_DATABASE_URL to the owner's login, or see what \`doctor\` says.`,
      { cause: error },
    )
  }
}

const INSUFFICIENT_PRIVILEGE = '42501'

/** @throws NoDatabaseError when nothing was ever migrated here */
async function demandHistory(client: pg.Client): Promise<void> {
  const { rows } = await client.query(`SELECT FROM pg_class WHERE oid = to_regclass('"_prisma_migrations"')`)
  if (rows.length > 0) return
  throw new NoDatabaseError(`there is nothing of BillingWatch in the database ${client.database ?? ''}`)
}

/** The checksum is the template's: of the file, before the names of roles are put in. */
async function apply(client: pg.Client, { name, script, checksum }: Migration, roles: Roles): Promise<void> {
  try {
    await client.query('BEGIN')
    const unforced = CHANGES_ROWS.test(script) ? await reachAllRows(client, roles) : []
    await client.query(withRoles(script, roles))
    for (const table of unforced) await client.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`)
    await client.query(
      `INSERT INTO "_prisma_migrations" ("id","checksum","migration_name","started_at","finished_at","applied_steps_count")
       VALUES ($1, $2, $3, clock_timestamp(), clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw failed(name, error)
  }
}

const CHANGES_ROWS = /^\s*(UPDATE|INSERT|DELETE|MERGE|WITH)\b/im

/**
 * Row-level security holds the tables' owner too. One that inherits nothing from the roles would change no row, so it
 * is let through for the rest of the transaction, while which nobody else is at the tables.
 * @returns the tables that have to be forced again
 */
async function reachAllRows(client: pg.Client, { system }: Roles): Promise<string[]> {
  const { rows } = await client.query<{ table: string }>(
    `SELECT c.oid::regclass::text AS "table" FROM pg_class c
     WHERE c.relforcerowsecurity AND pg_get_userbyid(c.relowner) = current_user
       AND NOT pg_has_role($1, 'USAGE')
       AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls))
     ORDER BY c.relname`,
    [system],
  )
  const tables = rows.map(({ table }) => table)
  for (const table of tables) await client.query(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`)
  return tables
}
