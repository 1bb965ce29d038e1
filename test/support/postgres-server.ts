import { randomUUID } from 'node:crypto'
import pg from 'pg'

const serverUrl = process.env['TEST_DATABASE_URL'] ?? 'postgresql://root@127.0.0.1:5432/postgres'

async function withServer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** One statement on the test server, outside the databases under test. */
export const onServer = (statement: string): Promise<void> =>
  withServer(async (client) => void (await client.query(statement)))

export const serverAnswers = (): Promise<boolean> =>
  onServer('SELECT 1').then(
    () => true,
    () => false,
  )

/** A login of its own to a database of the test server, which may be refused; to be dropped after the database. */
export async function ownLogin(
  databaseUrl: string,
): Promise<{ url: string; name: string; drop(): Promise<void> }> {
  const name = `billingwatch_test_${randomUUID().slice(0, 8)}`
  await onServer(`CREATE ROLE ${name} SUPERUSER LOGIN`)
  const url = new URL(databaseUrl)
  url.username = name
  return { url: url.href, name, drop: () => onServer(`DROP ROLE ${name}`) }
}

/** Ends every session on a database, as when its server is stopped. */
export const endSessions = (databaseUrl: string): Promise<void> =>
  onServer(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${new URL(databaseUrl).pathname.slice(1)}'`,
  )

/** A database on the test server. */
export interface ServerDatabase {
  url: string
  /** Drops it, with the roles that are its own. */
  drop(): Promise<void>
}

export async function createServerDatabase(): Promise<ServerDatabase> {
  const name = `billingwatch_${randomUUID().replaceAll('-', '')}`
  await onServer(`CREATE DATABASE "${name}"`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => withServer((client) => dropDatabase(client, name)) }
}

async function dropDatabase(client: pg.Client, name: string): Promise<void> {
  const { rows } = await client.query<{ rolname: string }>(
    `SELECT DISTINCT r.rolname FROM pg_shdepend d JOIN pg_database b ON b.oid = d.dbid JOIN pg_roles r ON r.oid = d.refobjid
     WHERE b.datname = $1 AND r.rolname ~ '^billingwatch_[0-9a-f]{12}_(app|system)$'`,
    [name],
  )
  await client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
  for (const { rolname } of rows) await client.query(`DROP ROLE IF EXISTS ${rolname}`)
}
