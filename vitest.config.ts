import { createConnection } from 'node:net'
import { defineConfig } from 'vitest/config'

const serverUrl = process.env['TEST_DATABASE_URL'] ?? 'postgresql://root@127.0.0.1:5432/postgres'

/** Whether something listens where the URL points. */
const answers = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url)
    const socket = createConnection({ host: hostname, port: Number(port || 5432), timeout: 1_000 })
    const done = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
    socket.once('timeout', () => done(false))
  })

const withPostgres = await answers(serverUrl)
if (!withPostgres)
  process.stderr.write('No PostgreSQL answers (TEST_DATABASE_URL): its half of the tests is skipped.\n')

const database = (engine: 'sqlite' | 'postgresql') => ({
  extends: true as const,
  test: {
    name: engine,
    include: ['test/**/*.db.test.ts'],
    env: { TEST_ENGINE: engine, TEST_DATABASE_URL: serverUrl },
  },
})

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.db.test.ts', 'test/bench/**'],
        },
      },
      database('sqlite'),
      ...(withPostgres ? [database('postgresql')] : []),
    ],
  },
})
