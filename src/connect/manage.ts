import { PublicError } from '../errors.ts'
import type { StripeConnection } from '../generated/sqlite/client.ts'
import { recordActivity, wasRecorded } from '../storage/activity.ts'
import { leaveFetched } from '../storage/connect/left.ts'
import { lockConnection } from '../storage/connect/lock.ts'
import { releaseJudging } from '../storage/connect/pages.ts'
import type { Scope } from '../storage/scope/scope.ts'
import type { Acting } from '../tenancy/acting.ts'
import { noteEnd } from './answers.ts'
import { apiWith, openKey, type RequestOptions, type StripeMeans } from './means.ts'
import { deleteEndpoint } from './stripe-endpoint.ts'

/** Oldest first. */
export const listConnections = ({ db, tenantId }: Scope): Promise<StripeConnection[]> =>
  db.stripeConnection.findMany({ where: { tenantId }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })

/** @throws PublicError NOT_FOUND */
export async function findConnection({ db, tenantId }: Scope, id: string): Promise<StripeConnection> {
  const connection = await db.stripeConnection.findFirst({ where: { tenantId, id } })
  if (!connection) throw new PublicError('NOT_FOUND', `there is no connection ${id}`)
  return connection
}

/**
 * Forgets a key, with its imports; events stay, those are judged that an import had not come to, and webhooks go on.
 * @param input.deleteEndpoint whether its endpoint at Stripe goes too: then nothing is delivered any more
 * @returns it as it was; undefined: that was done before
 * @throws PublicError NOT_FOUND for what was never a connection of this tenant; StripeTrouble when the endpoint cannot be deleted: then nothing is removed
 */
export async function disconnect(
  scope: Scope,
  { actor, clock, vault }: Acting,
  means: StripeMeans,
  input: { id: string; deleteEndpoint: boolean },
  options: RequestOptions = {},
): Promise<StripeConnection | undefined> {
  const { tenantId } = scope
  const known = await scope.db.stripeConnection.findFirst({ where: { tenantId, id: input.id } })
  if (known === null && (await wasRecorded(scope, 'STRIPE_DISCONNECTED', 'connectionId', input.id)))
    return undefined
  const connection = known ?? (await findConnection(scope, input.id))
  const { id, endpointId, keyHint, stripeEndpointId } = connection
  if (input.deleteEndpoint && stripeEndpointId !== null)
    await deleteEndpoint(await apiWith(means, openKey(vault, connection), options), stripeEndpointId)
  const isRemoved = await scope.transaction(async (db) => {
    if (!(await lockConnection(db, connection))) return false
    await db.importJob.deleteMany({ where: { tenantId, connectionId: id } })
    await db.stripeConnection.deleteMany({ where: { tenantId, id } })
    await noteEnd(db, connection, clock.now())
    await leaveFetched(db, connection, clock.now())
    const data = { connectionId: id, endpointId, keyHint, deletedEndpoint: input.deleteEndpoint }
    await recordActivity(db, tenantId, [{ at: clock.now(), kind: 'STRIPE_DISCONNECTED', actor, data }])
    return true
  })
  if (!isRemoved) return undefined
  await releaseJudging(scope.sql, tenantId)
  return connection
}
