import { PublicError } from '../../errors.ts'
import { sha256 } from '../../ids.ts'

/**
 * Opaque positions in a list. A cursor names its list, carries the sort key of its row (so it stays valid while rows
 * are added and removed), and a checksum bound to the tenant, so that a damaged one or another tenant's is
 * rejected. It grants nothing: what is read with it is still the caller's tenant's only.
 */
export type CursorPart = string | bigint | number

const LATEST = Date.parse('9999-12-31T23:59:59.999Z')

const checksum = (owner: string, body: string): string => sha256(`cursor\n${owner}\n${body}`).slice(0, 12)

/**
 * @param owner the tenant whose list it is, or '' for the operator's list of tenants
 * @param list which list, with its order: a cursor is not valid for another
 */
export function encodeCursor(owner: string, list: string, parts: readonly CursorPart[]): string {
  const body = [list, ...parts.map(String)].join('\n')
  return Buffer.from(`${checksum(owner, body)}${body}`).toString('base64url')
}

/**
 * @returns the parts given to `encodeCursor`, as text
 * @throws PublicError CURSOR_UNKNOWN for one that is damaged, another tenant's or another list's
 */
export function decodeCursor(owner: string, list: string, cursor: string): string[] {
  const text = Buffer.from(cursor, 'base64url').toString()
  const body = text.slice(12)
  const [name, ...parts] = body.split('\n')
  // Base64 hides the NUL that is refused in other texts, and a client can compute the checksum.
  if (text.includes('\0')) throw unknownCursor()
  // Decoding ignores invalid characters; only an exact cursor is valid.
  if (Buffer.from(text).toString('base64url') !== cursor) throw unknownCursor()
  if (name !== list || text.slice(0, 12) !== checksum(owner, body)) throw unknownCursor()
  return parts
}

export const unknownCursor = (): PublicError =>
  new PublicError('CURSOR_UNKNOWN', 'This cursor does not belong to this list. Load the list again.')

/** The whole number in a cursor's part. @throws PublicError CURSOR_UNKNOWN */
export function wholePart(part: string | undefined): bigint {
  if (part === undefined || !/^\d{1,18}$/.test(part)) throw unknownCursor()
  return BigInt(part)
}

/** The moment in a cursor's part, in milliseconds. @throws PublicError CURSOR_UNKNOWN */
export function momentPart(part: string | undefined): Date {
  const moment = new Date(Number(wholePart(part)))
  // JavaScript has years of six digits, databases have not.
  if (!(moment.getTime() <= LATEST)) throw unknownCursor()
  return moment
}

/** Positions in the feed: an edge of `anomalies` in order of recording, a `resumeCursor`, an edge or change of a subscription. */
export const feedCursor = (tenantId: string, seq: bigint): string => encodeCursor(tenantId, 'feed', [seq])

/** @throws PublicError CURSOR_UNKNOWN, also when it lies beyond `head` (the feed was restored from an older copy) */
export function feedPosition(tenantId: string, cursor: string, head: bigint): bigint {
  const seq = wholePart(decodeCursor(tenantId, 'feed', cursor)[0])
  if (seq > head) throw unknownCursor()
  return seq
}
