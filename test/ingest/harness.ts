import { createHmac } from 'node:crypto'
import { memoryBus } from '../../src/bus/memory.ts'
import { createLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { Database } from '../../src/storage/database.ts'
import type { Acting } from '../../src/tenancy/acting.ts'
import { createTenant } from '../../src/tenancy/tenants.ts'
import { createVault } from '../../src/tenancy/vault.ts'
import type { Clock } from '../../src/time.ts'
import { serve } from '../http/serve.ts'
import { composeIngest, type IngestOptions } from './compose.ts'

/** 2026-03-02T10:00:00Z, when everything happens unless a test moves the clock. */
export const NOW = 1_772_445_600

export const VAULT_SECRET = 'a secret of at least thirty-two characters'

export interface TestTenant {
  tenantId: string
  endpointId: string
  token: string
  secret: string
}

export interface Answer {
  status: number
  body: unknown
  headers: Headers
}

let tenants = 0

/** The whole way of a delivery, from a socket to rows, with a clock that stands still. */
export async function startIngest(database: Database, options: IngestOptions = {}) {
  const clock: Clock & { seconds: number } = {
    seconds: NOW,
    now: () => new Date(clock.seconds * 1000),
    steady: () => clock.seconds * 1000,
  }
  const lines: string[] = []
  const log = createLogger('debug', { write: (line) => void lines.push(line) })
  const metrics = createMetrics(false)
  const bus = memoryBus()
  const vault = createVault(VAULT_SECRET)
  const acting: Acting = { actor: { kind: 'SYSTEM', name: 'test' }, clock, vault }
  const { endpoints, inbox, listener } = composeIngest(database, { clock, vault, bus, log, metrics }, options)
  const server = await serve(listener)

  const post = async (
    token: string,
    body: BodyInit,
    signature: string | undefined,
    init: RequestInit = {},
  ): Promise<Answer> => {
    const response = await fetch(`${server.base}/webhook/${token}`, {
      method: 'POST',
      body,
      headers: signature === undefined ? {} : { 'stripe-signature': signature },
      ...init,
    })
    return { status: response.status, body: await response.json(), headers: response.headers }
  }

  return {
    clock,
    lines,
    metrics,
    bus,
    endpoints,
    acting,
    inbox,
    server,
    post,

    /** A new tenant with one endpoint and one secret. */
    async tenant(): Promise<TestTenant> {
      tenants += 1
      const secret = `whsec_test${tenants}${'x'.repeat(20)}`
      const made = await createTenant(database, acting, { name: `Tenant ${tenants}`, webhookSecret: secret })
      if (made.existing) throw new Error('a tenant without an external id exists already')
      return { tenantId: made.tenant.id, endpointId: made.endpoint.id, token: made.token, secret }
    },

    /** Posts a body signed with the tenant's secret, now. */
    deliver: (tenant: TestTenant, body: string): Promise<Answer> =>
      post(tenant.token, body, sign(body, tenant.secret, clock.seconds)),

    /** How often a delivery ended so. */
    async counted(outcome: string): Promise<number> {
      const { values } = await metrics.deliveries.get()
      return values.find(({ labels }) => labels.outcome === outcome)?.value ?? 0
    },

    /** Stripe ids and states of the tenant's stored events, by id. */
    stored: (tenantId: string) =>
      database.prisma.stripeEvent.findMany({
        where: { tenantId },
        orderBy: { stripeId: 'asc' },
        select: { stripeId: true, status: true },
      }),

    wakes: async (tenantId: string): Promise<string[][]> => {
      const rows = await database.prisma.wake.findMany({ where: { tenantId }, select: { events: true } })
      return rows.map(({ events }) => JSON.parse(events) as string[])
    },
  }
}

export const sign = (body: string | Buffer, secret: string, at: number): string =>
  `t=${at},v1=${signatureOf(body, secret, at)}`

export const signatureOf = (body: string | Buffer, secret: string, at: number): string =>
  createHmac('sha256', secret).update(`${at}.`).update(body).digest('hex')

let events = 0
export const freshId = (): string => `evt_test${++events}`

/** A charge that succeeded, as Stripe writes it. */
export const eventBody = (id: string, fields: Record<string, unknown> = {}): string =>
  JSON.stringify(
    {
      id,
      object: 'event',
      api_version: '2025-03-31.basil',
      created: NOW - 2,
      data: {
        object: { id: `ch_${id}`, object: 'charge', amount: 2_500, currency: 'eur', customer: 'cus_1' },
      },
      livemode: true,
      pending_webhooks: 1,
      request: { id: 'req_1', idempotency_key: 'key_1' },
      type: 'charge.succeeded',
      ...fields,
    },
    null,
    2,
  )
