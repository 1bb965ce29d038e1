import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { channelsFor } from '../../src/alerts/alerts.ts'
import { createChannel } from '../../src/alerts/manage.ts'
import { retryDelivery } from '../../src/alerts/redeliver.ts'
import { readConfig } from '../../src/config.ts'
import type { Database } from '../../src/storage/database.ts'
import { type Scope, scopeTo } from '../../src/storage/scope/scope.ts'
import type { Acting } from '../../src/tenancy/acting.ts'
import { createVault } from '../../src/tenancy/vault.ts'
import { systemClock } from '../../src/time.ts'
import { end, raise } from './anomalies.ts'
import { environment, makeTenant } from './outside.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import { killServer, type ServerProcess, spawnServer } from './servers.ts'

export interface KillPlan {
  kills: number
  anomalies: number
  /** Share of requests that the receiver refuses. */
  failing: number
  /** Servers at a time: each plans and sends. More than one only on PostgreSQL. */
  servers: number
  /** Of the one tenant; each must get everything. */
  channels: number
}

export interface KillFigures {
  requests: number
  repeats: number
  /** Anomalies whose beginning, or end, never arrived on a channel. */
  missing: string[]
  /** Anomalies whose end arrived before their beginning. */
  disordered: string[]
  /** What arrived again under another `webhook-id`. */
  renamed: string[]
}

const event = z.object({
  type: z.string(),
  data: z.looseObject({
    id: z.string().optional(),
    anomalies: z.array(z.looseObject({ id: z.string() })).optional(),
  }),
})

/** What a receiver got: first arrivals by channel and what they say; what it refused does not count. */
class Arrivals {
  readonly #first = new Map<string, { place: number; id: string }>()
  requests = 0
  repeats = 0
  readonly renamed: string[] = []

  constructor(private readonly failing: number) {}

  readonly answer: Receiver['answer'] = ({ path, body, headers }, response) => {
    this.requests += 1
    const { requests: seen, failing } = this
    // Every so-many-th, spread evenly: no chance decides the test.
    if (Math.floor(seen * failing) !== Math.floor((seen - 1) * failing)) return response.writeHead(500).end()
    const { type, data } = event.parse(JSON.parse(body))
    const id = String(headers['webhook-id'])
    // A digest stands for the beginnings of what it names: a program hears of each end by itself.
    const facts = data.anomalies?.map((one) => `anomaly.raised ${one.id}`) ?? [`${type} ${data.id}`]
    for (const fact of facts.map((one) => `${path} ${one}`)) {
      const before = this.#first.get(fact)
      if (before === undefined) this.#first.set(fact, { place: seen, id })
      else if (before.id === id) this.repeats += 1
      else this.renamed.push(fact)
    }
    return response.end()
  }

  /** @returns when it came first; undefined: never */
  placeOf(path: string, fact: string): number | undefined {
    return this.#first.get(`${path} ${fact}`)?.place
  }
}

/** Raises and ends anomalies while servers are killed again and again, and looks at what a receiver got of them. */
export async function killWhileAlerting(
  database: Database,
  databaseUrl: string,
  program: string,
  plan: KillPlan,
): Promise<KillFigures> {
  const arrivals = new Arrivals(plan.failing)
  const receiver = await startReceiver(arrivals.answer)
  const settings: Record<string, string> = { ...environment(databaseUrl), ALERT_ALLOWED_HOSTS: '127.0.0.1' }
  const tenant = await makeTenant({ database }, databaseUrl)
  const scope = scopeTo(database, tenant.id)
  const acting: Acting = {
    actor: { kind: 'OPERATOR', name: 'test' },
    vault: createVault(settings['BILLINGWATCH_SECRET'] ?? ''),
    clock: systemClock,
  }
  const paths = Array.from({ length: plan.channels }, (_, i) => `/${i}`)
  for (const path of paths)
    await createChannel(scope, acting, channelsFor(readConfig(settings)), {
      name: `receiver ${path}`,
      target: { webhook: { url: `${receiver.url}${path}` } },
    })
  const servers: ServerProcess[] = []
  try {
    while (servers.length < plan.servers) servers.push(await spawnServer(program, settings))
    const ids = await killOften(database, scope, plan, async (kill) => {
      const place = kill % plan.servers
      const victim = servers[place]
      if (victim !== undefined) await killServer(victim)
      servers[place] = await spawnServer(program, settings)
    })
    await untilSent(scope, acting)
    return figuresOf(arrivals, paths, ids)
  } finally {
    await Promise.all(servers.map(killServer))
    await receiver.close()
  }
}

/** @returns the anomalies that were raised, with whether they ended */
async function killOften(
  database: Database,
  { tenantId }: Scope,
  { kills, anomalies }: KillPlan,
  killOne: (kill: number) => Promise<void>,
): Promise<Map<string, boolean>> {
  const ids = new Map<string, boolean>()
  for (let kill = 0; kill < kills; kill += 1) {
    let ended: string | undefined
    for (let i = 0; i < Math.ceil(anomalies / kills) && ids.size < anomalies; i += 1) {
      const severity = ids.size % 2 === 0 ? 'CRITICAL' : 'HIGH'
      const id = await raise(database, tenantId, { severity, detectedAt: new Date(Date.now() - 60_000) })
      ended ??= id
      ids.set(id, false)
    }
    if (ended !== undefined) {
      ids.set(ended, true)
      await end(database, tenantId, ended)
    }
    // At another instant of a second's work each time.
    await sleep((kill * 137) % 1_000)
    await killOne(kill)
  }
  return ids
}

/** Seconds until everything must have been planned and sent: a killed process keeps its leases for one minute. */
const SENT_WITHIN = 400

/** Resolves when everything was planned and nothing waits, without the long waits between attempts. */
async function untilSent(scope: Scope, acting: Acting): Promise<void> {
  const { db, tenantId } = scope
  for (let i = 0; i < SENT_WITHIN; i += 1) {
    const head = (await db.tenant.findFirst({ where: { id: tenantId } }))?.seq ?? 0n
    // A channel that was never planned has nothing that waits, either.
    const behind = await db.alertChannel.count({ where: { cursor: { lt: head } } })
    const waiting = await db.alertDelivery.findMany({
      where: { state: { in: ['WAITING', 'FAILED'] }, digestId: null },
    })
    if (behind === 0 && waiting.length === 0) return
    const now = systemClock.now()
    // Nobody waits for the five minutes after a second failure, or the ten between two digests of a flood.
    // A server that sends some of them at the same time may deadlock with this: the next second is soon enough.
    await db.alertDelivery
      .updateMany({
        where: { state: 'WAITING', grouped: true, digestId: null },
        data: { dueAt: now },
      })
      .catch(() => {})
    for (const { id, grouped, dueAt, state } of waiting)
      if (!grouped && (state === 'FAILED' || dueAt > now))
        await retryDelivery(scope, acting, id).catch(() => {})
    await db.alertChannel.updateMany({ where: { notBefore: { gt: now } }, data: { notBefore: null } })
    await sleep(1_000)
  }
}

function figuresOf(
  arrivals: Arrivals,
  paths: readonly string[],
  ids: ReadonlyMap<string, boolean>,
): KillFigures {
  const { requests, repeats, renamed } = arrivals
  const figures: KillFigures = { requests, repeats, missing: [], disordered: [], renamed }
  for (const path of paths) {
    for (const [id, isEnded] of ids) {
      const begin = arrivals.placeOf(path, `anomaly.raised ${id}`)
      const end = arrivals.placeOf(path, `anomaly.ended ${id}`)
      if (begin === undefined) figures.missing.push(`raised ${id} on ${path}`)
      if (isEnded && end === undefined) figures.missing.push(`ended ${id} on ${path}`)
      if (end !== undefined && (begin === undefined || begin > end))
        figures.disordered.push(`${id} on ${path}`)
    }
  }
  return figures
}
