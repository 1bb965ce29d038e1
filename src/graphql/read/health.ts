import { stalledImports } from '../../connect/stalled.ts'
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

const minute = (at: Date): string => at.toISOString().slice(0, 16).replace('T', ' ')

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
  const stalled = (await stalledImports(scope, now)).map(({ endpointId, since, why }) => {
    const { name } = endpoints.find(({ id }) => id === endpointId) ?? { name: endpointId }
    return `The import of the endpoint ${name} from Stripe stands still since ${minute(since)} UTC. ${why}`
  })
  const reasons = [
    ...(tenant.suspendedAt ? ['It is suspended: its deliveries are refused.'] : []),
    ...aboutMoving(tenant),
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
    status:
      tenant.suspendedAt !== null || tenant.moving !== null
        ? 'FAILING'
        : statusOf(found, waited, stalled.length > 0),
    reasons,
    waitingEvents: waiting.events,
    oldestWaitingSeconds: waited === null ? null : Math.floor(waited),
    lastEventAt: event?.receivedAt ?? null,
  }
}

function aboutMoving({ moving }: Tenant): string[] {
  if (moving === null) return []
  return [
    moving === 'IN'
      ? 'It is read-only until all of it has come from another database: `billingwatch copy` goes on with it.'
      : 'It is read-only: it moves to another database, or has moved there.',
  ]
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
