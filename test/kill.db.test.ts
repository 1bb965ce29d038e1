import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Database, openDatabase } from '../src/storage/database.ts'
import { migrate } from '../src/storage/migrate.ts'
import { environment, makeTenant, nowSeconds, post, query } from './support/app.ts'
import { emptyDatabase, engine } from './support/database.ts'
import type { Json } from './support/stripe/basics.ts'
import { charge } from './support/stripe/charges.ts'
import { event } from './support/stripe/events.ts'

const root = new URL('..', import.meta.url).pathname
/** Under node_modules, so that the bundle finds its packages. */
const outdir = join(root, 'node_modules/.cache/billingwatch-kill', engine)
let databaseUrl: string
let database: Database

/** Runs of the source start slowly; what is killed here is what production runs. */
const bundle = () =>
  build({
    absWorkingDir: root,
    entryPoints: ['src/billingwatch.ts'],
    outdir,
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })

beforeAll(async () => {
  await bundle()
  databaseUrl = await emptyDatabase()
  await migrate({ databaseUrl })
  database = await openDatabase({ databaseUrl })
  return () => database.close()
})

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

/** A server in a process of its own, answering. */
async function spawnServer(): Promise<{ url: string; process: ChildProcess }> {
  const port = await freePort()
  const child = spawn(process.execPath, [join(outdir, 'billingwatch.js'), 'serve', '--port', String(port)], {
    cwd: root,
    env: { PATH: process.env['PATH'], ...environment(databaseUrl) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const url = `http://127.0.0.1:${port}`
  await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), {
    timeout: 30_000,
    interval: 100,
  })
  return { url, process: child }
}

function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGKILL')
  return gone
}

function doubleCharge(customer: string): Json[] {
  const at = nowSeconds() - 10
  return [at, at + 4].map((created) => event('charge.succeeded', charge({ created, customer }), { created }))
}

describe('kill -9', () => {
  it('after a delivery was answered 200 loses nothing and raises nothing twice, whatever was under way', async () => {
    const mine = await makeTenant({ database }, databaseUrl)
    const expected: string[] = []
    let server = await spawnServer()
    // From before anything could be judged to when all has been: each time the same result.
    for (const [round, wait] of [0, 15, 60].entries()) {
      const customer = `cus_round_${round}`
      expected.push(customer)
      for (const one of doubleCharge(customer))
        expect(await post(server.url, mine.token, one)).toMatchObject({ status: 200 })
      await new Promise((resolve) => setTimeout(resolve, wait))
      await kill(server.process)
      server = await spawnServer()
    }
    const told = async () => {
      const { data } = await query(
        server.url,
        mine.key,
        '{ anomalies { nodes { customerId } } events { totalCount } }',
      )
      const { anomalies, events } = JSON.parse(JSON.stringify(data))
      expect(events.totalCount).toBe(6)
      return anomalies.nodes.map(({ customerId }: { customerId: string }) => customerId).sort()
    }
    await vi.waitFor(async () => expect(await told()).toEqual(expected), { timeout: 15_000, interval: 200 })
    const { data } = await query(
      server.url,
      mine.key,
      '{ events(filter: {statuses: [PENDING]}) { totalCount } }',
    )
    expect(data).toEqual({ events: { totalCount: 0 } })
    expect(await told()).toEqual(expected)
  }, 120_000)
})
