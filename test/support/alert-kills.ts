import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { channelsFor } from '../../src/alerts/alerts.ts'
import { createChannel } from '../../src/alerts/manage.ts'
import { retryDelivery } from '../../src/alerts/redeliver.ts'
import { readConfig } from '../../src/config.ts'
import type { Database } from '../../src/storage/database.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { createVault } from '../../src/tenancy/vault.ts'
import { systemClock } from '../../src/time.ts'
import { raise, record } from './anomalies.ts'
import { environment, makeTenant } from './outside.ts'
import { startReceiver } from './receiver.ts'
import { killServer, spawnServer } from './servers.ts'

export interface KillPlan {
  kills: number
  anomalies: number
  /** Share of requests that the receiver refuses. */
  failing: number
}

export interface KillFigures {
  requests: number
  repeats: number
  /** Anomalies whose beginning, or end, never arrived. */
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

/** Raises and ends anomalies while the server is killed again and again, and looks at what a receiver got of them. */
export async function killWhileAlerting(
  database: Database,
  databaseUrl: string,
  program: string,
  { kills, anomalies, failing }: KillPlan,
): Promise<KillFigures> {
  let seen = 0
  /** First arrival by what it says, with its id; refused ones do not count. */
  const arrived = new Map<string, { place: number; id: string }>()
  const figures: KillFigures = { requests: 0, repeats: 0, missing: [], disordered: [], renamed: [] }
  const receiver = await startReceiver(({ body, headers }, response) => {
    seen += 1
    // Every so-many-th, spread evenly: no chance decides the test.
    if (Math.floor(seen * failing) !== Math.floor((seen - 1) * failing)) return response.writeHead(500).end()
    const { type, data } = event.parse(JSON.parse(body))
    const id = String(headers['webhook-id'])
    const facts = data.anomalies?.map((one) => `anomaly.raised ${one.id}`) ?? [`${type} ${data.id}`]
    for (const fact of facts) {
      const before = arrived.get(fact)
      if (before === undefined) arrived.set(fact, { place: seen, id })
      else if (before.id === id) figures.repeats += 1
      else figures.renamed.push(fact)
    }
    return response.end()
  })
  const settings: Record<string, string> = { ...environment(databaseUrl), ALERT_ALLOWED_HOSTS: '127.0.0.1' }
  const tenant = await makeTenant({ database }, databaseUrl)
  const scope = scopeTo(database, tenant.id)
  const acting = {
    actor: { kind: 'OPERATOR', name: 'test' } as const,
    vault: createVault(settings['BILLINGWATCH_SECRET'] ?? ''),
    clock: systemClock,
  }
  const target = { webhook: { url: receiver.url } }
  await createChannel(scope, acting, channelsFor(readConfig(settings)), { name: 'receiver', target })
  const ids: string[] = []
  let server = await spawnServer(program, settings)
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      const begun = ids.length
      for (let i = 0; i < Math.ceil(anomalies / kills) && ids.length < anomalies; i += 1) {
        const severity = ids.length % 2 === 0 ? 'CRITICAL' : 'HIGH'
        ids.push(await raise(database, tenant.id, { severity, detectedAt: new Date(Date.now() - 60_000) }))
      }
      const ended = ids.slice(begun, begun + 1)
      await record(
        database,
        tenant.id,
        ended.map((anomalyId) => ({ kind: 'ANOMALY_ENDED', anomalyId })),
      )
      // At another instant of a second's work each time.
      await sleep((kill * 137) % 1_000)
      await killServer(server)
      server = await spawnServer(program, settings)
    }
    for (let i = 0; i < 120; i += 1) {
      const waiting = await scope.db.alertDelivery.findMany({
        where: { state: { in: ['WAITING', 'FAILED'] }, digestId: null },
      })
      if (waiting.length === 0) break
      // Nobody waits for the five minutes after a second failure, or the ten between two digests of a flood.
      await scope.db.alertDelivery.updateMany({
        where: { state: 'WAITING', grouped: true, digestId: null },
        data: { dueAt: systemClock.now() },
      })
      for (const { id, grouped } of waiting)
        if (!grouped) await retryDelivery(scope, acting, id).catch(() => {})
      await sleep(1_000)
    }
    const ends = await scope.db.activity.findMany({ where: { kind: 'ANOMALY_ENDED' } })
    for (const id of ids) if (!arrived.has(`anomaly.raised ${id}`)) figures.missing.push(`raised ${id}`)
    for (const { anomalyId } of ends) {
      const end = arrived.get(`anomaly.ended ${anomalyId}`)
      const begin = arrived.get(`anomaly.raised ${anomalyId}`)
      if (end === undefined) figures.missing.push(`ended ${anomalyId}`)
      else if (begin === undefined || begin.place > end.place) figures.disordered.push(String(anomalyId))
    }
  } finally {
    await killServer(server)
    await receiver.close()
  }
  figures.requests = seen
  return figures
}
