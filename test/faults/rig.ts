import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { Database } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { environment, makeTenant, type TestTenant } from '../support/outside.ts'
import { bundleProgram, killServer, type ServerProcess, spawnServer } from '../support/servers.ts'

const SERVER_URL = process.env['TEST_DATABASE_URL'] ?? 'postgresql://root@127.0.0.1:5432/postgres'
const REDIS_URL = process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379'

/** One statement on the PostgreSQL server, outside of the database under test. */
async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: SERVER_URL, connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

/** @returns what a fault among processes lacks here, in words */
export const missingPostgres = (): Promise<string | undefined> =>
  onServer('SELECT 1').then(
    () => undefined,
    () =>
      `no PostgreSQL answers at ${new URL(SERVER_URL).host}; set TEST_DATABASE_URL to a superuser's login`,
  )

async function redisAnswers(): Promise<boolean> {
  const { Redis } = await import('ioredis')
  const redis = new Redis(REDIS_URL, { lazyConnect: true, retryStrategy: () => null })
  redis.on('error', () => {})
  return redis
    .connect()
    .then(
      () => true,
      () => false,
    )
    .finally(() => redis.disconnect())
}

/** Real built servers that share one new PostgreSQL database, and Redis where one answers. */
export class Cluster {
  readonly servers: ServerProcess[] = []

  private constructor(
    readonly databaseUrl: string,
    readonly database: Database,
    readonly redis: boolean,
    private readonly administrator: pg.Client,
    private readonly databaseName: string,
  ) {}

  /** @param environmentOf further variables of one server, by its number */
  static async start(
    processes: number,
    environmentOf: (index: number) => Record<string, string> = () => ({}),
  ): Promise<Cluster> {
    const program = await bundleProgram('billingwatch-faults')
    const databaseName = `billingwatch_fault_${randomUUID().replaceAll('-', '')}`
    await onServer(`CREATE DATABASE "${databaseName}"`)
    const url = new URL(SERVER_URL)
    url.pathname = `/${databaseName}`
    await migrate({ databaseUrl: url.href })
    const database = await openDatabase({ databaseUrl: url.href })
    const administrator = new pg.Client({ connectionString: url.href })
    administrator.on('error', () => {})
    await administrator.connect()
    const redis = await redisAnswers()
    const cluster = new Cluster(url.href, database, redis, administrator, databaseName)
    try {
      for (let index = 0; index < processes; index++) {
        // By this name its sessions are known in pg_stat_activity.
        url.searchParams.set('application_name', cluster.sessionsOf(index))
        cluster.servers.push(
          await spawnServer(program, {
            ...environment(url.href, redis ? { REDIS_URL } : {}),
            ...environmentOf(index),
          }),
        )
      }
      return cluster
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  /** The `application_name` of a server's sessions. */
  sessionsOf(index: number): string {
    return `${this.databaseName.slice(-12)}-${index}`
  }

  server(index: number): ServerProcess {
    const server = this.servers[index]
    if (server === undefined) throw new Error(`there is no server ${index}`)
    return server
  }

  /** Whether a server holds a transaction open that has written to the table: what it wrote is locked. */
  async holds(index: number, table: string): Promise<boolean> {
    // Only an administrator sees what others' sessions do.
    const { rowCount } = await this.administrator.query(
      `SELECT 1 FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
       WHERE a.application_name = $1 AND a.state = 'idle in transaction'
         AND l.relation = $2::regclass AND l.mode = 'RowExclusiveLock'`,
      [this.sessionsOf(index), `"${table}"`],
    )
    return (rowCount ?? 0) > 0
  }

  tenant(): Promise<TestTenant> {
    return makeTenant(this, this.databaseUrl)
  }

  async stop(): Promise<void> {
    for (const { process: child } of this.servers) child.kill('SIGCONT')
    await Promise.all(this.servers.map(killServer))
    await this.database.close()
    await this.administrator.end()
    await onServer(`DROP DATABASE IF EXISTS "${this.databaseName}" WITH (FORCE)`)
  }
}
