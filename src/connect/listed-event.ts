import type { EventSource, ListedEvent } from '../storage/inbox.ts'
import { readEvent, summarize } from '../stripe/event.ts'
import { toDate } from '../time.ts'

export interface How {
  endpointId: string
  source: EventSource
  account: string | undefined
  /** When it was found; left out: as if it had come when it happened. */
  receivedAt?: Date
}

/**
 * An event as Stripe's API lists it, as it is stored.
 * @param how its `account` is the connected one that was asked, which such a listing does not name
 * @returns none for what is no event
 */
export function listedEvents(
  body: Readonly<Record<string, unknown>>,
  { endpointId, source, account, receivedAt }: How,
): ListedEvent[] {
  const whole = account === undefined || 'account' in body ? body : { ...body, account }
  const event = readEvent(whole)
  if (event === undefined) return []
  return [
    {
      endpointId,
      event,
      summary: summarize(event),
      receivedAt: receivedAt ?? toDate(event.created),
      payload: Buffer.from(JSON.stringify(whole, null, 2)),
      source,
    },
  ]
}
