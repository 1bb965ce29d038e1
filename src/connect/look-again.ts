import type { StripeConnection } from '../generated/sqlite/client.ts'
import { recordActivity } from '../storage/activity.ts'
import type { Scope } from '../storage/scope/scope.ts'
import type { WallClock } from '../time.ts'
import type { StripeApi } from './api.ts'
import { takeUpRefused } from './jobs.ts'
import {
  ENDPOINTS_WRITE,
  EVENTS_READ,
  type Granted,
  isGranted,
  lackingIn,
  readGranted,
} from './permissions.ts'
import { probe } from './probe.ts'
import { refusedAct } from './refused.ts'
import { statusOf } from './stripe-endpoint.ts'
import { type ConnectedAccounts, readAccounts } from './window.ts'

/** Without a new look nothing can be listed. */
export const needsLook = ({ state, permissions }: StripeConnection): boolean =>
  state === 'REVOKED' || !isGranted(readGranted(permissions), EVENTS_READ)

/**
 * Looks anew at what the key may do and how the endpoint stands at Stripe: somebody may have changed either there.
 * @throws StripeTrouble when the key is no good, or lacks what everything needs
 */
export async function lookAgain(
  { scope, clock }: { scope: Scope; clock: WallClock },
  api: StripeApi,
  connection: StripeConnection,
): Promise<StripeConnection> {
  const { tenantId } = scope
  const { account, permissions } = await probe(api)
  const { stripeEndpointId } = connection
  const status =
    stripeEndpointId !== null && isGranted(permissions, ENDPOINTS_WRITE)
      ? await statusOf(api, stripeEndpointId)
      : connection.stripeEndpointStatus
  // Accounts that it could not read are tried once more.
  const accounts: ConnectedAccounts = { ...readAccounts(connection), denied: [] }
  const now = clock.now()
  return scope.transaction(async (db) => {
    const [row] = await db.stripeConnection.updateManyAndReturn({
      // Of another key that came meanwhile it says nothing.
      where: { tenantId, id: connection.id, sealed: connection.sealed },
      data: {
        account: account ?? connection.account,
        state: lackingIn(permissions) === undefined ? 'CONNECTED' : 'LIMITED',
        permissions: JSON.stringify(permissions),
        stripeEndpointStatus: status,
        accounts: JSON.stringify(accounts),
        probedAt: now,
        ...troubleNow({ ...connection, stripeEndpointStatus: status }, permissions, accounts, clock),
      },
    })
    if (!row) return connection
    const before = readGranted(connection.permissions)
    await takeUpRefused(db, connection, permissions, now, before)
    const lost = before.find(({ name, granted }) => granted && !isGranted(permissions, name))
    const note = lackingIn(permissions)
    if (lost !== undefined && note !== undefined)
      await recordActivity(db, tenantId, [
        refusedAct(connection, now, { note, permission: lost.name, account: null }),
      ])
    return row
  })
}

/** Looks only at how the endpoint stands at Stripe. */
export async function lookAtEndpoint(
  { scope, clock }: { scope: Scope; clock: WallClock },
  api: StripeApi,
  connection: StripeConnection,
): Promise<StripeConnection> {
  const { tenantId, id, stripeEndpointId } = connection
  const status =
    stripeEndpointId === null ? connection.stripeEndpointStatus : await statusOf(api, stripeEndpointId)
  const looked = { ...connection, stripeEndpointStatus: status }
  const [row] = await scope.db.stripeConnection.updateManyAndReturn({
    where: { tenantId, id },
    data: {
      stripeEndpointStatus: status,
      probedAt: clock.now(),
      ...troubleNow(looked, readGranted(connection.permissions), readAccounts(connection), clock),
    },
  })
  return row ?? connection
}

/** Says of a connection what is known of its key, its endpoint and its accounts. */
export async function sayTrouble(
  { db, tenantId }: Scope,
  clock: WallClock,
  connection: StripeConnection,
): Promise<StripeConnection> {
  const said = troubleNow(connection, readGranted(connection.permissions), readAccounts(connection), clock)
  if (said.trouble === connection.trouble) return connection
  const [row] = await db.stripeConnection.updateManyAndReturn({
    where: { tenantId, id: connection.id },
    data: said,
  })
  return row ?? connection
}

/** What there is to say of a connection whose key works, as the columns that say it. */
export function troubleNow(
  connection: StripeConnection,
  permissions: Granted,
  { denied }: ConnectedAccounts,
  clock: WallClock,
): Pick<StripeConnection, 'trouble' | 'troubleSince'> {
  const said = [endpointTrouble(connection), lackingIn(permissions), deniedTrouble(denied)].filter(
    (one) => one !== undefined,
  )
  const trouble = said.length === 0 ? null : said.join(' ')
  const since = trouble === connection.trouble ? connection.troubleSince : clock.now()
  return { trouble, troubleSince: trouble === null ? null : since }
}

function endpointTrouble({ stripeEndpointId, stripeEndpointStatus }: StripeConnection): string | undefined {
  if (stripeEndpointId === null || stripeEndpointStatus === null || stripeEndpointStatus === 'enabled')
    return undefined
  return stripeEndpointStatus === 'deleted'
    ? `The webhook endpoint ${stripeEndpointId} is not at Stripe any more: run \`connect\` again, which creates one.`
    : `Stripe has disabled the webhook endpoint ${stripeEndpointId}: enable it in Stripe under Developers, Webhooks. What is missed meanwhile is filled in from Stripe's API.`
}

const deniedTrouble = (denied: readonly string[]): string | undefined =>
  denied.length === 0
    ? undefined
    : `Complete for its own account only: the key may not read the events of ${named(denied)}.`

const named = (accounts: readonly string[]): string =>
  accounts.length <= 3
    ? accounts.join(', ')
    : `${accounts.slice(0, 3).join(', ')} and ${accounts.length - 3} more connected accounts`
