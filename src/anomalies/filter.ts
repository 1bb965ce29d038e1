import { ACTOR_KINDS } from '../actor.ts'
import type { DetectorName, Severity } from '../detection/detector.ts'
import { SEVERITIES } from '../detection/detector.ts'
import { type AnomalyOrigin, type AnomalyStatus, STATUSES } from '../detection/engine/incident.ts'
import { badInput } from '../errors.ts'
import { snoozed } from '../storage/anomaly-conditions.ts'
import {
  ANOMALIES,
  among,
  type Condition,
  compare,
  contains,
  type Reading,
  readRows,
} from '../storage/reading.ts'
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
  snoozed?: boolean | null | undefined
  acknowledgedBy?: string | null | undefined
}

/** An id of Stripe's: a type's prefix and the rest, e.g. `ch_3P…`. */
const STRIPE_ID = /^[a-z]+_[A-Za-z0-9_]+$/

/** The filter as conditions on rows. */
export async function whereOf(scope: Reading, filter: AnomalyFilter): Promise<Condition[]> {
  const { detectors, severities, statuses, origins, customerId, livemode, account } = filter
  const { from, to } = await resolveRange(scope, filter.detected ?? {})
  return [
    ...(detectors ? [among('detector', detectors)] : []),
    ...(severities
      ? [
          among(
            'severity',
            severities.map((severity) => SEVERITIES.indexOf(severity)),
          ),
        ]
      : []),
    ...(statuses ? [among('status', statuses)] : []),
    ...(origins ? [among('origin', origins)] : []),
    ...(from ? [compare('detectedAt', '>=', from)] : []),
    ...(to ? [compare('detectedAt', '<', to)] : []),
    ...(typeof customerId === 'string' ? [compare('customerId', '=', customerId)] : []),
    ...(typeof livemode === 'boolean' ? [compare('livemode', '=', livemode)] : []),
    ...(typeof account === 'string' ? [compare('account', '=', account)] : []),
    ...(typeof filter.snoozed === 'boolean' ? [snoozed(filter.snoozed)] : []),
    ...(typeof filter.acknowledgedBy === 'string' ? [acknowledgedBy(filter.acknowledgedBy)] : []),
    ...(await searchOf(scope, filter.search?.trim() ?? '')),
  ]
}

/** Whoever has this name, as the column has it. */
const acknowledgedBy = (name: string): Condition =>
  among(
    'acknowledgedBy',
    ACTOR_KINDS.map((kind) => JSON.stringify({ kind, name })),
  )

/** A status with a severity, as its column has it. */
export type Pair = readonly [status: AnomalyStatus, severity: number]

/** The rows of some statuses and severities, which an index leads to. */
export interface Narrowing {
  pairs: readonly Pair[]
  /** What they must meet besides. */
  within: readonly Condition[]
}

/** For a filter of nothing but statuses, severities and whether it is snoozed; undefined for any other. */
export function narrowingOf({ statuses, severities, ...others }: AnomalyFilter): Narrowing | undefined {
  const { snoozed: isSnoozed, ...rest } = others
  const isAlone = Object.values(rest).every((other) => other === null || other === undefined)
  if (!isAlone || (!statuses && !severities)) return undefined
  const wanted = [...new Set(severities ?? SEVERITIES)].map((severity) => SEVERITIES.indexOf(severity))
  return {
    pairs: [...new Set(statuses ?? STATUSES)].flatMap((status) =>
      wanted.map((severity): Pair => [status, severity]),
    ),
    within: typeof isSnoozed === 'boolean' ? [snoozed(isSnoozed)] : [],
  }
}

/** Anomalies that one Stripe object is a subject of; more than this many are not looked for. */
const MOST_BY_SUBJECT = 1_000

/** Longer ones are no words of anybody, and engines refuse very long patterns. */
const MAX_SEARCH = 500
const MAX_WORDS = 20

/** An exact id finds what it is a subject of; anything else is looked for word by word, in any case. */
async function searchOf(scope: Reading, search: string): Promise<Condition[]> {
  if (search === '') return []
  if (search.length > MAX_SEARCH)
    throw badInput(['filter', 'search'], `search must have at most ${MAX_SEARCH} characters`, 'OUT_OF_RANGE')
  if (STRIPE_ID.test(search)) {
    // LIKE takes `_` for every character and may not heed case: it narrows, and the exact comparison is made here.
    const near = await readRows(scope, ANOMALIES, {
      columns: ['id', 'subjects'],
      where: [contains('subjects', `"${search}"`)],
      orderBy: ['seq'],
      direction: 'DESC',
      take: MOST_BY_SUBJECT,
    })
    const ids = near.filter(({ subjects }) => subjects.includes(`"id":"${search}"`)).map(({ id }) => id)
    if (ids.length > 0) return [among('id', ids)]
  }
  // Only letters and digits are left of a word, so nothing in it can be a wildcard of LIKE.
  const words = search.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu)
  return words ? words.slice(0, MAX_WORDS).map((word) => contains('searchText', word)) : [among('id', [])]
}
