import type { Tenant, WebhookEndpoint } from '../../generated/sqlite/client.ts'
import { waitingOf } from '../../storage/detection/waiting.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import { DAY, HOUR, MINUTE } from '../../time.ts'
import { countDeliveries } from './deliveries.ts'

/** How deliveries to an endpoint fare; the worse, the later. */
export const ENDPOINT_STATUSES = ['HEALTHY', 'QUIET', 'NEVER', 'SILENT', 'FAILING'] as const
export type EndpointStatus = (typeof ENDPOINT_STATUSES)[number]

export const TENANT_STATUSES = ['HEALTHY', 'QUIET', 'NEVER', 'DEGRADED', 'FAILING'] as const
export type TenantStatus = (typeof TENANT_STATUSES)[number]

export interface TenantHealth {
  status: TenantStatus
  reasons: string[]
  waitingEvents: number
  oldestWaitingSeconds: number | null
  lastEventAt: Date | null
}

/** Seconds after which events should have been judged, and after which something is broken. */
const BEHIND = MINUTE
const STUCK = 10 * MINUTE

/** By what came in the last hour; refusals of a whole day count where nothing else came. */
export async function endpointStatus(
  scope: Scope,
  { id, lastDeliveryAt, lastRefusedAt }: WebhookEndpoint,
  now: Date,
): Promise<EndpointStatus> {
  const since = (at: Date | null): number =>
    at === null ? Number.POSITIVE_INFINITY : (now.getTime() - at.getTime()) / 1_000
  if (since(lastRefusedAt) < DAY && since(lastDeliveryAt) >= DAY) return 'FAILING'
  if (lastDeliveryAt === null) return 'NEVER'
  if (since(lastRefusedAt) < HOUR) {
    const { accepted, duplicates, badSignature, throttled } = await countDeliveries(scope, id, now, HOUR)
    if (badSignature + throttled > accepted + duplicates) return 'FAILING'
  }
  if (since(lastDeliveryAt) >= DAY) return 'SILENT'
  return since(lastDeliveryAt) >= HOUR ? 'QUIET' : 'HEALTHY'
}

const ABOUT: Partial<Record<EndpointStatus, string>> = {
  SILENT: 'has had no delivery for a day',
  FAILING: 'refuses most deliveries',
}

/** Whether a tenant's events arrive and are judged, and if not, why. */
export async function readHealth(scope: Scope, tenant: Tenant, now: Date): Promise<TenantHealth> {
  const { db, tenantId } = scope
  const endpoints = await db.webhookEndpoint.findMany({
    where: { tenantId },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  })
  const found: { name: string; status: EndpointStatus }[] = []
  for (const endpoint of endpoints)
    found.push({ name: endpoint.name, status: await endpointStatus(scope, endpoint, now) })
  const waiting = await waitingOf(scope)
  const waited =
    waiting.since === null ? null : Math.max(0, (now.getTime() - waiting.since.getTime()) / 1_000)
  const event = await db.stripeEvent.findFirst({
    where: { tenantId },
    orderBy: [{ receivedAt: 'desc' }, { stripeId: 'desc' }],
    select: { receivedAt: true },
  })
  const stalled = await stalledImports(scope, endpoints, now)
  const reasons = [
    ...(tenant.suspendedAt ? ['It is suspended: its deliveries are refused.'] : []),
    ...found.flatMap(({ name, status }) => {
      const about = ABOUT[status]
      return about === undefined ? [] : [`The endpoint ${name} ${about}.`]
    }),
    ...(waited !== null && waited > BEHIND
      ? [`${waiting.events} events wait to be judged, the first for ${Math.floor(waited / MINUTE)} min.`]
      : []),
    ...stalled,
  ]
  return {
    status: tenant.suspendedAt ? 'FAILING' : statusOf(found, waited, stalled.length > 0),
    reasons,
    waitingEvents: waiting.events,
    oldestWaitingSeconds: waited === null ? null : Math.floor(waited),
    lastEventAt: event?.receivedAt ?? null,
  }
}

/** Imports from Stripe that have not got on for an hour, in words: their tenant's deliveries are judged without the past. */
async function stalledImports(
  { db, tenantId }: Scope,
  endpoints: readonly WebhookEndpoint[],
  now: Date,
): Promise<string[]> {
  const connections = await db.stripeConnection.findMany({ where: { tenantId, reconcileAt: null } })
  if (connections.length === 0) return []
  const jobs = await db.importJob.findMany({
    where: {
      tenantId,
      connectionId: { in: connections.map(({ id }) => id) },
      state: { in: ['RUNNING', 'FAILED'] },
      updatedAt: { lt: new Date(now.getTime() - HOUR * 1_000) },
    },
    orderBy: { updatedAt: 'desc' },
  })
  return connections.flatMap(({ id, endpointId }) => {
    const job = jobs.find(({ connectionId }) => connectionId === id)
    if (job === undefined) return []
    const { name } = endpoints.find((one) => one.id === endpointId) ?? { name: endpointId }
    const since = job.updatedAt.toISOString().slice(0, 16).replace('T', ' ')
    const why = job.error ?? 'No server works on it.'
    return [`The import of the endpoint ${name} from Stripe stands still since ${since} UTC. ${why}`]
  })
}

function statusOf(
  endpoints: readonly { status: EndpointStatus }[],
  waited: number | null,
  isStalled: boolean,
): TenantStatus {
  const has = (...statuses: EndpointStatus[]) => endpoints.some(({ status }) => statuses.includes(status))
  if (waited !== null && waited > STUCK) return 'FAILING'
  const isBroken = has('SILENT', 'FAILING')
  if (isBroken && !has('HEALTHY', 'QUIET')) return 'FAILING'
  if (isBroken || isStalled || (waited !== null && waited > BEHIND)) return 'DEGRADED'
  if (has('HEALTHY')) return 'HEALTHY'
  return has('QUIET') ? 'QUIET' : 'NEVER'
}
