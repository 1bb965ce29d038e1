import { type Client, createClient } from 'graphql-ws'
import WebSocket from 'ws'
import { z } from 'zod'
import { query, type TestTenant } from '../support/outside.ts'
import type { Check } from './fault.ts'
import type { Cluster } from './rig.ts'

const TEXT = 'subscription($after: String) { anomalyDetected(after: $after) { node { id } } }'
const start = z.object({ data: z.object({ anomalies: z.object({ resumeCursor: z.string() }) }) })
const told = z.object({
  data: z.object({ anomalyDetected: z.object({ node: z.object({ id: z.string() }) }) }),
})

/** Listens for a tenant's anomalies at one server, over one socket that stays. */
export class Subscriber {
  /** Wall clock at which it heard of an anomaly, each time. */
  readonly #heard = new Map<string, number[]>()
  readonly #client: Client

  private constructor(
    readonly tenant: TestTenant,
    url: string,
    after: string,
  ) {
    this.#client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${tenant.key}` },
      retryAttempts: 0,
    })
    this.#client.subscribe(
      { query: TEXT, variables: { after } },
      { next: (result) => this.#hear(result), error: () => {}, complete: () => {} },
    )
  }

  /** It misses nothing that is raised from now on. */
  static async of(tenant: TestTenant, url: string): Promise<Subscriber> {
    const answer = await query(url, tenant.key, '{ anomalies(first: 1) { resumeCursor } }')
    return new Subscriber(tenant, url, start.parse(answer).data.anomalies.resumeCursor)
  }

  heard(id: string): readonly number[] {
    return this.#heard.get(id) ?? []
  }

  async close(): Promise<void> {
    await this.#client.dispose()
  }

  #hear(result: unknown): void {
    const { id } = told.parse(result).data.anomalyDetected.node
    this.#heard.set(id, [...this.heard(id), Date.now()])
  }
}

/** @param within seconds from recording to hearing */
export async function heardOnce(
  { database }: Cluster,
  subscribers: readonly Subscriber[],
  within: number,
): Promise<Check> {
  let [raised, wrong, slowest] = [0, 0, 0]
  for (const subscriber of subscribers) {
    const anomalies = await database.prisma.anomaly.findMany({ where: { tenantId: subscriber.tenant.id } })
    for (const { id, createdAt } of anomalies) {
      const heard = subscriber.heard(id)
      raised += 1
      if (heard.length !== 1) wrong += 1
      for (const at of heard) slowest = Math.max(slowest, (at - createdAt.getTime()) / 1_000)
    }
  }
  return {
    what: `subscribers hear of each anomaly once, within ${within} s`,
    ok: raised > 0 && wrong === 0 && slowest <= within,
    seen: `${raised} raised, ${wrong} not heard or twice, the slowest after ${slowest.toFixed(1)} s`,
  }
}
