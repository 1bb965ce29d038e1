import { feedHead } from '../../anomalies/pages.ts'
import type { Bus } from '../../bus/bus.ts'
import type { Activity } from '../../generated/sqlite/client.ts'
import type { ActivityKind } from '../../storage/activity.ts'
import { ACTIVITY_KINDS } from '../../storage/activity.ts'
import {
  ACTIVITIES,
  ANOMALIES,
  type AnomalyRow,
  among,
  type Condition,
  columnsOf,
  compare,
  readRows,
} from '../../storage/reading.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import type { Feed } from './follow.ts'
import { type ReadOnce, type RowSource, SharedReader, SharedReaders } from './shared-reader.ts'

/** One act on the tenant, or growth without an act, with the present state of its anomaly. */
export interface FeedRow {
  seq: bigint
  kind: ActivityKind | undefined
  anomaly: AnomalyRow | undefined
}

/** Rows of one read. */
const PAGE = 100
/** Rows that a subscription may be behind; then it reads them from the database, at its own pace. */
const KEEP = 200

export interface ActivityFeedOptions {
  bus: Bus
  log: { warn(fields: object, message: string): void }
  readOnce: ReadOnce
  /** Milliseconds after which a feed is read without a hint. */
  everyMs?: number
}

/** The tenants' activity as subscriptions follow it: from any position on, then live, without a gap or a repeat. */
export class ActivityFeed {
  readonly #options: ActivityFeedOptions
  readonly #readers = new SharedReaders<FeedRow>()

  constructor(options: ActivityFeedOptions) {
    this.#options = options
  }

  /** Joins the feed of the scope's tenant: who has no scope of a tenant cannot name it. */
  async join({ tenantId }: Pick<Scope, 'tenantId' | 'db'>): Promise<Feed<FeedRow>> {
    const { readOnce } = this.#options
    return {
      reader: await this.#readers.join(tenantId, () => this.#readerOf(tenantId)),
      missed: (after) => readOnce(tenantId, async (scope) => (await readFeed(scope, after)).rows),
      condensed: newestOfEach,
      leave: () => this.#readers.leave(tenantId),
    }
  }

  #readerOf(tenantId: string): SharedReader<FeedRow> {
    const { bus, log, readOnce, everyMs = 5_000 } = this.#options
    const source: RowSource<FeedRow> = {
      start: () => readOnce(tenantId, feedHead),
      read: (after) => readOnce(tenantId, (scope) => readFeed(scope, after)),
    }
    return new SharedReader(source, {
      bus,
      topic: `feed:${tenantId}`,
      everyMs,
      keep: KEEP,
      onError: (error) => log.warn({ err: error, tenantId }, 'could not read a feed; trying again'),
    })
  }
}

/**
 * The rows after a position: acts, and growth without an act. Only up to the head before this read: what commits
 * meanwhile would be visible in one of the two queries and not yet in the other.
 */
async function readFeed(scope: Scope, after: bigint): Promise<{ rows: FeedRow[]; more: boolean }> {
  const head = await feedHead(scope)
  if (head <= after) return { rows: [], more: false }
  const since = (column: string): Condition[] => [compare(column, '>', after), compare(column, '<=', head)]
  const acts = await readRows(scope, ACTIVITIES, {
    columns: ['seq', 'kind', 'anomalyId'],
    where: since('seq'),
    orderBy: ['seq'],
    take: PAGE,
  })
  // Whoever subscribes may have selected any of them.
  const columns = columnsOf(ANOMALIES)
  const changed = await readRows(scope, ANOMALIES, {
    columns,
    where: since('changedSeq'),
    orderBy: ['changedSeq'],
    take: PAGE,
  })
  const until = [acts, changed].every(({ length }) => length < PAGE)
    ? head
    : least([
        acts.length < PAGE ? undefined : acts.at(-1)?.seq,
        changed.length < PAGE ? undefined : changed.at(-1)?.changedSeq,
      ])
  const byId = new Map(changed.map((anomaly) => [anomaly.id, anomaly]))
  const missing = new Set(acts.flatMap(({ anomalyId }) => anomalyId ?? []).filter((id) => !byId.has(id)))
  if (missing.size > 0) {
    const others = await readRows(scope, ANOMALIES, { columns, where: [among('id', [...missing])] })
    for (const anomaly of others) byId.set(anomaly.id, anomaly)
  }
  const actSeqs = new Set(acts.map(({ seq }) => seq))
  const growth = changed.filter(({ changedSeq }) => !actSeqs.has(changedSeq))
  const rows = [
    ...acts.map(
      ({ seq, kind, anomalyId }): FeedRow => ({
        seq,
        kind: kindOf(kind),
        anomaly: anomalyId === null ? undefined : byId.get(anomalyId),
      }),
    ),
    ...growth.map((anomaly): FeedRow => ({ seq: anomaly.changedSeq, kind: 'ANOMALY_UPDATED', anomaly })),
  ]
    .filter(({ seq }) => seq <= until)
    .sort((a, b) => (a.seq < b.seq ? -1 : 1))
  return { rows, more: until < head }
}

const least = (numbers: readonly (bigint | undefined)[]): bigint =>
  numbers.reduce<bigint>((least, one) => (one !== undefined && one < least ? one : least), 2n ** 63n)

/** A kind that a newer program wrote is undefined: the row still counts, but is not sent. */
export const kindOf = (text: Activity['kind']): ActivityKind | undefined =>
  ACTIVITY_KINDS.find((kind) => kind === text)

/** Of several missed changes of one anomaly the last is enough: it shows the newest state. That it was raised is kept. */
function newestOfEach(rows: readonly FeedRow[]): readonly FeedRow[] {
  const newest = new Map(rows.map((row) => [row.anomaly?.id, row.seq]))
  return rows.filter((row) => row.kind === 'ANOMALY_RAISED' || newest.get(row.anomaly?.id) === row.seq)
}
