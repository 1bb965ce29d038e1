import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { DatabaseError } from '../database.ts'

/** The two roles of one database, behind which every statement runs. Roles belong to the whole cluster: hence the names. */
export interface Roles {
  /** A tenant's: meets only that tenant's rows. */
  readonly app: string
  /** Across tenants, for the few callers that need it. */
  readonly system: string
}

export type Queryable = Pick<pg.Client, 'query'>

/** Where the id is kept of which the names are made; a dump takes it along. */
const TABLE = '_billingwatch_roles'

const ID = /^[0-9a-f]{12}$/

function rolesOf(id: string): Roles {
  if (!ID.test(id)) throw new DatabaseError(`The table "${TABLE}" holds no id of ours.`)
  return { app: `billingwatch_${id}_app`, system: `billingwatch_${id}_system` }
}

/** As they stand in the scripts of migrations, and as all databases of a cluster shared them once. */
export const SHARED: Roles = { app: 'billingwatch_app', system: 'billingwatch_system' }

/** A migration's script for one database: the roles that it names become that database's. */
export const withRoles = (script: string, { app, system }: Roles): string =>
  script.replace(/\bbillingwatch_(app|system)\b/g, (name) => (name === SHARED.app ? app : system))

export const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

/** @returns undefined for a database that has none yet: it is empty, or of an earlier version */
export async function findRoles(client: Queryable): Promise<Roles | undefined> {
  const { rows: tables } = await client.query('SELECT to_regclass($1) AS "table"', [`"${TABLE}"`])
  if (tables[0]?.table === null) return undefined
  const { rows } = await client.query<{ id: string }>(`SELECT "id" FROM "${TABLE}"`)
  return rows[0] && rolesOf(rows[0].id)
}

/** Call it under the migrator's lock. The id is random: two databases of a cluster never have the same names. */
async function chooseRoles(client: Queryable): Promise<Roles> {
  await client.query(`CREATE TABLE IF NOT EXISTS "${TABLE}" ("id" TEXT PRIMARY KEY NOT NULL)`)
  // No secret: whoever opens this database has to know which roles to ask for.
  await client.query(`GRANT SELECT ON "${TABLE}" TO PUBLIC`)
  const found = await findRoles(client)
  if (found) return found
  const id = randomBytes(6).toString('hex')
  await client.query(`INSERT INTO "${TABLE}" ("id") VALUES ($1)`, [id])
  return rolesOf(id)
}

const DUPLICATE_OBJECT = '42710'
const UNIQUE_VIOLATION = '23505'

/**
 * Makes the database's two roles where they are missing and lets the program's login take them.
 * @param login the login that the program runs under
 * @throws DatabaseError saying what a superuser has to run
 */
export async function ensureRoles(client: Queryable, login: string): Promise<Roles> {
  const roles = await chooseRoles(client)
  try {
    for (const role of [roles.app, roles.system]) await createRole(client, role)
    const missing = await rolesWithout(client, login, roles)
    if (missing.length > 0) await client.query(await membership(client, missing, login))
  } catch (error) {
    throw new DatabaseError(
      `The login "${login}" needs the roles ${roles.app} and ${roles.system}, and this login may not give them. As a superuser, run: ${remedy(login, roles)}`,
      { cause: error },
    )
  }
  return roles
}

async function createRole(client: Queryable, role: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role])
  if (rowCount) return
  try {
    await client.query(`CREATE ROLE ${role} NOLOGIN`)
  } catch (error) {
    if (codeOf(error) !== DUPLICATE_OBJECT && codeOf(error) !== UNIQUE_VIOLATION) throw error
  }
}

/** From PostgreSQL 16 on, being a member, inheriting and being allowed to SET ROLE are three things. */
const SINCE_16 = 160_000

const versionOf = async (client: Queryable): Promise<number> => {
  const { rows } = await client.query<{ version: string }>('SHOW server_version_num')
  return Number(Object.values(rows[0] ?? {})[0])
}

/** The roles that the login may not take. */
export async function rolesWithout(
  client: Queryable,
  login: string,
  { app, system }: Roles,
): Promise<string[]> {
  const right = (await versionOf(client)) >= SINCE_16 ? 'SET' : 'MEMBER'
  const { rows } = await client.query<{ role: string }>(
    `SELECT role FROM unnest($1::text[]) AS role
     WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
        OR NOT CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN pg_has_role($2, role, $3) END`,
    [[app, system], login, right],
  )
  return rows.map(({ role }) => role)
}

/** A login that inherited the roles' rights would see every tenant wherever a statement forgot to take a role. */
async function membership(client: Queryable, roles: readonly string[], login: string): Promise<string> {
  const options = (await versionOf(client)) >= SINCE_16 ? ' WITH INHERIT FALSE, SET TRUE' : ''
  return `GRANT ${roles.join(', ')} TO ${pg.escapeIdentifier(login)}${options}`
}

/** What a superuser runs where the login may not make roles. */
const remedy = (login: string, { app, system }: Roles): string =>
  `${[app, system].map((role) => `CREATE ROLE ${role} NOLOGIN;`).join(' ')} GRANT ${app}, ${system} TO ${pg.escapeIdentifier(login)};`

/** @throws DatabaseError naming the server when it cannot be reached; the driver's own error is sometimes empty */
export async function reachable<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const code = codeOf(error)
    if (typeof code !== 'string' || !/^E[A-Z]+$/.test(code)) throw error
    const { host, port } = new pg.Client({ connectionString: url })
    throw new DatabaseError(`PostgreSQL at ${host}:${port} does not answer (${code}).`, { cause: error })
  }
}
