import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { PublicError } from '../errors.ts'
import type { StripeConnection, WebhookEndpoint } from '../generated/sqlite/client.ts'
import { newId } from '../ids.ts'
import { recordActivity } from '../storage/activity.ts'
import type { Scope, TenantClient } from '../storage/scope/scope.ts'
import type { Acting } from '../tenancy/acting.ts'
import { openToken, resolveEndpoint } from '../tenancy/endpoints.ts'
import { parseInput } from '../tenancy/input.ts'
import { showTenant } from '../tenancy/tenant.ts'
import { DAY, toSeconds } from '../time.ts'
import type { StripeApi } from './api.ts'
import { beginImport } from './jobs.ts'
import { readKey, type StripeKey } from './key.ts'
import { leased } from './leased.ts'
import { sayTrouble } from './look-again.ts'
import { findConnection } from './manage.ts'
import { apiWith, hasKey, type RequestOptions, type StripeMeans, sealKey } from './means.ts'
import { readableLists } from './older-objects.ts'
import { ENDPOINTS_WRITE, isGranted, lackingIn } from './permissions.ts'
import { estimate, type Probed, probe, type Span, TYPE_GROUPS } from './probe.ts'
import { refusal } from './refusal.ts'
import { ensureEndpoint, unreachable } from './stripe-endpoint.ts'
import { StripeTrouble } from './trouble.ts'

/** Stripe lists no older events. */
const MOST_DAYS = 30

/** Baselines reach back about as far. */
const HISTORY_DAYS = 56
export const MOST_HISTORY_DAYS = 365

const wanted = z.object({
  days: z
    .int()
    .min(1, 'days must be at least 1')
    .max(MOST_DAYS, `days must be at most ${MOST_DAYS}: Stripe lists no older events`)
    .default(MOST_DAYS),
  historyDays: z
    .int()
    .min(0, 'historyDays must be at least 0')
    .max(MOST_HISTORY_DAYS, `historyDays must be at most ${MOST_HISTORY_DAYS}`)
    .default(HISTORY_DAYS),
})

export interface ConnectInput {
  key: string
  /** Id or name; may be left out where the tenant has one. */
  endpoint?: string | undefined
  days?: number | undefined
  /** Days of older objects before those events; 56. */
  historyDays?: number | undefined
  /** Whether the endpoint is made at Stripe. */
  makeEndpoint?: boolean
  allowSecretKey?: boolean
}

/** Everything looked at, nothing made. */
export interface Prepared extends Probed {
  api: StripeApi
  key: StripeKey
  endpoint: WebhookEndpoint
  /** Null: none is made at Stripe. */
  url: string | null
  events: Span
  /** Null: no older objects are read. */
  history: Span | null
  /** Requests that the import will take. */
  requests: number
}

/**
 * Looks at the key, at what it may do, and at how much there is.
 * @throws PublicError with what to do, StripeTrouble
 */
export async function prepare(
  scope: Scope,
  means: StripeMeans,
  { clock, vault }: Pick<Acting, 'clock' | 'vault'>,
  input: ConnectInput,
  options: RequestOptions = {},
): Promise<Prepared> {
  const { days, historyDays } = parseInput(wanted, { days: input.days, historyDays: input.historyDays })
  const key = readKey(input.key, { allowSecret: input.allowSecretKey ?? false })
  const tenant = await showTenant(scope)
  const endpoint = await resolveEndpoint(scope.db, scope.tenantId, input.endpoint)
  if (!key.livemode && tenant.firstLiveAt !== null)
    throw refusal(
      'key',
      'This is a test-mode key, but this tenant has live events, and test-mode ones are no longer judged: give a live-mode key (rk_live_…), or connect test mode in a tenant of its own.',
    )
  const url = input.makeEndpoint === false ? null : means.urlOf(openToken(vault, endpoint))
  const away =
    url === null ? undefined : unreachable(url, { livemode: key.livemode, ownStripe: means.ownStripe })
  if (away !== undefined) throw refusal('endpointId', away)
  const api = await apiWith(means, key, options)
  const probed = await probe(api)
  await refuseOther(scope, endpoint, key, probed)
  const to = toSeconds(clock.now())
  const events = { from: to - days * DAY, to }
  const history = historyDays === 0 ? null : { from: events.from - historyDays * DAY, to: events.from - 1 }
  const requests = await estimate(api, [
    ...TYPE_GROUPS.map((types) => ({ path: '/v1/events', params: { types }, span: events })),
    ...(history === null
      ? []
      : readableLists(probed.permissions).map((list) => ({ ...list, span: history }))),
  ])
  return { api, key, endpoint, url, ...probed, events, history, requests }
}

/** What was proven of one account says nothing of another. */
async function refuseOther(
  { db, tenantId }: Pick<Scope, 'db' | 'tenantId'>,
  endpoint: WebhookEndpoint,
  key: StripeKey,
  { account }: Probed,
): Promise<void> {
  const present = await db.stripeConnection.findFirst({ where: { tenantId, endpointId: endpoint.id } })
  if (!present) return
  refuseOtherThan(present, key, account)
}

export function refuseOtherThan(present: StripeConnection, key: StripeKey, account: string | null): void {
  const mode = (livemode: boolean): string => (livemode ? 'live' : 'test')
  const advice = `remove the connection ${present.id} first, or connect another endpoint (\`endpoint add\`)`
  if (present.livemode !== key.livemode)
    throw refusal(
      'key',
      `This endpoint is connected in ${mode(present.livemode)} mode, and this is a ${mode(key.livemode)}-mode key: give a ${mode(present.livemode)}-mode key, or ${advice}.`,
      'CONFLICT',
    )
  if (present.account !== null && account !== null && present.account !== account)
    throw refusal(
      'key',
      `This endpoint is connected to ${present.account}, and this key is of ${account}: give a key of ${present.account}, or ${advice}.`,
      'CONFLICT',
    )
}

/**
 * Stores the connection, makes the endpoint at Stripe, and begins the import or lets one that was broken off go on.
 * Repeated after a crash it goes on where it was.
 */
export async function connect(
  scope: Scope,
  means: StripeMeans,
  acting: Acting,
  prepared: Prepared,
): Promise<StripeConnection> {
  const connection = await scope.transaction((db) => store(db, scope.tenantId, acting, prepared))
  const { url } = prepared
  const withEndpoint =
    url === null || !isGranted(prepared.permissions, ENDPOINTS_WRITE)
      ? connection
      : await once(scope, means, acting, connection, (fresh) =>
          withStripeEndpoint(scope, acting, { ...prepared, url }, fresh),
        )
  const said = await sayTrouble(scope, acting.clock, withEndpoint)
  await beginImport(scope, acting.clock, said, prepared)
  return said
}

const LOOKS = 40
const LOOK_MS = 250

/** Makes no second endpoint beside that of somebody who connects at the same moment. */
async function once(
  scope: Scope,
  means: StripeMeans,
  { clock }: Acting,
  { id }: StripeConnection,
  make: (fresh: StripeConnection) => Promise<StripeConnection>,
): Promise<StripeConnection> {
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const made = await leased({ scope, means, clock }, { id }, make)
    if (made !== undefined) return made.result
    const present = await findConnection(scope, id)
    // An import that is under way takes its time, and needs nothing of this.
    if (present.stripeEndpointId !== null) return present
    await sleep(LOOK_MS)
  }
  throw new PublicError('CONFLICT', `The connection ${id} is being worked on: try again in a moment.`)
}

async function store(
  db: TenantClient,
  tenantId: string,
  { vault, clock, actor }: Acting,
  { key, endpoint, account, permissions }: Prepared,
): Promise<StripeConnection> {
  const present = await db.stripeConnection.findFirst({ where: { tenantId, endpointId: endpoint.id } })
  const now = clock.now()
  const id = present?.id ?? newId('scn')
  const trouble = lackingIn(permissions) ?? null
  const known = {
    account: account ?? present?.account ?? null,
    sealed: sealKey(vault, { tenantId, id }, key),
    keyHint: key.hint,
    state: trouble === null ? 'CONNECTED' : 'LIMITED',
    permissions: JSON.stringify(permissions),
    trouble,
    troubleSince: trouble === null ? null : now,
    probedAt: now,
  }
  const data = {
    connectionId: id,
    endpoint: endpoint.name,
    keyHint: key.hint,
    account,
    livemode: key.livemode,
  }
  const isNew = present === null || !hasKey(vault, present, key) || present.state !== known.state
  const [updated] =
    present === null
      ? []
      : await db.stripeConnection.updateManyAndReturn({ where: { tenantId, id }, data: known })
  const created = { tenantId, id, endpointId: endpoint.id, livemode: key.livemode, createdAt: now, ...known }
  const row = updated ?? (await db.stripeConnection.create({ data: created }))
  if (isNew) await recordActivity(db, tenantId, [{ at: now, kind: 'STRIPE_CONNECTED', actor, data }])
  return row
}

/** Without the permission the webhooks go on as they are, and the connection says what to do by hand. */
async function withStripeEndpoint(
  scope: Scope,
  acting: Acting,
  { api, endpoint, url, permissions }: Prepared & { url: string },
  connection: StripeConnection,
): Promise<StripeConnection> {
  try {
    return await ensureEndpoint({ scope, acting, api, connection, endpoint, url })
  } catch (error) {
    if (!(error instanceof StripeTrouble) || error.kind !== 'PERMISSION') throw error
    // It may read endpoints, but not write them: a list alone does not show that.
    const known = permissions.map((one) => (one.name === ENDPOINTS_WRITE ? { ...one, granted: false } : one))
    const [row] = await scope.db.stripeConnection.updateManyAndReturn({
      where: { tenantId: scope.tenantId, id: connection.id },
      data: {
        state: 'LIMITED',
        permissions: JSON.stringify(known),
        trouble: lackingIn(known) ?? null,
        troubleSince: acting.clock.now(),
        creating: null,
      },
    })
    return row ?? connection
  }
}
