import { availableParallelism } from 'node:os'
import pg from 'pg'
import { defineConfig } from 'vitest/config'

const asked = process.env['TEST_DATABASE_URL']
const serverUrl = asked ?? 'postgresql://root@127.0.0.1:5432/postgres'

/** Why the tests cannot use the server: they make databases and logins there, each file its own. */
async function objection(): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query('SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper')
    return rows.length === 1 ? undefined : 'the login is no superuser'
  } catch (error) {
    return error instanceof Error ? error.message || error.name : String(error)
  } finally {
    await client.end().catch(() => {})
  }
}

const reason = await objection()
if (reason && asked) throw new Error(`TEST_DATABASE_URL cannot be used: ${reason}`)
if (reason)
  process.stderr.write(
    `Skipped: the tests on PostgreSQL (${reason}). Set TEST_DATABASE_URL to a superuser's login to run them.\n`,
  )

/** Each of these starts several processes, which hold most of the connections that a server allows: they run after the others. */
const OF_PROCESSES = [
  'test/halves.db.test.ts',
  'test/kill.db.test.ts',
  'test/alerts/kills.db.test.ts',
  'test/connect/kill.db.test.ts',
]

interface Files {
  name?: string
  include?: string[]
  exclude?: string[]
  after?: boolean
}

/** Tests that use a database: the same files for each engine. */
const onEngine = (
  engine: 'sqlite' | 'postgresql',
  { name = engine, include = ['test/**/*.db.test.ts'], exclude = [], after = false }: Files = {},
) => ({
  extends: true as const,
  test: {
    name,
    include,
    exclude,
    env: { TEST_ENGINE: engine, TEST_DATABASE_URL: serverUrl },
    sequence: { groupOrder: after ? 1 : 0 },
  },
})

const ON_POSTGRES = [
  onEngine('postgresql', { exclude: OF_PROCESSES }),
  onEngine('postgresql', { name: 'postgresql, processes', include: OF_PROCESSES, after: true }),
]

export default defineConfig({
  // Vite would load graphql's ES build beside the CommonJS one that Node gives to everybody else: two of each class.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    // Much of a test's time is waiting, for a commit or a socket: two workers more than there are cores.
    maxWorkers: availableParallelism() + 2,
    // Each file has a database and servers of its own and leaves nothing behind: loading every module anew for each
    // would take as long as the tests.
    isolate: false,
    // What one project has compiled the others need as well, and the next run.
    experimental: { fsModuleCache: true },
    globalSetup: ['test/support/build-page.ts'],
    setupFiles: ['test/support/setup.ts'],
    unstubEnvs: true,
    restoreMocks: true,
    // Nothing takes as long: what hangs is to fail, and what waits for its turn on a slow machine is not.
    testTimeout: 60_000,
    hookTimeout: 90_000,
    projects: [
      {
        extends: true,
        test: { name: 'plain', include: ['test/**/*.test.ts'], exclude: ['test/**/*.db.test.ts'] },
      },
      onEngine('sqlite'),
      ...(reason ? [] : ON_POSTGRES),
    ],
  },
})
