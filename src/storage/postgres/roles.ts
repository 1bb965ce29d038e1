import pg from 'pg'
import { DatabaseError } from '../database.ts'
import { APP_ROLE, SYSTEM_ROLE, wall } from './session.ts'

const ROLES = [APP_ROLE, SYSTEM_ROLE]

type Queryable = Pick<pg.Client, 'query'>

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

const DUPLICATE_OBJECT = '42710'
const UNIQUE_VIOLATION = '23505'

/**
 * Makes the two roles where they are missing and lets the program's login take them. They belong to the whole
 * cluster, not to one database, so another database's migration may be doing the same at this moment.
 * @param login the login that the program runs under
 * @throws DatabaseError saying what a superuser has to run
 */
export async function ensureRoles(client: Queryable, login: string): Promise<void> {
  try {
    for (const role of ROLES) await createRole(client, role)
    const missing = await rolesWithout(client, login)
    if (missing.length > 0) await client.query(`GRANT ${missing.join(', ')} TO ${pg.escapeIdentifier(login)}`)
  } catch (error) {
    throw new DatabaseError(
      `The login "${login}" needs the roles ${ROLES.join(' and ')}, and this login may not give them. As a superuser, run: ${remedy(login)}`,
      { cause: error },
    )
  }
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

async function rolesWithout(client: Queryable, login: string): Promise<string[]> {
  // From PostgreSQL 16 on, being a member and being allowed to SET ROLE are two things.
  const { rows } = await client.query<{ role: string }>(
    `SELECT role FROM unnest($1::text[]) AS role
     WHERE NOT pg_has_role($2, role, CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)`,
    [ROLES, login],
  )
  return rows.map(({ role }) => role)
}

const remedy = (login: string): string =>
  `${ROLES.map((role) => `CREATE ROLE ${role} NOLOGIN;`).join(' ')} GRANT ${ROLES.join(', ')} TO ${pg.escapeIdentifier(login)};`

/** @throws DatabaseError unless this login may take both roles */
export async function checkRoles(pool: pg.Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query(`BEGIN; ${wall(undefined)}; ${wall('')}; ROLLBACK`)
  } catch (error) {
    await client.query('ROLLBACK')
    if (codeOf(error) !== '42501' && codeOf(error) !== '22023') throw error
    throw new DatabaseError(
      `This login may not act as ${ROLES.join(' and ')}, behind which every tenant is kept. Run "billingwatch migrate" first; if that is not enough it says what to grant.`,
      { cause: error },
    )
  } finally {
    client.release()
  }
}

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
