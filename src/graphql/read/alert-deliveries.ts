import type { AlertDelivery } from '../../generated/sqlite/client.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import { decodeCursor, encodeCursor, momentPart } from './cursor.ts'
import { MAX_PAGE, type Source } from './paging.ts'

export interface DeliveryQuery {
  channelId?: string | null | undefined
  anomalyId?: string | null | undefined
  states?: readonly string[] | null | undefined
}

interface Key {
  createdAt: Date
  id: string
}

/** Alerts, newest first. */
export function deliverySource(
  { db, tenantId }: Scope,
  { channelId, anomalyId, states }: DeliveryQuery,
): Source<AlertDelivery, Key> {
  const where = {
    tenantId,
    ...(channelId != null && { channelId }),
    ...(anomalyId != null && { anomalyId }),
    ...(states != null && { state: { in: [...states] } }),
  }
  const older = ({ createdAt, id }: Key) => ({
    OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }],
  })
  const newer = ({ createdAt, id }: Key) => ({
    OR: [{ createdAt: { gt: createdAt } }, { createdAt, id: { gt: id } }],
  })
  const list = 'alertDeliveries'
  return {
    read: ({ after, before, backward, take }) => {
      const direction = backward ? 'asc' : 'desc'
      return db.alertDelivery.findMany({
        where: {
          ...where,
          AND: [after === undefined ? {} : older(after), before === undefined ? {} : newer(before)],
        },
        orderBy: [{ createdAt: direction }, { id: direction }],
        take,
      })
    },
    count: () => db.alertDelivery.count({ where }),
    keyOf: ({ createdAt, id }) => ({ createdAt, id }),
    encode: ({ createdAt, id }) => encodeCursor(tenantId, list, [createdAt.getTime(), id]),
    decode: (cursor) => {
      const [createdAt, id] = decodeCursor(tenantId, list, cursor)
      return { createdAt: momentPart(createdAt), id: id ?? '' }
    },
  }
}

/** All alerts about one anomaly, oldest first. */
export const readAlertsOf = ({ db, tenantId }: Scope, anomalyId: string): Promise<AlertDelivery[]> =>
  db.alertDelivery.findMany({
    where: { tenantId, anomalyId },
    orderBy: [{ createdAt: 'asc' }, { seq: 'asc' }, { id: 'asc' }],
    take: MAX_PAGE,
  })
