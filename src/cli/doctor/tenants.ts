import { count } from '../../detection/kit/words.ts'
import type { Database } from '../../storage/database.ts'
import { UNSAVED } from '../../storage/detection/unsaved.ts'
import { stuckTenants, waitingTenants } from '../../storage/detection/waiting.ts'
import { scopeTo } from '../../storage/scope/scope.ts'
import { openToken } from '../../tenancy/endpoints.ts'
import { CANNOT_BE_OPENED } from '../../tenancy/sealed.ts'
import { openSecret } from '../../tenancy/secrets.ts'
import { listTenants } from '../../tenancy/tenants.ts'
import type { Vault } from '../../tenancy/vault.ts'
import type { WallClock } from '../../time.ts'
import type { Finding } from './finding.ts'

const DAY_MS = 86_400_000
const LOOKED_AT_DAYS = 7

/** Whether everything encrypted can be decrypted, and is encrypted under the present secret. */
export async function checkSecrets(database: Database, vault: Vault | undefined): Promise<Finding> {
  const secrets = await database.prisma.webhookSecret.findMany({ where: { tenant: { deletedAt: null } } })
  const endpoints = await database.prisma.webhookEndpoint.findMany({ where: { tenant: { deletedAt: null } } })
  let shut = 0
  let old = 0
  const look = (envelope: string, open: (vault: Vault) => unknown): void => {
    try {
      if (!vault) throw new Error('no vault')
      open(vault)
      if (!vault.isCurrent(envelope)) old += 1
    } catch {
      shut += 1
    }
  }
  for (const secret of secrets) look(secret.sealed, (with_) => openSecret(with_, secret))
  for (const endpoint of endpoints) look(endpoint.tokenSealed, (with_) => openToken(with_, endpoint))

  const all = secrets.length + endpoints.length
  if (shut > 0) {
    return {
      check: 'secrets',
      level: 'problem',
      message: CANNOT_BE_OPENED.message(shut, all),
      advice: CANNOT_BE_OPENED.advice,
    }
  }
  if (old > 0) {
    return {
      check: 'secrets',
      level: 'notice',
      message: `${old} of ${all} secrets and tokens are under the previous secret`,
      advice: 'Run `./billingwatch secret rewrap`.',
    }
  }
  return { check: 'secrets', level: 'ok', message: `${all} secrets and tokens open` }
}

/** Events of the last days on which a detector threw, grouped by error. */
export async function checkFailedEvents(database: Database, clock: WallClock): Promise<Finding[]> {
  const since = new Date(clock.now().getTime() - LOOKED_AT_DAYS * DAY_MS)
  const counts = new Map<string, { events: number; tenants: number }>()
  for (const { id } of await listTenants(database)) {
    const groups = await scopeTo(database, id).db.stripeEvent.groupBy({
      by: ['error'],
      where: { tenantId: id, receivedAt: { gte: since }, status: 'FAILED' },
      _count: { _all: true },
    })
    for (const { error, _count } of groups) {
      const known = counts.get(error ?? 'unknown') ?? { events: 0, tenants: 0 }
      counts.set(error ?? 'unknown', { events: known.events + _count._all, tenants: known.tenants + 1 })
    }
  }
  if (counts.size === 0) {
    return [{ check: 'events', level: 'ok', message: `none failed in the last ${LOOKED_AT_DAYS} days` }]
  }
  return [...counts]
    .sort(([, a], [, b]) => b.events - a.events)
    .slice(0, 10)
    .map(([error, { events, tenants }]) => ({
      check: 'events',
      level: 'problem',
      message: `${events} FAILED in the last ${LOOKED_AT_DAYS} days, of ${count(tenants, 'tenant')}: ${error.split('\n')[0]}`,
      advice: error.startsWith(UNSAVED)
        ? 'They are kept, and nothing of them was judged. See events(filter: {statuses: [FAILED]}) and report it; after an update run `./billingwatch retry TENANT` to judge them again.'
        : 'They are kept; their other detectors have judged them. See events(filter: {statuses: [FAILED]}), and report it.',
    }))
}

/** A running worker judges within seconds. */
const WAITING_AFTER_MS = 60_000

/** Longer than a backlog of a busy tenant takes, and than the longest back-off. */
const STUCK_AFTER_MS = 10 * 60_000
const SHOWN = 10

/** Events that are stored and not processed: of how many tenants, and of which for too long. */
export async function checkWaiting(database: Database, clock: WallClock): Promise<Finding[]> {
  const now = clock.now().getTime()
  const stuck = await stuckTenants(database.sql, new Date(now - STUCK_AFTER_MS), SHOWN)
  const findings = stuck.map(
    ({ tenantId, name, since, failures }): Finding => ({
      check: 'events',
      level: 'problem',
      message: `${name} (${tenantId}): not judged for ${Math.floor((now - since.getTime()) / 60_000)} minutes${
        failures === 0 ? '' : `; ${failures} attempts have failed`
      }`,
      advice:
        failures === 0
          ? 'Does a server run, and keep up? Its metric billingwatch_oldest_waiting_event_seconds says how far behind it is.'
          : `Its server's log says why ("detection failed"). Once that is mended, ./billingwatch retry ${tenantId} tries at once.`,
    }),
  )
  return [...(await countWaiting(database, now)), ...findings]
}

async function countWaiting(database: Database, now: number): Promise<Finding[]> {
  const waiting = await waitingTenants(database.sql, new Date(now))
  if (waiting === undefined || now - waiting.since.getTime() <= WAITING_AFTER_MS) return []
  const { tenants, since } = waiting
  return [
    {
      check: 'events',
      level: 'notice',
      message: `events of ${count(tenants, 'tenant')} wait to be judged, the oldest since ${since.toISOString()}`,
      advice: 'Does a worker run?',
    },
  ]
}

/** Tenants that have had deliveries before, and none for a day. */
export async function checkTenants(database: Database, clock: WallClock): Promise<Finding[]> {
  const now = clock.now()
  const tenants = await listTenants(database, { suspended: false })
  if (tenants.length === 0) {
    const advice = 'Create the first: ./billingwatch tenant create "My company"'
    return [{ check: 'tenants', level: 'notice', message: 'there is none yet', advice }]
  }
  const silent: Finding[] = []
  for (const { id, name } of tenants) {
    const endpoints = await scopeTo(database, id).db.webhookEndpoint.findMany({ where: { tenantId: id } })
    for (const { name: endpoint, lastDeliveryAt } of endpoints) {
      if (!lastDeliveryAt || now.getTime() - lastDeliveryAt.getTime() < DAY_MS) continue
      const hours = Math.floor((now.getTime() - lastDeliveryAt.getTime()) / 3_600_000)
      silent.push({
        check: 'tenants',
        level: 'problem',
        message: `${name} (${id}), endpoint ${endpoint}: no delivery for ${hours} h`,
        advice:
          "Look at the endpoint's page in Stripe: is it enabled, is its URL the present one, do its deliveries fail?",
      })
    }
  }
  return silent.length > 0
    ? silent
    : [{ check: 'tenants', level: 'ok', message: `${tenants.length} active, none fell silent` }]
}
