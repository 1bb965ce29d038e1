import { feedHead } from '../anomalies/pages.ts'
import type { Bus } from '../bus/bus.ts'
import type { Activity, Anomaly } from '../generated/sqlite/client.ts'
import type { ActivityKind } from '../storage/activity.ts'
import { ACTIVITY_KINDS } from '../storage/activity.ts'
import type { Scope } from '../tenancy/scope.ts'
import { Tail, type TailSource, Tails } from './tail.ts'

/** One act on the tenant, with the anomaly it concerns as it stands now. */
export interface FeedRow {
  seq: bigint
  kind: ActivityKind | undefined
  anomaly: Anomaly | undefined
}

/** Rows of one read. */
const PAGE = 100
/** Rows that a subscription may be behind; then it reads them from the database, at its own pace. */
const KEEP = 200

export interface FeedOptions {
  bus: Bus
  log: { warn(fields: object, message: string): void }
  /** Milliseconds after which a feed is read without a hint. */
  everyMs?: number
}

/** The tenants' activity as subscriptions follow it: from any position on, then live, without a gap or a repeat. */
export class Feed {
  readonly #options: FeedOptions
  readonly #tails = new Tails<FeedRow>()

  constructor(options: FeedOptions) {
    this.#options = options
  }

  /**
   * Every row after `position`, in order, until the signal is aborted. Rows read from the database because they
   * were missed come with one row for each anomaly of a page; `drained` is awaited before each of them.
   */
  async *follow(
    scope: Scope,
    position: bigint,
    signal: AbortSignal,
    drained: () => Promise<void>,
  ): AsyncGenerator<FeedRow> {
    const { tenantId } = scope
    const tail = await this.#tails.join(tenantId, () => this.#tailOf(scope))
    try {
      let at = position
      let live = false
      while (!signal.aborted) {
        const recent = tail.after(at)
        const rows = recent ?? (await readFeed(scope, at))
        if (!recent) live = false
        for (const row of live ? rows : newestOfEach(rows)) {
          if (!live) await drained()
          if (signal.aborted) return
          yield row
        }
        const last = rows.at(-1)
        if (last) at = last.seq
        else if (recent) {
          live = true
          await tail.beyond(at, signal)
        } else at = tail.head
      }
    } finally {
      this.#tails.leave(tenantId)
    }
  }

  #tailOf(scope: Scope): Tail<FeedRow> {
    const { bus, log, everyMs = 5_000 } = this.#options
    const source: TailSource<FeedRow> = {
      start: () => feedHead(scope),
      read: (after) => readFeed(scope, after),
    }
    return new Tail(source, {
      bus,
      topic: `feed:${scope.tenantId}`,
      everyMs,
      keep: KEEP,
      onError: (error) =>
        log.warn({ err: error, tenantId: scope.tenantId }, 'could not read a feed; trying again'),
    })
  }
}

async function readFeed({ db, tenantId }: Scope, after: bigint): Promise<FeedRow[]> {
  const acts = await db.activity.findMany({
    where: { tenantId, seq: { gt: after } },
    orderBy: { seq: 'asc' },
    take: PAGE,
    select: { seq: true, kind: true, anomalyId: true },
  })
  const ids = [...new Set(acts.flatMap(({ anomalyId }) => anomalyId ?? []))]
  const anomalies =
    ids.length === 0 ? [] : await db.anomaly.findMany({ where: { tenantId, id: { in: ids } } })
  const byId = new Map(anomalies.map((anomaly) => [anomaly.id, anomaly]))
  return acts.map(({ seq, kind, anomalyId }) => ({
    seq,
    kind: kindOf(kind),
    anomaly: anomalyId === null ? undefined : byId.get(anomalyId),
  }))
}

/** A kind that a newer program wrote is undefined: the row still counts, nobody is told. */
export const kindOf = (text: Activity['kind']): ActivityKind | undefined =>
  ACTIVITY_KINDS.find((kind) => kind === text)

/** Of several missed changes of one anomaly the last is enough: it shows the newest state. That it was raised is kept. */
function newestOfEach(rows: readonly FeedRow[]): readonly FeedRow[] {
  const newest = new Map(rows.map((row) => [row.anomaly?.id, row.seq]))
  return rows.filter((row) => row.kind === 'ANOMALY_RAISED' || newest.get(row.anomaly?.id) === row.seq)
}
