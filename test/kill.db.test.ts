import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Database } from '../src/storage/database.ts'
import { migrate } from '../src/storage/migrate.ts'
import { openDatabase } from '../src/storage/open.ts'
import { environment, makeTenant, nowSeconds, post, query } from './support/app.ts'
import { emptyDatabase, engine } from './support/database.ts'
import { bundleProgram, killServer, type ServerProcess, spawnServer } from './support/servers.ts'
import type { Json } from './support/stripe/basics.ts'
import { charge } from './support/stripe/charges.ts'
import { event } from './support/stripe/events.ts'

let databaseUrl: string
let database: Database
let program: string

beforeAll(async () => {
  program = await bundleProgram(`billingwatch-kill/${engine}`)
  databaseUrl = await emptyDatabase()
  await migrate({ databaseUrl })
  database = await openDatabase({ databaseUrl })
  return () => database.close()
})

/** A server in a process of its own, answering; killed with the test. */
async function startServer(): Promise<ServerProcess> {
  const server = await spawnServer(program, environment(databaseUrl))
  onTestFinished(() => killServer(server))
  return server
}

function doubleCharge(customer: string): Json[] {
  const at = nowSeconds() - 10
  return [at, at + 4].map((created) => event('charge.succeeded', charge({ created, customer }), { created }))
}

describe('kill -9', () => {
  it('after a delivery was answered 200 loses nothing and raises nothing twice, whatever was under way', async () => {
    const mine = await makeTenant({ database }, databaseUrl)
    const expected: string[] = []
    let server = await startServer()
    // From before anything could be judged to when all has been: each time the same result.
    for (const [round, wait] of [0, 15, 60].entries()) {
      const customer = `cus_round_${round}`
      expected.push(customer)
      for (const one of doubleCharge(customer))
        expect(await post(server.url, mine.token, one)).toMatchObject({ status: 200 })
      await new Promise((resolve) => setTimeout(resolve, wait))
      await killServer(server)
      server = await startServer()
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
    await vi.waitFor(async () => expect(await told()).toEqual(expected), { timeout: 45_000, interval: 200 })
    const { data } = await query(
      server.url,
      mine.key,
      '{ events(filter: {statuses: [PENDING]}) { totalCount } }',
    )
    expect(data).toEqual({ events: { totalCount: 0 } })
    expect(await told()).toEqual(expected)
  }, 120_000)
})
