import { z } from 'zod'
import { PublicError } from '../errors.ts'
import type { Tenant } from '../generated/sqlite/client.ts'
import { recordActivity } from '../storage/activity.ts'
import { raiseVersion } from '../storage/detection/version.ts'
import type { Scope, TenantClient } from '../storage/scope/scope.ts'
import type { Acting } from './acting.ts'
import { country, name, parseInput, rateLimit, timezone } from './input.ts'

/** @throws PublicError NOT_FOUND when there is none, or it is being erased */
export async function showTenant({ db, tenantId }: { db: TenantClient; tenantId: string }): Promise<Tenant> {
  const tenant = await db.tenant.findFirst({ where: { id: tenantId, deletedAt: null } })
  if (!tenant) throw new PublicError('NOT_FOUND', `there is no tenant ${tenantId}`)
  return tenant
}

const changes = z.object({
  name: name.optional(),
  timezone: timezone.optional(),
  country: country.nullish(),
  rateLimit: rateLimit.nullish(),
})

const CHANGEABLE = ['name', 'timezone', 'country', 'rateRequests', 'rateSeconds'] as const

/**
 * @param input what is left out stays; `rateLimit: null` goes back to the server's own limit, `country: null` to
 * what the zone suggests
 */
export async function updateTenant(
  scope: Scope,
  acting: Acting,
  input: z.input<typeof changes>,
): Promise<Tenant> {
  const wanted = parseInput(changes, input)
  return scope.transaction(async (db) => {
    const tenant = await showTenant({ db, tenantId: scope.tenantId })
    const next = {
      name: wanted.name ?? tenant.name,
      timezone: wanted.timezone ?? tenant.timezone,
      country: wanted.country === undefined ? tenant.country : wanted.country,
      rateRequests:
        wanted.rateLimit === undefined ? tenant.rateRequests : (wanted.rateLimit?.requests ?? null),
      rateSeconds: wanted.rateLimit === undefined ? tenant.rateSeconds : (wanted.rateLimit?.seconds ?? null),
    }
    const changed = CHANGEABLE.filter((field) => next[field] !== tenant[field])
    if (changed.length === 0) return tenant
    // A batch that is being judged by the old zone or country is judged again.
    if (changed.includes('timezone') || changed.includes('country')) await raiseVersion(db, tenant.id)
    await recordActivity(db, tenant.id, [
      {
        at: acting.clock.now(),
        kind: 'TENANT_UPDATED',
        actor: acting.actor,
        data: {
          ...Object.fromEntries(changed.map((field) => [field, next[field]])),
          former: Object.fromEntries(changed.map((field) => [field, tenant[field]])),
        },
      },
    ])
    return db.tenant.update({ where: { id: tenant.id }, data: next })
  })
}

/** Cuts the tenant off: deliveries, keys, sockets. Its data stays. */
export const suspendTenant = (scope: Scope, acting: Acting): Promise<Tenant> =>
  setSuspended(scope, acting, true)

export const resumeTenant = (scope: Scope, acting: Acting): Promise<Tenant> =>
  setSuspended(scope, acting, false)

function setSuspended(scope: Scope, acting: Acting, suspended: boolean): Promise<Tenant> {
  const now = acting.clock.now()
  return scope.transaction(async (db) => {
    const { count } = await db.tenant.updateMany({
      where: { id: scope.tenantId, deletedAt: null, suspendedAt: suspended ? null : { not: null } },
      data: { suspendedAt: suspended ? now : null },
    })
    if (count > 0) {
      const kind = suspended ? 'TENANT_SUSPENDED' : 'TENANT_RESUMED'
      await recordActivity(db, scope.tenantId, [{ at: now, kind, actor: acting.actor }])
    }
    return showTenant({ db, tenantId: scope.tenantId })
  })
}
