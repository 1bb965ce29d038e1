import type { Prisma, StripeEvent } from '../../generated/sqlite/client.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import { decodeCursor, encodeCursor, momentPart, unknownCursor } from './cursor.ts'
import type { Source } from './paging.ts'

/** Every column of an event but its body, which is read only when requested. */
export const EVENT_COLUMNS = {
  tenantId: true,
  stripeId: true,
  endpointId: true,
  account: true,
  livemode: true,
  type: true,
  apiVersion: true,
  createdAt: true,
  receivedAt: true,
  processedAt: true,
  status: true,
  error: true,
  objectId: true,
  customerId: true,
  amount: true,
  currency: true,
} as const satisfies Prisma.StripeEventSelect

export type EventRow = Omit<StripeEvent, 'payload' | 'facts' | 'factsVersion'>

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

const whereOf = (filter: EventFilter): Prisma.StripeEventWhereInput => ({
  ...(filter.types && { type: { in: [...filter.types] } }),
  ...(filter.statuses && { status: { in: [...filter.statuses] } }),
  ...(filter.created && {
    createdAt: {
      ...(filter.created.from && { gte: filter.created.from }),
      ...(filter.created.to && { lt: filter.created.to }),
    },
  }),
  ...(typeof filter.customerId === 'string' && { customerId: filter.customerId }),
  ...(typeof filter.objectId === 'string' && { objectId: filter.objectId }),
  ...(typeof filter.stripeId === 'string' && { stripeId: filter.stripeId }),
  ...(typeof filter.livemode === 'boolean' && { livemode: filter.livemode }),
  ...(typeof filter.account === 'string' && { account: filter.account }),
})

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

const keyset = (column: 'receivedAt' | 'createdAt', { at, stripeId }: EventKey, greater: boolean) => {
  const past = <Value>(value: Value) => (greater ? { gt: value } : { lt: value })
  return { OR: [{ [column]: past(at) }, { [column]: at, stripeId: past(stripeId) }] }
}

/** The tenant's events, newest received first. */
export function eventSource({ db, tenantId }: Scope, filter: EventFilter): Source<EventRow, EventKey> {
  const where = whereOf(filter)
  return {
    read: ({ after, before, backward, take }) =>
      db.stripeEvent.findMany({
        where: {
          tenantId,
          AND: [
            where,
            after ? keyset('receivedAt', after, false) : {},
            before ? keyset('receivedAt', before, true) : {},
          ],
        },
        orderBy: [{ receivedAt: backward ? 'asc' : 'desc' }, { stripeId: backward ? 'asc' : 'desc' }],
        take,
        select: EVENT_COLUMNS,
      }),
    count: () => db.stripeEvent.count({ where: { tenantId, AND: [where] } }),
    keyOf: ({ receivedAt, stripeId }) => ({ at: receivedAt, stripeId }),
    ...cursors(tenantId, 'events'),
  }
}

/** The events that show an anomaly, oldest first by Stripe's time. At most 1,000 are kept. */
export function shownEventSource({ db, tenantId }: Scope, anomalyId: string): Source<EventRow, EventKey> {
  let shown: Promise<string[]> | undefined
  const ids = () => {
    shown ??= db.anomalyEvent
      .findMany({ where: { tenantId, anomalyId }, select: { stripeId: true }, take: 1_000 })
      .then((rows) => rows.map(({ stripeId }) => stripeId))
    return shown
  }
  return {
    read: async ({ after, before, backward, take }) =>
      db.stripeEvent.findMany({
        where: {
          tenantId,
          stripeId: { in: await ids() },
          AND: [
            after ? keyset('createdAt', after, true) : {},
            before ? keyset('createdAt', before, false) : {},
          ],
        },
        orderBy: [{ createdAt: backward ? 'desc' : 'asc' }, { stripeId: backward ? 'desc' : 'asc' }],
        take,
        select: EVENT_COLUMNS,
      }),
    count: async () => db.stripeEvent.count({ where: { tenantId, stripeId: { in: await ids() } } }),
    keyOf: ({ createdAt, stripeId }) => ({ at: createdAt, stripeId }),
    ...cursors(tenantId, `shown:${anomalyId}`),
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
