import type { Activity } from '../../generated/sqlite/client.ts'
import { ACTIVITY_KINDS, type ActivityKind } from '../../storage/activity.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import { decodeCursor, encodeCursor, wholePart } from './cursor.ts'
import type { Source } from './paging.ts'

export interface ActivityQuery {
  kinds?: readonly ActivityKind[] | null | undefined
  /** Only one anomaly's history. */
  anomalyId?: string
  direction: 'oldest first' | 'newest first'
}

/** The tenant's acts, by their number. */
export function activitySource({ db, tenantId }: Scope, query: ActivityQuery): Source<Activity, bigint> {
  const oldestFirst = query.direction === 'oldest first'
  const where = {
    tenantId,
    // Kinds that a newer program wrote have no name here yet.
    kind: { in: [...(query.kinds ?? ACTIVITY_KINDS)] },
    ...(query.anomalyId !== undefined && { anomalyId: query.anomalyId }),
  }
  const list = query.anomalyId === undefined ? 'activity' : `activity:${query.anomalyId}`
  return {
    read: ({ after, before, backward, take }) =>
      db.activity.findMany({
        where: {
          ...where,
          AND: [
            after === undefined ? {} : { seq: oldestFirst ? { gt: after } : { lt: after } },
            before === undefined ? {} : { seq: oldestFirst ? { lt: before } : { gt: before } },
          ],
        },
        orderBy: { seq: oldestFirst !== backward ? 'asc' : 'desc' },
        take,
      }),
    count: () => db.activity.count({ where }),
    keyOf: ({ seq }) => seq,
    encode: (seq) => encodeCursor(tenantId, list, [seq]),
    decode: (cursor) => wholePart(decodeCursor(tenantId, list, cursor)[0]),
  }
}
