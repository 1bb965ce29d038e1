import type { Anomaly } from '../generated/sqlite/client.ts'
import type { AnomalyReason } from './message.ts'

/**
 * What a channel is sent about anomalies of one cause: one message, and what follows it. It begins with one of them;
 * those that join it later are reported as its updates, not by messages of their own.
 */
export interface Conversation {
  /** The anomaly that it began with: by this providers merge, edit or thread what belongs together. */
  id: string
  /** The anomalies that were begun on the channel; at least one. */
  members: readonly Member[]
}

export interface Member {
  anomaly: Anomaly
  /** The highest severity that was planned there. */
  severity: number
}

/** Ended or dealt with. */
export const isOver = ({ endedAt, status }: Pick<Anomaly, 'endedAt' | 'status'>): boolean =>
  endedAt !== null || status === 'RESOLVED' || status === 'FALSE_POSITIVE'

export const isOpen = ({ members }: Conversation): boolean => members.some(({ anomaly }) => !isOver(anomaly))

export const severityOf = ({ members }: Conversation): number =>
  Math.max(...members.map(({ severity }) => severity))

const isSnoozed = ({ snoozedUntil, snoozedSize }: Anomaly): boolean =>
  snoozedUntil !== null || snoozedSize !== null

/** The first that fits. */
const RANKS: readonly ((one: Anomaly) => boolean)[] = [
  (one) => !isOver(one) && !isSnoozed(one),
  (one) => !isOver(one),
  ({ status }) => status !== 'FALSE_POSITIVE',
  () => true,
]

/**
 * The anomaly that a message is about where several are of one cause: what goes on and nobody put off, then the most
 * severe one.
 */
export function bestOf(anomalies: readonly Anomaly[]): Anomaly | undefined {
  const rank = (one: Anomaly): number => RANKS.findIndex((is) => is(one))
  const [best] = anomalies.toSorted(
    (a, b) => rank(a) - rank(b) || b.severity - a.severity || Number(a.seq - b.seq),
  )
  return best
}

/**
 * What an act on one of several anomalies means for their conversation. It is over with the last of them, and
 * acknowledged with the one that it is about; otherwise only an editable message has something to show.
 * @param others the members that go on without this one, as they stood at the time of the act
 */
export function reasonAmong(
  reason: AnomalyReason,
  anomaly: Anomaly,
  { members }: Conversation,
  others: readonly Anomaly[],
): AnomalyReason {
  switch (reason) {
    case 'ENDED':
    case 'RESOLVED':
    case 'REOPENED':
      return others.length === 0 ? reason : 'UPDATED'
    case 'ACKNOWLEDGED':
      return bestOf(members.map((member) => member.anomaly))?.id === anomaly.id ? reason : 'UPDATED'
    default:
      return reason
  }
}
