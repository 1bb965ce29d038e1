import type { DetectorName, Severity } from '../detection/detector.ts'
import { SEVERITIES } from '../detection/detector.ts'
import type { AnomalyOrigin, AnomalyStatus } from '../detection/engine/incident.ts'
import { PublicError } from '../errors.ts'
import type { Prisma } from '../generated/sqlite/client.ts'
import type { Scope } from '../storage/scope/scope.ts'
import { type MomentRange, resolveRange } from '../tenancy/local-time.ts'

/** What the list and the export can be narrowed to; what is left out does not narrow. */
export interface AnomalyFilter {
  detectors?: readonly DetectorName[] | null | undefined
  severities?: readonly Severity[] | null | undefined
  statuses?: readonly AnomalyStatus[] | null | undefined
  origins?: readonly AnomalyOrigin[] | null | undefined
  detected?: MomentRange | null | undefined
  customerId?: string | null | undefined
  livemode?: boolean | null | undefined
  account?: string | null | undefined
  search?: string | null | undefined
}

/** An id of Stripe's: a type's prefix and the rest, e.g. `ch_3P…`. */
const STRIPE_ID = /^[a-z]+_[A-Za-z0-9_]+$/

/** The filter as a condition on rows. */
export async function whereOf(scope: Scope, filter: AnomalyFilter): Promise<Prisma.AnomalyWhereInput> {
  const { detectors, severities, statuses, origins, customerId, livemode, account } = filter
  const detected = await resolveRange(scope, filter.detected ?? {})
  return {
    ...(detectors && { detector: { in: [...detectors] } }),
    ...(severities && { severity: { in: severities.map((severity) => SEVERITIES.indexOf(severity)) } }),
    ...(statuses && { status: { in: [...statuses] } }),
    ...(origins && { origin: { in: [...origins] } }),
    detectedAt: { ...(detected.from && { gte: detected.from }), ...(detected.to && { lt: detected.to }) },
    ...(typeof customerId === 'string' && { customerId }),
    ...(typeof livemode === 'boolean' && { livemode }),
    ...(typeof account === 'string' && { account }),
    ...(await searchOf(scope, filter.search?.trim() ?? '')),
  }
}

/** Anomalies that one Stripe object is a subject of; more than this many are not looked for. */
const MOST_BY_SUBJECT = 1_000

/** An exact id finds what it is a subject of; anything else is looked for word by word, in any case. */
/** Longer ones are no words of anybody, and engines refuse very long patterns. */
const MAX_SEARCH = 500

async function searchOf({ db, tenantId }: Scope, search: string): Promise<Prisma.AnomalyWhereInput> {
  if (search === '') return {}
  if (search.length > MAX_SEARCH)
    throw new PublicError('BAD_USER_INPUT', `search must have at most ${MAX_SEARCH} characters`)
  if (STRIPE_ID.test(search)) {
    // LIKE takes `_` for every character and may not heed case: it narrows, and the exact comparison is made here.
    const near = await db.anomaly.findMany({
      where: { tenantId, subjects: { contains: `"${search}"` } },
      select: { id: true, subjects: true },
      orderBy: { seq: 'desc' },
      take: MOST_BY_SUBJECT,
    })
    const ids = near.filter(({ subjects }) => subjects.includes(`"id":"${search}"`)).map(({ id }) => id)
    if (ids.length > 0) return { id: { in: ids } }
  }
  // Only letters and digits are left of a word, so nothing in it can be a wildcard of LIKE.
  const words = search.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu)
  return words
    ? { AND: words.slice(0, 20).map((word) => ({ searchText: { contains: word } })) }
    : { id: { in: [] } }
}
