import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { feedHead } from '../../../src/anomalies/pages.ts'
import { feedCursor } from '../../../src/graphql/read/cursor.ts'
import type { Database } from '../../../src/storage/database.ts'
import { migrate } from '../../../src/storage/migrate.ts'
import { openDatabase } from '../../../src/storage/open.ts'
import { scopeTo } from '../../../src/storage/scope/scope.ts'
import { createApiKey } from '../../../src/tenancy/api-keys.ts'
import { createTenant } from '../../../src/tenancy/tenants.ts'
import { createVault } from '../../../src/tenancy/vault.ts'
import { systemClock } from '../../../src/time.ts'
import { raise } from '../../support/anomalies.ts'
import { median, percent, times } from '../figures.ts'
import { bundle, type Child, inWorkshop, LOAD_CPU, machineBusy, SERVER_CPU, startOn } from '../machine.ts'
import type { BenchOptions, Part, PartReport } from '../part.ts'
import { type Round, report, SUBSCRIBERS } from './report.ts'
import type { SubscribersOrder } from './subscribers.ts'

/** Pushes before anything is measured. */
const WARM_UP = 60

/** Pushes of an anomaly to many subscribers against `ws` alone, which sends each socket the same text. */
export const fanout: Part = {
  name: 'fanout',
  about: 'one anomaly to 1,000 subscribers, against ws alone',
  run: (options) => inWorkshop((folder) => measure(options, folder)),
}

interface Operation {
  key: string
  query: string
}

interface Case {
  name: string
  target: number
  /** The operation of each subscriber. */
  operationOf(number: number, keys: { admin: string; viewer: string }): Operation
}

const FIELDS = `id detector severity status title message advice startedAt detectedAt lastSeenAt occurrences confidence
  impact { amount currency formatted } subjects { type stripeId url } evidence { name observed expected threshold unit }`
const operation = (fields: string): string =>
  `subscription($after: String) { anomalyDetected(after: $after) { cursor node { ${fields} } } }`

const CASES: readonly Case[] = [
  {
    name: 'the same operation',
    target: 0.8,
    operationOf: (_number, { admin }) => ({ key: admin, query: operation(FIELDS) }),
  },
  {
    name: '10 operations, each with two roles',
    target: 0.6,
    operationOf: (number, { admin, viewer }) => ({
      key: number % 20 < 10 ? admin : viewer,
      query: operation(`${FIELDS} number${number % 10}: id`),
    }),
  },
]

/** Microseconds of the server's CPU a message, and the share of the machine that others had meanwhile. */
interface Slice {
  cpu: number
  others: number
}

const portOf = z.object({ port: z.number() })
const cpuOf = z.object({ cpu: z.number() })
const lastOf = z.object({ last: z.array(z.string()) })

async function measure({ quick, say }: BenchOptions, folder: string): Promise<PartReport> {
  const databaseUrl = `file:${join(folder, 'bench.db')}`
  const vaultSecret = randomUUID()
  await migrate({ databaseUrl })
  const database = await openDatabase({ databaseUrl })
  const script = await bundle(folder, {
    ours: new URL('ours.ts', import.meta.url),
    bare: new URL('bare.ts', import.meta.url),
    subscribers: new URL('subscribers.ts', import.meta.url),
  })
  const results: { name: string; target: number; bytes: number; rounds: Round[] }[] = []
  try {
    for (const one of CASES) {
      const bench = await CaseBench.open(one, { database, databaseUrl, vaultSecret, script })
      try {
        const rounds: Round[] = []
        for (let number = 1; number <= (quick ? 2 : 7); number += 1) {
          const round = await bench.round(quick ? 10 : 40)
          rounds.push(round)
          say(
            `${one.name}, round ${number}: ${times(round.ratio)} of bare, null ${times(round.null)}, others ${percent(round.others)}`,
          )
        }
        results.push({ name: one.name, target: one.target, bytes: bench.bytes, rounds })
      } finally {
        await bench.close()
      }
    }
  } finally {
    await database.close()
  }
  return report(results)
}

interface Place {
  database: Database
  databaseUrl: string
  vaultSecret: string
  script(name: string): string
}

/** A server of ours, two bare ones, and one process with the subscribers of all three. */
class CaseBench {
  bytes = 0

  private constructor(
    private readonly database: Database,
    private readonly tenantId: string,
    private readonly servers: Record<'ours' | 'bare' | 'twin', Child>,
    private readonly subscribers: Child,
  ) {}

  static async open(one: Case, { database, databaseUrl, vaultSecret, script }: Place): Promise<CaseBench> {
    const actor = { kind: 'SYSTEM' as const, name: 'bench' }
    const acting = { actor, clock: systemClock, vault: createVault(vaultSecret) }
    const made = await createTenant(database, acting, { name: 'Bench' })
    if (made.existing) throw new Error('the tenant was there already')
    const scope = scopeTo(database, made.tenant.id)
    const viewer = await createApiKey(scope, acting, { name: 'viewer', role: 'VIEWER' })
    const keys = { admin: made.key, viewer: viewer.key }
    const variables = { after: feedCursor(made.tenant.id, await feedHead(scope)) }
    const start = (name: string, args: readonly string[] = []) => startOn(SERVER_CPU, script(name), args)
    const servers = {
      ours: start('ours', [databaseUrl, vaultSecret]),
      bare: start('bare'),
      twin: start('bare'),
    }
    const subscribers = startOn(LOAD_CPU, script('subscribers'), [])
    const bench = new CaseBench(database, made.tenant.id, servers, subscribers)
    await subscribers.next()
    for (const name of ['ours', 'bare', 'twin'] as const) {
      const { port } = portOf.parse(await servers[name].next())
      const sockets = Array.from({ length: SUBSCRIBERS }, (_, number) =>
        name === 'ours' ? { ...one.operationOf(number, keys), variables } : null,
      )
      await bench.#load({ connect: { name, port, sockets } })
    }
    for (let warm = 0; warm < WARM_UP; warm += 1) await bench.#push('ours')
    const { last } = lastOf.parse(await bench.#load({ last: 'ours' }))
    checkFrames(last)
    bench.bytes = Math.round(median(last.map((text) => Buffer.byteLength(text))))
    for (const name of ['bare', 'twin'] as const) {
      await servers[name].ask({ push: { texts: last } })
      for (let warm = 0; warm < WARM_UP; warm += 1) await bench.#push(name)
    }
    return bench
  }

  async round(pushes: number): Promise<Round> {
    const before = await this.#slice('bare', pushes)
    const ours = await this.#slice('ours', pushes)
    const between = await this.#slice('bare', pushes)
    const twin = await this.#slice('twin', pushes)
    const after = await this.#slice('bare', pushes)
    return {
      ratio: (before.cpu + between.cpu) / (2 * ours.cpu),
      null: (between.cpu + after.cpu) / (2 * twin.cpu),
      ours: ours.cpu,
      bare: (before.cpu + between.cpu) / 2,
      others: Math.max(...[before, ours, between, twin, after].map(({ others }) => others)),
    }
  }

  async close(): Promise<void> {
    for (const child of [...Object.values(this.servers), this.subscribers]) await child.stop()
  }

  async #slice(name: 'ours' | 'bare' | 'twin', pushes: number): Promise<Slice> {
    const before = await this.#cpu(name)
    const [began, busy] = [performance.now(), machineBusy() ?? Number.NaN]
    for (let push = 0; push < pushes; push += 1) await this.#push(name)
    const wall = (performance.now() - began) / 1_000
    const all = (machineBusy() ?? Number.NaN) - busy
    const after = await this.#cpu(name)
    const others = Math.max(0, all - (after.all - before.all)) / (2 * wall)
    return { cpu: ((after.server - before.server) / (pushes * SUBSCRIBERS)) * 1e6, others }
  }

  /** CPU seconds so far of a server, and of it, the subscribers and this process together. */
  async #cpu(name: 'ours' | 'bare' | 'twin'): Promise<{ server: number; all: number }> {
    const server = cpuOf.parse(await this.servers[name].ask({})).cpu
    const subscribers = cpuOf.parse(await this.#load({ cpu: true })).cpu
    const { user, system } = process.cpuUsage()
    return { server, all: server + subscribers + (user + system) / 1e6 }
  }

  /** One message to every subscriber, and all of them have it. */
  async #push(name: 'ours' | 'bare' | 'twin'): Promise<void> {
    const { tenantId } = this
    if (name === 'ours') {
      await raise(this.database, tenantId, {
        title: 'A charge was made twice',
        message: 'cus_Q4711 was charged 49.00 EUR twice within 40 s for the same thing.',
        impact: { amount: 4_900, currency: 'EUR' },
        subjects: [
          { type: 'charge', id: 'ch_3QaaaaaaaaaaaaaaaaaaaaA' },
          { type: 'charge', id: 'ch_3QaaaaaaaaaaaaaaaaaaaaB' },
        ],
      })
    }
    await this.servers[name].ask({ push: name === 'ours' ? { tenantId } : { send: true } })
    await this.#load({ await: name })
  }

  #load(order: SubscribersOrder): Promise<unknown> {
    return this.subscribers.ask(order)
  }
}

const frame = z.object({
  id: z.string(),
  type: z.literal('next'),
  payload: z.object({
    data: z.object({ anomalyDetected: z.object({ node: z.object({ id: z.string() }) }) }),
  }),
})

/** @throws when the subscribers did not all get the same anomaly under their own ids: then there is nothing to compare */
function checkFrames(texts: readonly string[]): void {
  const frames = texts.map((text) => frame.parse(JSON.parse(text)))
  if (new Set(frames.map(({ id }) => id)).size !== texts.length) throw new Error('ids of frames repeat')
  if (new Set(frames.map(({ payload }) => payload.data.anomalyDetected.node.id)).size !== 1)
    throw new Error('subscribers got different anomalies')
}
