import { z } from 'zod'
import type { Config } from '../config.ts'
import { PublicError } from '../errors.ts'
import type { FormerToken, WebhookEndpoint } from '../generated/sqlite/client.ts'
import { newId, randomBase62, sha256 } from '../ids.ts'
import { type ActivityEntry, recordActivity } from '../storage/activity.ts'
import type { Scope, TenantClient } from '../storage/scope/scope.ts'
import { isUniqueViolation } from '../storage/unique.ts'
import type { Acting } from './acting.ts'
import { name, parseInput } from './input.ts'
import { showTenant } from './tenant.ts'
import type { Vault } from './vault.ts'

/** 190 random bits: who knows the URL may try to deliver, and is still asked for a signature. */
const newToken = (): string => randomBase62(32)

const DAY_SECONDS = 86_400

/** Endpoints of one tenant: they are listed as a whole, and each asks the database for its own figures. */
const MOST = 100

/** Former URLs of one endpoint that may still work at a time: more are an accident, not a roll. */
const MOST_FORMER = 10

/** Where Stripe has to deliver to. */
export const webhookUrl = ({ publicUrl, port }: Pick<Config, 'publicUrl' | 'port'>, token: string): string =>
  `${publicUrl ?? `http://localhost:${port}`}/webhook/${token}`

/** @throws VaultError when it was sealed under a BILLINGWATCH_SECRET that is not known any more */
export const openToken = (
  vault: Vault,
  { tenantId, id, tokenSealed }: Pick<WebhookEndpoint, 'tenantId' | 'id' | 'tokenSealed'>,
): string => vault.open(tokenSealed, { tenantId, id, purpose: 'webhook-token' })

export interface EndpointWithToken {
  endpoint: WebhookEndpoint
  token: string
}

/** An endpoint that is still to be stored, with the entry of the feed that says so. */
export function newEndpoint(
  tenantId: string,
  { actor, clock, vault }: Acting,
  endpointName: string,
): EndpointWithToken & { entry: ActivityEntry } {
  const id = newId('whe')
  const token = newToken()
  const now = clock.now()
  return {
    endpoint: {
      tenantId,
      id,
      name: endpointName,
      createdAt: now,
      tokenHash: sha256(token),
      tokenSealed: vault.seal(token, { tenantId, id, purpose: 'webhook-token' }),
      previousTokenExpiresAt: null,
      lastDeliveryAt: null,
      lastRefusedAt: null,
      lastRefusal: null,
    },
    token,
    entry: {
      at: now,
      kind: 'WEBHOOK_ENDPOINT_CREATED',
      actor,
      data: { endpointId: id, name: endpointName },
    },
  }
}

/**
 * An endpoint for one more Stripe account. A name that is there already gives the endpoint that has it.
 * @throws PublicError BAD_USER_INPUT, NOT_FOUND; CONFLICT when there are too many
 */
export async function addEndpoint(
  scope: Scope,
  acting: Acting,
  input: { name: string },
): Promise<EndpointWithToken> {
  const wanted = parseInput(z.object({ name }), input)
  const find = async (db: TenantClient) => {
    const endpoint = await db.webhookEndpoint.findFirst({
      where: { tenantId: scope.tenantId, name: wanted.name },
    })
    return endpoint ? { endpoint, token: openToken(acting.vault, endpoint) } : undefined
  }
  try {
    return await scope.transaction(async (db) => {
      await showTenant({ db, tenantId: scope.tenantId })
      const existing = await find(db)
      if (existing) return existing
      if ((await db.webhookEndpoint.count({ where: { tenantId: scope.tenantId } })) >= MOST)
        throw new PublicError('CONFLICT', `a tenant has at most ${MOST} endpoints`)
      const { endpoint, token, entry } = newEndpoint(scope.tenantId, acting, wanted.name)
      await db.webhookEndpoint.create({ data: endpoint })
      await recordActivity(db, scope.tenantId, [entry])
      return { endpoint, token }
    })
  } catch (error) {
    const first = isUniqueViolation(error) ? await find(scope.db) : undefined
    if (first) return first
    throw error
  }
}

interface EndpointsOf {
  db: Pick<TenantClient, 'webhookEndpoint'>
  tenantId: string
}

/** Oldest first. */
export const listEndpoints = ({ db, tenantId }: EndpointsOf): Promise<WebhookEndpoint[]> =>
  db.webhookEndpoint.findMany({ where: { tenantId }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })

/**
 * @param reference id or name; may be left out where there is only one
 * @throws PublicError NOT_FOUND; BAD_USER_INPUT when it has to be said which
 */
export async function resolveEndpoint(
  db: Pick<TenantClient, 'webhookEndpoint'>,
  tenantId: string,
  reference?: string,
): Promise<WebhookEndpoint> {
  if (reference === undefined) {
    const endpoints = await listEndpoints({ db, tenantId })
    const [only, ...others] = endpoints
    if (!only) throw new PublicError('NOT_FOUND', 'the tenant has no endpoint')
    if (others.length === 0) return only
    const named = endpoints.map((one) => `${one.name} (${one.id})`).join(', ')
    throw new PublicError('BAD_USER_INPUT', `say which endpoint, there are several: ${named}`)
  }
  const endpoint = await db.webhookEndpoint.findFirst({
    where: { tenantId, ...(reference.startsWith('whe_') ? { id: reference } : { name: reference }) },
  })
  if (!endpoint) throw new PublicError('NOT_FOUND', `there is no endpoint ${reference}`)
  return endpoint
}

/**
 * For programs, which name things by id alone: a name may change, or look like another's id.
 * @throws PublicError NOT_FOUND for what is no endpoint's id
 */
export function endpointId(id: string): string {
  if (!id.startsWith('whe_')) throw new PublicError('NOT_FOUND', `there is no endpoint ${id}`)
  return id
}

const rotation = z.object({
  endpoint: z.string().optional(),
  graceSeconds: z
    .int('graceSeconds must be a whole number')
    .min(0, 'graceSeconds must be at least 0')
    .max(30 * DAY_SECONDS, 'graceSeconds must be at most 30 days')
    .default(DAY_SECONDS),
})

/**
 * A new URL. The one before works for the grace, so that Stripe can be moved over, and those before it for theirs.
 * @throws PublicError BAD_USER_INPUT, NOT_FOUND; CONFLICT when too many former URLs still work, or somebody else
 *   rotated it at the same moment
 */
export async function rotateToken(
  scope: Scope,
  { actor, clock, vault }: Acting,
  input: z.input<typeof rotation> = {},
): Promise<EndpointWithToken> {
  const { endpoint: reference, graceSeconds } = parseInput(rotation, input)
  const { tenantId } = scope
  const token = newToken()
  const now = clock.now()
  const expiresAt = graceSeconds > 0 ? new Date(now.getTime() + graceSeconds * 1000) : null
  return scope.transaction(async (db) => {
    const { id, name: endpointName, tokenHash } = await resolveEndpoint(db, tenantId, reference)
    // Its row is locked from here on, and the token that it loses is the one that was read.
    const [endpoint] = await db.webhookEndpoint.updateManyAndReturn({
      where: { tenantId, id, tokenHash },
      data: {
        tokenHash: sha256(token),
        tokenSealed: vault.seal(token, { tenantId, id, purpose: 'webhook-token' }),
        previousTokenExpiresAt: expiresAt,
      },
    })
    if (!endpoint) throw new PublicError('CONFLICT', 'the token was rotated at the same moment; look again')
    if (expiresAt) await keepFormer(db, { tenantId, endpointId: id, hash: tokenHash, expiresAt }, now)
    const data = { endpointId: id, name: endpointName, graceSeconds }
    await recordActivity(db, tenantId, [{ at: now, kind: 'WEBHOOK_TOKEN_ROTATED', actor, data }])
    return { endpoint, token }
  })
}

async function keepFormer(
  db: Pick<TenantClient, 'formerToken'>,
  former: FormerToken,
  now: Date,
): Promise<void> {
  const { tenantId, endpointId } = former
  const working = await db.formerToken.count({ where: { tenantId, endpointId, expiresAt: { gt: now } } })
  if (working >= MOST_FORMER) {
    throw new PublicError(
      'CONFLICT',
      `${working} former URLs of this endpoint still work: wait until one has ended, or rotate with a grace of 0`,
    )
  }
  await db.formerToken.create({ data: former })
}
