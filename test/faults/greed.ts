import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { raise } from '../support/anomalies.ts'
import { environment, makeTenant, type TestTenant } from '../support/outside.ts'
import { eventRow } from '../support/rows.ts'
import { killServer, spawnServer } from '../support/servers.ts'
import { SteadyLoad } from './load.ts'
import { ownProgram } from './program.ts'

/** The greedy tenant's data: a page with the events of each of its rows. */
const ANOMALIES = 200
const EVENTS = 20
/** As often as API_RATE_LIMIT allows by default. */
const ASKED_PER_SECOND = 20
const DELIVERED_PER_SECOND = 20
const NESTED = `{ anomalies(first: ${ANOMALIES}) { nodes { id title events(first: ${EVENTS}) { nodes { id type } } } } }`
const CHARTS = `{ ${[0, 1, 2].map((n) => `a${n}: metrics(range: {from: "2021-01-01", to: "2026-06-01"}, interval: DAY) { at events chargesSucceeded chargesFailed disputes anomalies }`).join(' ')} }`

/** What the other tenant saw, and what became of the greedy one's operations. */
export interface Greed {
  /** Milliseconds from a delivery to its answer, shortest first. */
  deliveries: number[]
  /** Deliveries that were not answered 200. */
  refused: number
  /** Milliseconds of `healthz`, shortest first. */
  health: number[]
  served: number
  limited: number
  failed: number
}

export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

/** A server on SQLite with two tenants, one of them as greedy as its limits allow, or not at all. */
export class Shop {
  private constructor(
    private readonly folder: string,
    private readonly server: Awaited<ReturnType<typeof spawnServer>>,
    private readonly greedy: TestTenant,
    private readonly modest: TestTenant,
  ) {}

  static async open(): Promise<Shop> {
    const folder = await mkdtemp(join(tmpdir(), 'billingwatch-greed-'))
    const databaseUrl = `file:${join(folder, 'greed.db')}`
    await migrate({ databaseUrl })
    const database = await openDatabase({ databaseUrl })
    const greedy = await makeTenant({ database }, databaseUrl)
    const modest = await makeTenant({ database }, databaseUrl)
    const { db } = scopeTo(database, greedy.id)
    const events = Array.from({ length: EVENTS }, (_, n) =>
      eventRow(greedy.id, greedy.endpointId, `evt_g${n}`),
    )
    await db.stripeEvent.createMany({ data: events })
    for (let n = 0; n < ANOMALIES; n++) {
      const anomalyId = await raise(database, greedy.id)
      const rows = events.map(({ stripeId }) => ({ tenantId: greedy.id, anomalyId, stripeId }))
      await db.anomalyEvent.createMany({ data: rows })
    }
    await database.close()
    const program = await ownProgram()
    return new Shop(folder, await spawnServer(program, environment(databaseUrl)), greedy, modest)
  }

  /** Some seconds of deliveries to one tenant while the other asks for all that it may, or for nothing. */
  async measure(seconds: number, isGreedy: boolean): Promise<Greed> {
    const greed: Greed = { deliveries: [], refused: 0, health: [], served: 0, limited: 0, failed: 0 }
    const load = new SteadyLoad(
      [this.modest],
      () => this.server.url,
      () => [0],
    )
    const asking = new Set<Promise<void>>()
    let asked = 0
    const greedily = setInterval(() => {
      if (!isGreedy) return
      const one = this.#ask(asked++ % 3 === 0 ? CHARTS : NESTED, greed).finally(() => asking.delete(one))
      asking.add(one)
    }, 1_000 / ASKED_PER_SECOND)
    load.start(DELIVERED_PER_SECOND)
    const until = performance.now() + seconds * 1_000
    while (performance.now() < until) {
      const began = performance.now()
      await fetch(`${this.server.url}/healthz`).then((response) => response.text())
      greed.health.push(performance.now() - began)
      await sleep(100)
    }
    await load.stop()
    clearInterval(greedily)
    await Promise.all(asking)
    greed.deliveries = load.delivered
      .map(({ sentAt, answeredAt }) => answeredAt - sentAt)
      .sort((a, b) => a - b)
    greed.refused = load.delivered.filter(({ status }) => status !== 200).length
    greed.health.sort((a, b) => a - b)
    return greed
  }

  async close(): Promise<void> {
    await killServer(this.server)
    await rm(this.folder, { recursive: true, force: true })
  }

  async #ask(query: string, greed: Greed): Promise<void> {
    try {
      const response = await fetch(`${this.server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.greedy.key}` },
        body: JSON.stringify({ query }),
      })
      const text = await response.text()
      if (response.status === 429) greed.limited += 1
      else if (response.status === 200 && !text.includes('"errors"')) greed.served += 1
      else greed.failed += 1
    } catch {
      greed.failed += 1
    }
  }
}
