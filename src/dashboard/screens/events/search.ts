import * as z from 'zod/mini'

export const STATUSES = ['PENDING', 'PROCESSED', 'IGNORED', 'FAILED'] as const

const eventsSearch = z.object({
  status: z.catch(z.optional(z.enum(STATUSES)), undefined),
  /** A type such as `charge.failed`, or an id of Stripe's. */
  find: z.catch(z.string().check(z.maxLength(200)), ''),
})

export type EventsSearch = z.infer<typeof eventsSearch>

/** @param search the part of a URL after `?` */
export const parseEvents = (search: string): EventsSearch =>
  eventsSearch.parse(Object.fromEntries(new URLSearchParams(search)))

export function eventsAddress({ status, find }: EventsSearch): string {
  const query = new URLSearchParams({
    ...(status === undefined ? {} : { status }),
    ...(find === '' ? {} : { find }),
  }).toString()
  return query === '' ? '/events' : `/events?${query}`
}

/** What the API is asked for: an id is looked for by what its prefix says it is. */
export function eventFilterOf({ status, find }: EventsSearch) {
  return { ...(status === undefined ? {} : { statuses: [status] }), ...meant(find.trim()) }
}

function meant(find: string) {
  if (find === '') return {}
  if (find.startsWith('evt_')) return { stripeId: find }
  if (find.startsWith('cus_')) return { customerId: find }
  if (find.startsWith('acct_')) return { account: find }
  return find.includes('.') ? { types: [find] } : { objectId: find }
}
