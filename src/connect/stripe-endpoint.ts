import { z } from 'zod'
import { PublicError } from '../errors.ts'
import type { StripeConnection, WebhookEndpoint } from '../generated/sqlite/client.ts'
import { randomBase62 } from '../ids.ts'
import type { Scope } from '../storage/scope/scope.ts'
import { LISTENED_TYPES } from '../stripe/reading.ts'
import type { Acting } from '../tenancy/acting.ts'
import { addSecret } from '../tenancy/secrets.ts'
import type { StripeApi } from './api.ts'
import { API_VERSION } from './api-version.ts'
import { PAGE } from './probe.ts'
import { StripeTrouble } from './trouble.ts'

const PATH = '/v1/webhook_endpoints'

const stripeEndpoint = z.looseObject({
  id: z.string(),
  url: z.string(),
  status: z.string(),
  enabled_events: z.array(z.string()),
  metadata: z.record(z.string(), z.string()).nullish(),
  secret: z.string().optional(),
})
export type StripeEndpoint = z.infer<typeof stripeEndpoint>

export interface EndpointTask {
  scope: Scope
  acting: Acting
  api: StripeApi
  connection: StripeConnection
  endpoint: WebhookEndpoint
  /** Where Stripe has to deliver to. */
  url: string
}

/** A delivery that was verified so lately shows that the secret that is stored is the right one. */
const VERIFIED_WITHIN_MS = 24 * 3_600_000

/**
 * Makes sure that Stripe delivers to our endpoint, with a secret that is known here. It is found by its metadata, or
 * by its URL; others are left alone. A crash at any moment leaves one endpoint: a creation is repeated under its key, and
 * what it left behind where that cannot be is removed.
 * @returns the connection with what it has at Stripe
 */
export async function ensureEndpoint(task: EndpointTask): Promise<StripeConnection> {
  const { connection, api } = task
  const { creating } = connection
  const repeated = creating === null ? undefined : await create(task, creating).catch(unlessRepeatable)
  const known = (repeated ?? connection).stripeEndpointId
  const there = await listAll(api)
  const ours = there.filter(({ metadata }) => metadata?.['billingwatch'] === task.endpoint.id)
  const own = ours.find(({ id }) => id === known)
  const verified = own === undefined && isVerified(task) ? ours[0] : undefined
  if (verified !== undefined) return adopt(task, verified)
  // Secrets of others are not known: ours went with the answer that never came, and what somebody else made is left to them.
  for (const other of ours.filter((one) => one !== own))
    await (isOthers(other) ? letGo(api, other) : deleteEndpoint(api, other.id))
  if (own !== undefined) return repeated ?? adopt(task, own)
  const alike = there.find(({ url, metadata }) => url === task.url && !metadata?.['billingwatch'])
  if (alike !== undefined && isVerified(task)) return adopt(task, alike)
  return create(task, `billingwatch-${randomBase62(24)}`)
}

/**
 * What it made is found by its metadata where it cannot be repeated: because what it was sent with has changed since, or
 * because Stripe, which answers a key as it did the first time, was in trouble then.
 */
function unlessRepeatable(error: unknown): undefined {
  if (!(error instanceof StripeTrouble) || (error.kind !== 'REFUSED' && error.kind !== 'AWAY')) throw error
}

async function listAll(api: StripeApi): Promise<StripeEndpoint[]> {
  const all: StripeEndpoint[] = []
  for (;;) {
    const last = all.at(-1)
    const page = await api.list(PATH, { limit: PAGE, ...(last && { starting_after: last.id }) })
    all.push(...page.data.map((one) => stripeEndpoint.parse(one)))
    if (!page.hasMore || page.data.length === 0) return all
  }
}

const isVerified = ({ endpoint: { lastDeliveryAt }, acting }: EndpointTask): boolean =>
  lastDeliveryAt !== null && acting.clock.now().getTime() - lastDeliveryAt.getTime() < VERIFIED_WITHIN_MS

/** In the metadata of an endpoint that was there before us. */
const TAKEN_OVER = 'billingwatch_taken_over'

const isOthers = ({ metadata }: StripeEndpoint): boolean =>
  !metadata?.['billingwatch'] || Boolean(metadata[TAKEN_OVER])

/** An empty value takes a name out of Stripe's metadata. */
const letGo = (api: StripeApi, { id }: StripeEndpoint): Promise<unknown> =>
  api.post(`${PATH}/${id}`, { metadata: { billingwatch: '', [TAKEN_OVER]: '' } })

/** Takes one that is there: what it is enabled for grows, its API version and its secret stay. */
async function adopt(task: EndpointTask, found: StripeEndpoint): Promise<StripeConnection> {
  const { api, endpoint, url } = task
  const wanted = found.enabled_events.includes('*')
    ? found.enabled_events
    : [...new Set([...found.enabled_events, ...LISTENED_TYPES])]
  const isRight =
    wanted.length === found.enabled_events.length &&
    found.url === url &&
    found.metadata?.['billingwatch'] === endpoint.id
  const present = isRight
    ? found
    : stripeEndpoint.parse(
        await api.post(`${PATH}/${found.id}`, {
          enabled_events: wanted,
          url,
          metadata: { billingwatch: endpoint.id, ...(isOthers(found) && { [TAKEN_OVER]: 'yes' }) },
        }),
      )
  return remember(task, { stripeEndpointId: present.id, stripeEndpointStatus: present.status, adopted: true })
}

/** @param key of this very creation: kept before it is asked for, so that it can be asked for again */
async function create(task: EndpointTask, key: string): Promise<StripeConnection> {
  const { api, endpoint, url, scope, acting } = task
  await remember(task, { creating: key })
  const made = stripeEndpoint.parse(
    await api.post(
      PATH,
      {
        url,
        enabled_events: LISTENED_TYPES,
        api_version: API_VERSION,
        description: 'BillingWatch',
        metadata: { billingwatch: endpoint.id },
      },
      key,
    ),
  )
  if (made.secret === undefined)
    throw new PublicError(
      'CONFLICT',
      `Stripe gave no signing secret for ${made.id}: delete it there, and connect again.`,
    )
  // A secret that is stored already is not added twice, so a kill between the two is made good.
  await addSecret(scope, acting, { endpoint: endpoint.id, secret: made.secret })
  return remember(task, {
    creating: null,
    stripeEndpointId: made.id,
    stripeEndpointStatus: made.status,
    adopted: false,
  })
}

async function remember(
  { scope: { db, tenantId }, connection: { id } }: EndpointTask,
  data: Partial<Pick<StripeConnection, 'creating' | 'stripeEndpointId' | 'stripeEndpointStatus' | 'adopted'>>,
): Promise<StripeConnection> {
  const [row] = await db.stripeConnection.updateManyAndReturn({ where: { tenantId, id }, data })
  if (!row) throw new PublicError('NOT_FOUND', `there is no connection ${id}`)
  return row
}

/** @throws StripeTrouble; that somebody has deleted it there already is none */
export async function deleteEndpoint(api: StripeApi, id: string): Promise<void> {
  await api.delete(`${PATH}/${id}`).catch((error: unknown) => {
    if (!(error instanceof StripeTrouble) || error.code !== 'resource_missing') throw error
  })
}

/** How it stands at Stripe: `enabled`, `disabled`, or `deleted` when it is not there any more. */
export async function statusOf(api: StripeApi, id: string): Promise<string> {
  try {
    return stripeEndpoint.parse(await api.get(`${PATH}/${id}`)).status
  } catch (error) {
    if (error instanceof StripeTrouble && error.code === 'resource_missing') return 'deleted'
    throw error
  }
}

/** Whether Stripe can reach a webhook URL; else why not, and what to do. */
export function unreachable(
  url: string,
  { livemode, ownStripe }: { livemode: boolean; ownStripe: boolean },
): string | undefined {
  // Where the API is reached elsewhere, a stand-in or a proxy delivers.
  if (!ownStripe) return undefined
  const { protocol, hostname } = new URL(url)
  const isInside =
    /^(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|\[?::1)/.test(hostname) ||
    !hostname.includes('.')
  if (isInside)
    return `Stripe cannot reach ${new URL(url).origin}: set PUBLIC_URL to the address that this server has in the internet. For a try on this machine, connect with --no-endpoint and let \`stripe listen\` forward the events.`
  if (livemode && protocol !== 'https:')
    return `Stripe delivers live events to https alone: set PUBLIC_URL to an https address instead of ${new URL(url).origin}.`
  return undefined
}
