import type { StripeConnection } from '../generated/sqlite/client.ts'
import { recordActivity } from '../storage/activity.ts'
import type { Scope } from '../storage/scope/scope.ts'
import type { WallClock } from '../time.ts'
import { troubleNow } from './look-again.ts'
import { EVENTS_READ, type Granted, isGranted, lackingIn, readGranted } from './permissions.ts'
import { refusedAct } from './refused.ts'
import { StripeTrouble } from './trouble.ts'
import { type ConnectedAccounts, readAccounts } from './window.ts'

export const CONNECTION_STATES = ['CONNECTED', 'LIMITED', 'REVOKED'] as const

/**
 * Writes down why a connection does not get on; webhooks go on without it. A key that is no good ends its imports until
 * it works again or another is given, and is said in the feed: once, however often it is tried and whatever else goes wrong meanwhile.
 */
export async function noteTrouble(
  { tenantId, transaction }: Scope,
  clock: WallClock,
  { id, sealed }: StripeConnection,
  error: unknown,
): Promise<void> {
  if (!(error instanceof StripeTrouble)) return
  const now = clock.now()
  const needsPerson = error.kind === 'KEY' || error.kind === 'PERMISSION'
  await transaction(async (db) => {
    const present = await db.stripeConnection.findFirst({ where: { tenantId, id } })
    // Of another key that came meanwhile it says nothing.
    if (present?.sealed !== sealed) return
    const state = error.kind === 'KEY' ? 'REVOKED' : error.kind === 'PERMISSION' ? 'LIMITED' : present.state
    const lacking = error.permission ?? EVENTS_READ
    const granted = readGranted(present.permissions)
    const isNews = state !== present.state || (error.kind === 'PERMISSION' && isGranted(granted, lacking))
    await db.stripeConnection.updateMany({
      where: { tenantId, id },
      data: {
        state,
        trouble: error.message,
        troubleSince: present.trouble === error.message ? present.troubleSince : now,
        // Tried: the next time is a day later.
        ...(needsPerson && { probedAt: now }),
        ...(error.kind === 'PERMISSION' && {
          permissions: JSON.stringify(without(granted, lacking)),
        }),
      },
    })
    await db.importJob.updateMany({
      where: { tenantId, connectionId: id, state: 'RUNNING' },
      data: { error: error.message, ...(needsPerson && { state: 'FAILED', finishedAt: now }) },
    })
    const refused = { note: error.message, permission: error.permission ?? null, account: null }
    if (isNews) await recordActivity(db, tenantId, [refusedAct(present, now, refused)])
  })
}

/** What Stripe does not let a key read, while the rest goes on without it. */
export interface RefusedList {
  /** The connected account that was asked. */
  account: string | undefined
  permission: string
  error: StripeTrouble
}

/**
 * Writes down that a list of the past is left out: of a connected account, or of all that a permission is for.
 * @throws the error itself where another key came meanwhile: it may read the list
 */
export async function noteRefused(
  { tenantId, transaction }: Scope,
  clock: WallClock,
  { id, sealed }: StripeConnection,
  { account, permission, error }: RefusedList,
): Promise<void> {
  const now = clock.now()
  await transaction(async (db) => {
    const present = await db.stripeConnection.findFirst({ where: { tenantId, id } })
    if (present?.sealed !== sealed) throw error
    const known = readGranted(present.permissions)
    const permissions = account === undefined ? without(known, permission) : known
    const before = readAccounts(present)
    const isDenied = account !== undefined && permission === EVENTS_READ
    const accounts = isDenied ? denying(before, account) : before
    const said = troubleNow(present, permissions, accounts, clock)
    await db.stripeConnection.updateMany({
      where: { tenantId, id },
      data: {
        ...said,
        state: lackingIn(permissions) === undefined ? 'CONNECTED' : 'LIMITED',
        permissions: JSON.stringify(permissions),
        accounts: JSON.stringify(accounts),
      },
    })
    if (said.trouble === present.trouble || said.trouble === null) return
    const refused = { note: said.trouble, permission, account: account ?? null }
    await recordActivity(db, tenantId, [refusedAct(present, now, refused)])
  })
}

/** What it misses from now on is not proven. */
const denying = (accounts: ConnectedAccounts, account: string): ConnectedAccounts => ({
  ...accounts,
  proven: accounts.proven.filter((one) => one !== account),
  denied: [...new Set([...accounts.denied, account])],
})

const without = (permissions: Granted, name: string): Granted =>
  permissions.map((one) => (one.name === name ? { ...one, granted: false } : one))
