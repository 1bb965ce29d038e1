import type { Seconds } from '../../time.ts'
import type { StreamEvents } from './events.ts'
import type { Stream } from './memory.ts'

/**
 * Live and test are two worlds, and with a tenant's first live event its test world stands still: its events are not
 * judged any more, so nothing that is missing there, and no timer, means anything.
 */

/** When a stream's time stops; infinite: it does not. */
export function stopsAt(
  { livemode }: Stream,
  known: readonly Stream[],
  said: readonly StreamEvents[],
): Seconds {
  if (livemode) return Number.POSITIVE_INFINITY
  const before = known.filter(isLive).map(({ since }) => since ?? 0)
  const now = said.filter(isLive).flatMap(({ events }) => events.map(({ deliveredAt }) => deliveredAt))
  return [...before, ...now].reduce((first, at) => Math.min(first, at), Number.POSITIVE_INFINITY)
}

/** @param all of the tenant */
export const standsStill = ({ livemode }: Stream, all: readonly Stream[]): boolean =>
  !livemode && all.some(isLive)

const isLive = ({ livemode }: Pick<Stream, 'livemode'>): boolean => livemode
