import pg from 'pg'
import { type DatabaseAddress, DatabaseError, NotMigratedError } from '../database.ts'
import { findRoles, type Queryable, type Roles, reachable, rolesWithout, SHARED } from './roles.ts'

/** Something that a login may not do or should not be able to, and what to do about it. */
export interface Lack {
  message: string
  advice: string
  /** Everything works meanwhile; left out: nothing does. */
  harmless?: true
}

/**
 * The roles of a migrated database, behind which every tenant is kept.
 * @throws DatabaseError unless they are there and this login may take both
 */
export async function openRoles(url: string): Promise<Roles> {
  return connected(url, async (client, login) => {
    const roles = await findRoles(client)
    if (roles === undefined) throw new NotMigratedError()
    const [lack] = await lacksOfRoles(client, roles, login)
    if (lack) throw new DatabaseError(`${lack.message} ${lack.advice}`)
    return roles
  })
}

/** What the logins lack: before the first migration to run it, later to work. Nothing is changed. */
export async function lacksOf({ databaseUrl, migrateDatabaseUrl }: DatabaseAddress): Promise<Lack[]> {
  const login = new pg.Client({ connectionString: databaseUrl }).user ?? ''
  const migrating = await connected(migrateDatabaseUrl ?? databaseUrl, async (client, owner) => {
    const roles = await findRoles(client)
    if (roles === undefined) return lacksBeforeFirst(client, owner)
    return [...(await lacksOfRoles(client, roles, login)), ...(await leftOfShared(client, login))]
  })
  // Two logins: the one of the program has to get in as well.
  if (migrateDatabaseUrl !== undefined) await connected(databaseUrl, async () => {})
  return migrating
}

async function connected<T>(url: string, work: (client: pg.Client, login: string) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    query_timeout: 10_000,
  })
  // A connection that breaks fails the statement under way; without a listener the process would end instead.
  client.on('error', () => {})
  return reachable(url, async () => {
    await client.connect()
    try {
      return await work(client, client.user ?? '')
    } finally {
      await client.end()
    }
  })
}

async function lacksBeforeFirst(client: Queryable, login: string): Promise<Lack[]> {
  const { rows } = await client.query<{
    database: string
    schema: string | null
    tables: boolean
    roles: boolean
  }>(
    `SELECT current_database() AS "database", current_schema() AS "schema",
       COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false) AS "tables",
       (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) AS "roles"`,
  )
  const [may] = rows
  if (may === undefined) return []
  const [who, where] = [pg.escapeIdentifier(login), pg.escapeIdentifier(may.database)]
  const lacks: Lack[] = []
  if (!may.tables)
    lacks.push({
      message: `The login "${login}" may not make tables in the database "${may.database}", which the first migration does.`,
      advice: `As a superuser or the owner, run: ALTER DATABASE ${where} OWNER TO ${who}; or set MIGRATE_DATABASE_URL to an owner's login.`,
    })
  if (!may.roles)
    lacks.push({
      message: `The login "${login}" may not make roles. The first migration makes two, which only this database uses, to keep tenants apart.`,
      advice: `As a superuser, run: ALTER ROLE ${who} CREATEROLE; or run "./billingwatch migrate" as it is: it stops and says which two roles to make for it.`,
    })
  return lacks
}

/** @throws NotMigratedError where everything still stands on the roles that all databases shared */
async function lacksOfRoles(client: Queryable, roles: Roles, login: string): Promise<Lack[]> {
  const withoutRights = await rolesWithoutRights(client, roles)
  if (withoutRights.length > 0) {
    if ((await rolesWithoutRights(client, SHARED)).length === 0) throw new NotMigratedError()
    const making = withoutRights
      .filter(({ exists }) => !exists)
      .map(({ role }) => `CREATE ROLE ${role} NOLOGIN; `)
      .join('')
    return [
      {
        message: `This database was restored from a dump without the roles ${roles.app} and ${roles.system}, whose rights and policies are part of it.`,
        advice: `${making && `As a superuser, run: ${making}`}Restore the dump again, into an empty database, with its privileges; then run "./billingwatch migrate".`,
      },
    ]
  }
  const missing = await rolesWithout(client, login, roles)
  if (missing.length === 0) return []
  return [
    {
      message: `The login "${login}" may not act as ${missing.join(' and ')}, behind which every tenant is kept.`,
      advice: `Run "./billingwatch migrate"; if that is not enough, as a superuser run: GRANT ${missing.join(', ')} TO ${pg.escapeIdentifier(login)};`,
    },
  ]
}

/** Those of the roles that are not there, or have no right to the tables or no policy on them; none before there are tables. */
async function rolesWithoutRights(
  client: Queryable,
  { app, system }: Roles,
): Promise<{ role: string; exists: boolean }[]> {
  const { rows } = await client.query<{ role: string; exists: boolean; able: boolean }>(
    `SELECT role, r.oid IS NOT NULL AS "exists",
       COALESCE(has_table_privilege(r.oid, t.oid, 'SELECT'), false)
         AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND r.oid = ANY (p.polroles)) AS "able"
     FROM unnest($1::text[]) AS role LEFT JOIN pg_roles r ON r.rolname = role, pg_class t
     WHERE t.oid = to_regclass('"Tenant"')`,
    [[app, system]],
  )
  return rows.filter(({ able }) => !able)
}

/** Rights of the roles that all databases of a cluster once shared: another installation's login may have them too. */
async function leftOfShared(client: Queryable, login: string): Promise<Lack[]> {
  const { rows } = await client.query<{ role: string }>(
    `SELECT rolname AS role FROM pg_roles
     WHERE rolname = ANY ($1) AND to_regclass('"Tenant"') IS NOT NULL
       AND has_table_privilege(oid, to_regclass('"Tenant"'), 'SELECT') AND NOT rolsuper`,
    [[SHARED.app, SHARED.system]],
  )
  if (rows.length === 0) return []
  const shared = rows.map(({ role }) => role).join(', ')
  return [
    {
      harmless: true,
      message: `The roles ${shared}, which all databases of this cluster shared in earlier versions, still have their rights here: other installations' logins can read this database.`,
      advice: `When no process of an earlier version runs any more, run in this database as a superuser: DROP OWNED BY ${shared}; REVOKE ${shared} FROM ${pg.escapeIdentifier(login)};`,
    },
  ]
}
