import { z } from 'zod'
import { PublicError } from '../errors.ts'
import type { ApiKey } from '../generated/sqlite/client.ts'
import { newId } from '../ids.ts'
import { type ActivityEntry, recordActivity } from '../storage/activity.ts'
import type { Scope, TenantClient } from '../storage/scope/scope.ts'
import type { Acting } from './acting.ts'
import { name, parseInput, role } from './input.ts'
import { newKey } from './keys.ts'
import { showTenant } from './tenant.ts'

const creation = z.object({
  name: name.default('unnamed'),
  role,
  expiresAt: z.date('expiresAt must be a time').nullish(),
})

export type ApiKeyInput = z.input<typeof creation>

export interface ApiKeyCreated {
  apiKey: ApiKey
  /** The key itself: this is the only time it can be seen. */
  key: string
}

/** Keys of a tenant that work: one for each program that asks, and more than any list can show. */
const MOST_LIVE = 100
/** Keys that ended, and are still listed: the newest. */
const MOST_ENDED = 400

/** A key that is still to be stored, with the entry of the feed that says so. */
export function newApiKey(
  tenantId: string,
  { actor, clock }: Acting,
  wanted: z.output<typeof creation>,
): ApiKeyCreated & { entry: ActivityEntry } {
  const { key, hash, prefix } = newKey()
  const { name, role } = wanted
  const id = newId('key')
  const now = clock.now()
  return {
    apiKey: {
      tenantId,
      id,
      name,
      role,
      prefix,
      hash,
      createdAt: now,
      expiresAt: wanted.expiresAt ?? null,
      lastUsedAt: null,
      revokedAt: null,
    },
    key,
    entry: { at: now, kind: 'API_KEY_CREATED', actor, data: { apiKeyId: id, name, role, prefix } },
  }
}

/** @throws PublicError CONFLICT when there are too many live ones; of those that ended the oldest go */
async function boundKeys(db: Pick<TenantClient, 'apiKey'>, tenantId: string, now: Date): Promise<void> {
  const isLive = { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] }
  if ((await db.apiKey.count({ where: { tenantId, ...isLive } })) > MOST_LIVE)
    throw new PublicError('CONFLICT', `a tenant has at most ${MOST_LIVE} working keys: revoke one first`)
  const tooOld = await db.apiKey.findMany({
    where: { tenantId, NOT: isLive },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    skip: MOST_ENDED,
    take: MOST_LIVE,
    select: { id: true },
  })
  if (tooOld.length > 0)
    await db.apiKey.deleteMany({ where: { tenantId, id: { in: tooOld.map(({ id }) => id) } } })
}

/** @throws PublicError BAD_USER_INPUT for an empty name, an unknown role or an expiry that has passed; NOT_FOUND; CONFLICT */
export async function createApiKey(scope: Scope, acting: Acting, input: ApiKeyInput): Promise<ApiKeyCreated> {
  const now = acting.clock.now()
  const wanted = parseInput(
    creation.refine(({ expiresAt }) => !expiresAt || expiresAt > now, {
      path: ['expiresAt'],
      message: 'expiresAt must be in the future',
    }),
    input,
  )
  return scope.transaction(async (db) => {
    await showTenant({ db, tenantId: scope.tenantId })
    const { apiKey, key, entry } = newApiKey(scope.tenantId, acting, wanted)
    await db.apiKey.create({ data: apiKey })
    await recordActivity(db, scope.tenantId, [entry])
    // The act has locked the tenant's row: what others make at the same moment is counted by whoever comes second.
    await boundKeys(db, scope.tenantId, now)
    return { apiKey, key }
  })
}

/** Oldest first, revoked and expired ones too. */
export const listApiKeys = ({ db, tenantId }: Scope): Promise<ApiKey[]> =>
  db.apiKey.findMany({ where: { tenantId }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })

/**
 * Requests with it are refused from the commit on, and its open sockets within a second. Again changes nothing.
 * @throws PublicError NOT_FOUND
 */
export function revokeApiKey(scope: Scope, { actor, clock }: Acting, id: string): Promise<ApiKey> {
  const { tenantId } = scope
  const now = clock.now()
  return scope.transaction(async (db) => {
    const { count } = await db.apiKey.updateMany({
      where: { tenantId, id, revokedAt: null },
      data: { revokedAt: now },
    })
    const apiKey = await db.apiKey.findFirst({ where: { tenantId, id } })
    if (!apiKey) throw new PublicError('NOT_FOUND', `there is no API key ${id}`)
    if (count > 0) {
      const data = { apiKeyId: id, name: apiKey.name, prefix: apiKey.prefix }
      await recordActivity(db, tenantId, [{ at: now, kind: 'API_KEY_REVOKED', actor, data }])
    }
    return apiKey
  })
}
