import { integer } from '../stripe/read.ts'
import { LISTENED_TYPES } from '../stripe/reading.ts'
import { DAY, type Seconds } from '../time.ts'
import type { Page, Params, StripeApi } from './api.ts'
import { type Granted, PERMISSIONS } from './permissions.ts'
import { StripeTrouble } from './trouble.ts'

/** Rows of a page: the most that Stripe gives. */
export const PAGE = 100

/** Stripe lists no older events. */
export const LISTED: Seconds = 30 * DAY

/** Stripe takes at most so many types in one listing. */
const MOST_TYPES = 20

/** The types that are listened to, in as many listings as it takes. */
export const TYPE_GROUPS: readonly (readonly string[])[] = Array.from(
  { length: Math.ceil(LISTENED_TYPES.length / MOST_TYPES) },
  (_, index) => LISTENED_TYPES.slice(index * MOST_TYPES, (index + 1) * MOST_TYPES),
)

export interface Probed {
  /** Null where the key may not read it. */
  account: string | null
  permissions: Granted
}

/**
 * What the key may do.
 * @throws StripeTrouble when it is no good, or lacks what everything needs
 */
export async function probe(api: StripeApi): Promise<Probed> {
  const permissions: Granted = []
  for (const { name, probe: path, needed } of PERMISSIONS) {
    const refused = await refusalOf(() => api.list(path, { limit: 1 }))
    if (refused !== undefined && needed) throw refused
    permissions.push({ name, granted: refused === undefined })
  }
  return { account: await accountOf(api), permissions }
}

async function refusalOf(ask: () => Promise<unknown>): Promise<StripeTrouble | undefined> {
  try {
    await ask()
    return undefined
  } catch (error) {
    if (error instanceof StripeTrouble && error.kind === 'PERMISSION') return error
    throw error
  }
}

async function accountOf(api: StripeApi): Promise<string | null> {
  try {
    const { id } = await api.get('/v1/account')
    return typeof id === 'string' ? id : null
  } catch (error) {
    if (error instanceof StripeTrouble && error.kind === 'PERMISSION') return null
    throw error
  }
}

export interface Span {
  from: Seconds
  to: Seconds
}

interface Listing {
  path: string
  params: Params
  span: Span
}

/** How many requests an import takes, as the first page of each list lets expect. */
export async function estimate(api: StripeApi, listings: readonly Listing[]): Promise<number> {
  let requests = 0
  for (const { path, params, span } of listings) {
    const bounds = { 'created[gte]': span.from, 'created[lte]': span.to }
    requests += pagesIn(await api.list(path, { ...params, ...bounds, limit: PAGE }), span)
  }
  return requests
}

/** Pages in the span, were the rest as dense as the first one. */
function pagesIn({ data, hasMore }: Page, { from }: Span): number {
  const newest = integer(data[0]?.['created'])
  const oldest = integer(data.at(-1)?.['created'])
  if (!hasMore || newest === undefined || oldest === undefined) return 1
  return Math.max(2, Math.ceil((newest - from) / Math.max(1, newest - oldest)))
}
