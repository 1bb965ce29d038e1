import type { Hold } from '../../detection/engine/backlog.ts'
import type { InboxEvent } from '../../detection/engine/events.ts'
import type { StoredState } from '../../detection/engine/keyed-state.ts'
import type { KnownObject, Stream } from '../../detection/engine/memory.ts'
import { KEEP_SETTLED } from '../../stripe/ledger.ts'
import { toSeconds } from '../../time.ts'
import { date, flag, integer, nullableDate, nullableInteger, nullableText, type Row, text } from '../sql.ts'
import { toDetectorName, toRecord } from './parsing.ts'

/** An event that waits, with the moment of its arrival as the clock had it. */
export type PendingEvent = InboxEvent & { receivedAt: Date }

export const toPendingEvent = (row: Row): PendingEvent => ({
  stripeId: text(row['stripeId']),
  endpointId: text(row['endpointId']),
  account: nullableText(row['account']),
  livemode: flag(row['livemode']),
  type: text(row['type']),
  at: toSeconds(date(row['createdAt'])),
  deliveredAt: toSeconds(date(row['receivedAt'])),
  receivedAt: date(row['receivedAt']),
  payload: row['payload'] instanceof Uint8Array ? row['payload'] : '',
  ...(row['source'] === 'REBUILT' && { rebuilt: true }),
  found: row['source'] === 'API',
})

export const toStream = (row: Row): Stream => ({
  id: text(row['id']),
  endpointId: text(row['endpointId']),
  account: nullableText(row['account']),
  livemode: flag(row['livemode']),
  clock: integer(row['clock']),
  live: flag(row['live']),
  hold: holdOf(row),
  since: nullableInteger(row['since']),
  liveSince: nullableInteger(row['liveSince']),
})

export function toObject(row: Row): KnownObject {
  const updatedAt = toSeconds(date(row['updatedAt']))
  const until = nullableDate(row['expiresAt'])
  const expiresAt = until === null ? updatedAt + KEEP_SETTLED : toSeconds(until)
  return { record: toRecord(text(row['data'])), updatedAt, expiresAt }
}

/** None for a detector that this program does not know. */
export function toState(row: Row): StoredState[] {
  const detector = toDetectorName(row['detector'])
  if (detector === undefined) return []
  const state: StoredState = {
    detector,
    key: text(row['key']),
    version: integer(row['version']),
    state: text(row['state']),
    wakeAt: nullableInteger(row['wakeAt']),
    touchedAt: integer(row['touchedAt']),
    expiresAt: nullableInteger(row['expiresAt']),
  }
  return [state]
}

function holdOf(row: Row): Hold | null {
  const since = nullableInteger(row['heldSince'])
  const newest = nullableInteger(row['heldNewest'])
  return since === null || newest === null ? null : { since, newest, count: integer(row['heldCount']) }
}
