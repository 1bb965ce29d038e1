import type { Row } from '../api/row.ts'
import { Moment } from './time.tsx'

export interface StandingProps {
  /** What became of it, e.g. `Resolved by Ann`. */
  text: string
  /** Until when, where it is put off until a time. */
  until?: string
}

/** What people have decided about an anomaly; undefined while nobody has. */
export function standingOf(anomaly: Row): StandingProps | undefined {
  const { status, snoozedUntil, snoozedUntilItGrows, acknowledgedBy, resolvedBy } = anomaly
  if (status === 'RESOLVED') return { text: `Resolved${by(resolvedBy)}` }
  if (status === 'FALSE_POSITIVE') return { text: `False positive${by(resolvedBy, ', says ')}` }
  if (snoozedUntil !== null) return { text: 'Snoozed until ', until: snoozedUntil }
  if (snoozedUntilItGrows) return { text: 'Snoozed until it grows' }
  if (status === 'ACKNOWLEDGED') return { text: `Acknowledged${by(acknowledgedBy)}` }
  return undefined
}

function by(actor: Row['resolvedBy'], words = ' by '): string {
  if (!actor) return ''
  return actor.kind === 'SYSTEM' ? ' by itself: it ended' : `${words}${actor.name.slice(0, 80)}`
}

export const Standing = ({ text, until }: StandingProps) => (
  <>
    {text}
    {until !== undefined && <Moment at={until} />}
  </>
)
