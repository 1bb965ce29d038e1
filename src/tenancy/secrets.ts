import { z } from 'zod'
import { PublicError } from '../errors.ts'
import type { WebhookEndpoint, WebhookSecret } from '../generated/sqlite/client.ts'
import { newId } from '../ids.ts'
import { type ActivityEntry, recordActivity } from '../storage/activity.ts'
import type { Scope, TenantClient } from '../storage/scope/scope.ts'
import type { Acting } from './acting.ts'
import { resolveEndpoint } from './endpoints.ts'
import { parseInput, webhookSecret } from './input.ts'
import type { Vault } from './vault.ts'

/**
 * Distinguishes a secret from others by at most a quarter of it: its end, and of a short one, made up by hand and maybe like
 * others there, the beginning as well.
 */
function hintOf(secret: string): string {
  const text = secret.slice('whsec_'.length)
  const shown = Math.min(4, Math.floor(text.length / 4))
  const before = text.length < 18 ? Math.floor(shown / 2) : 0
  return `whsec_${text.slice(0, before)}…${text.slice(before - shown)}`
}

/** @throws VaultError when it was sealed under a BILLINGWATCH_SECRET that is not known any more */
export const openSecret = (
  vault: Vault,
  { tenantId, id, sealed }: Pick<WebhookSecret, 'tenantId' | 'id' | 'sealed'>,
): string => vault.open(sealed, { tenantId, id, purpose: 'webhook-secret' })

/** A secret that is still to be stored, with the entry of the feed that says so. */
export function newSecret(
  { actor, clock, vault }: Acting,
  endpoint: WebhookEndpoint,
  secret: string,
): { row: WebhookSecret; entry: ActivityEntry } {
  const { tenantId } = endpoint
  const id = newId('whs')
  const now = clock.now()
  const hint = hintOf(secret)
  return {
    row: {
      tenantId,
      id,
      endpointId: endpoint.id,
      sealed: vault.seal(secret, { tenantId, id, purpose: 'webhook-secret' }),
      hint,
      createdAt: now,
      retiredAt: null,
    },
    entry: {
      at: now,
      kind: 'WEBHOOK_SECRET_ADDED',
      actor,
      data: { secretId: id, hint, endpoint: endpoint.name },
    },
  }
}

const addition = z.object({ secret: webhookSecret })

/** Live secrets of one endpoint: a delivery is held against each of them, whoever sent it. A roll needs two. */
const MOST_LIVE = 10
/** Retired ones that are still listed. */
const MOST_RETIRED = 40

/**
 * One more signing secret of an endpoint; those before stay live, as Stripe's roll of a secret needs.
 * A secret that is live already is not added twice.
 * @param endpoint id or name; may be left out where it is clear
 * @throws PublicError BAD_USER_INPUT when it is no signing secret; NOT_FOUND; CONFLICT when too many are live
 */
export async function addSecret(
  scope: Scope,
  acting: Acting,
  input: { endpoint?: string | undefined; secret: string },
): Promise<WebhookSecret> {
  const { secret } = parseInput(addition, input)
  return scope.transaction(async (db) => {
    const endpoint = await resolveEndpoint(db, scope.tenantId, input.endpoint)
    const live = await db.webhookSecret.findMany({
      where: { tenantId: scope.tenantId, endpointId: endpoint.id, retiredAt: null },
    })
    const same = live.find((row) => openSecret(acting.vault, row) === secret)
    if (same) return same
    if (live.length >= MOST_LIVE)
      throw new PublicError('CONFLICT', `${live.length} secrets of this endpoint are live: retire one first`)
    const { row: added, entry } = newSecret(acting, endpoint, secret)
    await db.webhookSecret.create({ data: added })
    await recordActivity(db, scope.tenantId, [entry])
    await boundRetired(db, scope.tenantId, endpoint.id)
    return added
  })
}

/** Those retired longest ago go: each is one more row in every list. */
async function boundRetired(
  db: Pick<TenantClient, 'webhookSecret'>,
  tenantId: string,
  endpointId: string,
): Promise<void> {
  const tooOld = await db.webhookSecret.findMany({
    where: { tenantId, endpointId, retiredAt: { not: null } },
    orderBy: [{ retiredAt: 'desc' }, { id: 'desc' }],
    skip: MOST_RETIRED,
    take: MOST_LIVE,
    select: { id: true },
  })
  if (tooOld.length > 0)
    await db.webhookSecret.deleteMany({ where: { tenantId, id: { in: tooOld.map(({ id }) => id) } } })
}

/** Oldest first, retired ones too. Show the hint only. */
export const listSecrets = ({ db, tenantId }: Scope): Promise<WebhookSecret[]> =>
  db.webhookSecret.findMany({ where: { tenantId }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })

/**
 * Deliveries signed with it are refused from now on. Retiring it again changes nothing.
 * @throws PublicError NOT_FOUND
 */
export function retireSecret(scope: Scope, { actor, clock }: Acting, id: string): Promise<WebhookSecret> {
  const { tenantId } = scope
  const now = clock.now()
  return scope.transaction(async (db) => {
    const { count } = await db.webhookSecret.updateMany({
      where: { tenantId, id, retiredAt: null },
      data: { retiredAt: now },
    })
    const secret = await db.webhookSecret.findFirst({ where: { tenantId, id } })
    if (!secret) throw new PublicError('NOT_FOUND', `there is no webhook secret ${id}`)
    if (count > 0) {
      const data = { secretId: id, hint: secret.hint }
      await recordActivity(db, tenantId, [{ at: now, kind: 'WEBHOOK_SECRET_RETIRED', actor, data }])
    }
    return secret
  })
}
