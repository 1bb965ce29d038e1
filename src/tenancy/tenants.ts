import { z } from 'zod'
import { PublicError } from '../errors.ts'
import type { ApiKey, Tenant, WebhookEndpoint } from '../generated/sqlite/client.ts'
import { newId } from '../ids.ts'
import type { Database } from '../storage/database.ts'
import { raiseVersion } from '../storage/detection/version.ts'
import { eraseTenantRows } from '../storage/erase.ts'
import { insertNewTenant, isExternalIdTaken } from '../storage/new-tenant.ts'
import type { Acting } from './acting.ts'
import { newApiKey } from './api-keys.ts'
import { newEndpoint } from './endpoints.ts'
import { country, externalId, name, parseInput, timezone, webhookSecret } from './input.ts'
import { newSecret } from './secrets.ts'

const creation = z.object({
  name,
  externalId: externalId.optional(),
  webhookSecret: webhookSecret.optional(),
  timezone: timezone.default('UTC'),
  country: country.optional(),
})

export interface TenantCreated {
  existing: false
  tenant: Tenant
  endpoint: WebhookEndpoint
  token: string
  apiKey: ApiKey
  /** The ADMIN key itself: this is the only time it can be seen. */
  key: string
}

/**
 * A tenant with its endpoint `default`, its ADMIN key, and its Stripe secret where one is given.
 * The same `externalId` again creates nothing and gives the tenant that has it.
 * @throws PublicError BAD_USER_INPUT; CONFLICT while the tenant of that externalId is being erased
 */
export async function createTenant(
  database: Database,
  acting: Acting,
  input: z.input<typeof creation>,
): Promise<TenantCreated | { existing: true; tenant: Tenant }> {
  const wanted = parseInput(creation, input)
  // Nobody has the empty one: the input refuses it.
  const { externalId = '' } = wanted
  const isTaken = externalId !== '' && (await isExternalIdTaken(database.sql, externalId))
  const created = isTaken ? undefined : await insertTenant(database, acting, wanted)
  // Undefined as well when another process was first with this externalId.
  return created ?? { existing: true, tenant: await tenantOf(database, externalId) }
}

async function insertTenant(
  database: Database,
  acting: Acting,
  wanted: z.output<typeof creation>,
): Promise<TenantCreated | undefined> {
  const id = newId('ten')
  const now = acting.clock.now()
  const { endpoint, token, entry: endpointAdded } = newEndpoint(id, acting, 'default')
  const { apiKey, key, entry: keyAdded } = newApiKey(id, acting, { name: 'first admin key', role: 'ADMIN' })
  const secret = wanted.webhookSecret && newSecret(acting, endpoint, wanted.webhookSecret)
  const tenant = await insertNewTenant(database.sql, {
    tenant: {
      id,
      name: wanted.name,
      externalId: wanted.externalId ?? null,
      timezone: wanted.timezone,
      country: wanted.country ?? null,
      createdAt: now,
      suspendedAt: null,
      deletedAt: null,
      moving: null,
      rateRequests: null,
      rateSeconds: null,
      firstLiveAt: null,
    },
    endpoint,
    secret: secret ? secret.row : undefined,
    apiKey,
    activity: [
      { at: now, kind: 'TENANT_CREATED', actor: acting.actor, data: { name: wanted.name } },
      endpointAdded,
      ...(secret ? [secret.entry] : []),
      keyAdded,
    ],
  })
  return tenant && { existing: false, tenant, endpoint, token, apiKey, key }
}

/** @throws PublicError CONFLICT when it is being erased, or just was */
async function tenantOf(database: Database, externalId: string): Promise<Tenant> {
  const tenant = await database.prisma.tenant.findFirst({ where: { externalId } })
  if (tenant && !tenant.deletedAt) return tenant
  throw new PublicError(
    'CONFLICT',
    `the tenant with externalId ${externalId} is being erased; try again later`,
  )
}

export interface TenantQuery {
  /** Part of the name or of the externalId, in any case; or a whole id. */
  search?: string | undefined
  suspended?: boolean | undefined
}

/** The operator's list, oldest first, without those that are being erased. */
export async function listTenants(database: Database, query: TenantQuery = {}): Promise<Tenant[]> {
  const tenants = await database.prisma.tenant.findMany({
    where: {
      deletedAt: null,
      ...(query.suspended === undefined ? {} : { suspendedAt: query.suspended ? { not: null } : null }),
    },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  })
  // The two engines fold case differently, and there are thousands of tenants at most: so it is done here.
  const words = query.search?.trim().toLowerCase()
  if (!words) return tenants
  return tenants.filter(
    (tenant) =>
      tenant.id === query.search?.trim() ||
      tenant.name.toLowerCase().includes(words) ||
      tenant.externalId?.toLowerCase().includes(words),
  )
}

/**
 * First step of erasing: from its commit on the tenant is cut off everywhere, though its rows are still there.
 * @throws PublicError NOT_FOUND when there is no such tenant
 */
export async function markDeleted(
  database: Database,
  { clock }: Pick<Acting, 'clock'>,
  id: string,
): Promise<void> {
  const tenant = await database.prisma.tenant.findFirst({ where: { id }, select: { deletedAt: true } })
  if (!tenant) throw new PublicError('NOT_FOUND', `there is no tenant ${id}`)
  if (tenant.deletedAt) return
  await database.prisma.$transaction(async (tx) => {
    await raiseVersion(tx, id)
    await tx.tenant.updateMany({ where: { id, deletedAt: null }, data: { deletedAt: clock.now() } })
  })
}

/** Tenants whose erasing was begun and not finished, by a process that died perhaps. */
export async function markedTenants(database: Database): Promise<string[]> {
  const marked = await database.prisma.tenant.findMany({
    where: { deletedAt: { not: null } },
    select: { id: true },
  })
  return marked.map(({ id }) => id)
}

/**
 * Marks the tenant, waits until no process can still act for it, then erases every row in small batches.
 * Safe to run again, and beside another run.
 * @param progress called with the number of rows deleted so far
 */
export async function deleteTenant(
  database: Database,
  acting: Pick<Acting, 'clock'>,
  id: string,
  { progress = () => {}, settleMs = 1_500 }: { progress?: (rows: number) => void; settleMs?: number } = {},
): Promise<void> {
  await markDeleted(database, acting, id)
  // What other processes remember of an endpoint is at most a second old.
  await new Promise((resolve) => setTimeout(resolve, settleMs))
  await eraseTenantRows(database.sqlFor('maintenance'), id, progress)
}
