import { signsOf } from '../../storage/anomaly-conditions.ts'
import {
  among,
  beyond,
  type Condition,
  compare,
  countRows,
  EVENTS,
  type EventRow,
  readRows,
} from '../../storage/reading.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import { decodeCursor, encodeCursor, momentPart, unknownCursor } from './cursor.ts'
import type { Source } from './paging.ts'

export const EVENT_STATUSES = ['PENDING', 'PROCESSED', 'IGNORED', 'FAILED'] as const

export interface EventFilter {
  types?: readonly string[] | null | undefined
  statuses?: readonly (typeof EVENT_STATUSES)[number][] | null | undefined
  created?: { from?: Date | null | undefined; to?: Date | null | undefined } | null | undefined
  customerId?: string | null | undefined
  objectId?: string | null | undefined
  stripeId?: string | null | undefined
  livemode?: boolean | null | undefined
  account?: string | null | undefined
}

const whereOf = (filter: EventFilter): Condition[] => [
  ...(filter.types ? [among('type', filter.types)] : []),
  ...(filter.statuses ? [among('status', filter.statuses)] : []),
  ...(filter.created?.from ? [compare('createdAt', '>=', filter.created.from)] : []),
  ...(filter.created?.to ? [compare('createdAt', '<', filter.created.to)] : []),
  ...(typeof filter.customerId === 'string' ? [compare('customerId', '=', filter.customerId)] : []),
  ...(typeof filter.objectId === 'string' ? [compare('objectId', '=', filter.objectId)] : []),
  ...(typeof filter.stripeId === 'string' ? [compare('stripeId', '=', filter.stripeId)] : []),
  ...(typeof filter.livemode === 'boolean' ? [compare('livemode', '=', filter.livemode)] : []),
  ...(typeof filter.account === 'string' ? [compare('account', '=', filter.account)] : []),
]

/** Whether the live feed sends the event under this filter: the same conditions as in a list. */
export function eventMatches(event: EventRow, filter: EventFilter): boolean {
  const { types, statuses, created, customerId, objectId, stripeId, livemode, account } = filter
  const wants = <Value>(wanted: Value | null | undefined, value: Value) =>
    wanted === null || wanted === undefined || wanted === value
  return (
    (!types || types.includes(event.type)) &&
    (!statuses || statuses.some((status) => status === event.status)) &&
    (!created?.from || event.createdAt >= created.from) &&
    (!created?.to || event.createdAt < created.to) &&
    wants<string | null>(customerId, event.customerId) &&
    wants<string | null>(objectId, event.objectId) &&
    wants(stripeId, event.stripeId) &&
    wants(livemode, event.livemode) &&
    wants<string | null>(account, event.account)
  )
}

interface EventKey {
  at: Date
  stripeId: string
}

type EventColumn = keyof EventRow

/** The tenant's events, newest received first. @param columns what is read of each, besides its place in the order */
export const eventSource = (
  scope: Scope,
  filter: EventFilter,
  columns: readonly EventColumn[],
): Source<EventRow, EventKey> =>
  sourceOf(scope, { list: 'events', by: 'receivedAt', newestFirst: true, where: whereOf(filter), columns })

/** The events that show an anomaly, oldest first by Stripe's time. At most 1,000 are kept. */
export const shownEventSource = (
  scope: Scope,
  anomalyId: string,
  columns: readonly EventColumn[],
): Source<EventRow, EventKey> =>
  sourceOf(scope, {
    list: `shown:${anomalyId}`,
    by: 'createdAt',
    newestFirst: false,
    where: [signsOf(scope, anomalyId)],
    columns,
  })

interface EventList {
  list: string
  by: 'receivedAt' | 'createdAt'
  newestFirst: boolean
  where: readonly Condition[]
  columns: readonly EventColumn[]
}

function sourceOf(
  scope: Scope,
  { list, by, newestFirst, where, columns }: EventList,
): Source<EventRow, EventKey> {
  const orderBy = [by, 'stripeId'] as const
  const selected = [...new Set([...columns, ...orderBy])]
  const side = ({ at, stripeId }: EventKey, greater: boolean) =>
    beyond(orderBy, greater ? '>' : '<', [at, stripeId])
  return {
    read: ({ after, before, backward, take }) =>
      readRows(scope, EVENTS, {
        columns: selected,
        where: [
          ...where,
          ...(after ? [side(after, !newestFirst)] : []),
          ...(before ? [side(before, newestFirst)] : []),
        ],
        orderBy,
        direction: newestFirst === backward ? 'ASC' : 'DESC',
        take,
      }),
    count: () => countRows(scope, EVENTS, where),
    keyOf: (event) => ({ at: event[by], stripeId: event.stripeId }),
    ...cursors(scope.tenantId, list),
  }
}

const cursors = (tenantId: string, list: string): Pick<Source<EventRow, EventKey>, 'encode' | 'decode'> => ({
  encode: ({ at, stripeId }) => encodeCursor(tenantId, list, [at.getTime(), stripeId]),
  decode: (cursor) => {
    const [at, stripeId] = decodeCursor(tenantId, list, cursor)
    if (stripeId === undefined) throw unknownCursor()
    return { at: momentPart(at), stripeId }
  },
})
