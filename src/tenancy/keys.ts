import { timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { randomBase62, sha256 } from '../ids.ts'

const MARK = 'bw_live_'
const SHAPE = /^bw_live_([0-9A-Za-z]{36})([0-9A-Za-z]{6})$/
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** CRC-32 in six digits of base62: recognizes a mistyped or made-up key without a look at the database. */
function checksum(random: string): string {
  let rest = crc32(random)
  let digits = ''
  while (digits.length < 6) {
    digits = DIGITS.charAt(rest % 62) + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}

export interface NewKey {
  /** Shown once; never stored. */
  key: string
  hash: string
  /** What lists show of it. */
  prefix: string
}

/** A tenant key: `bw_live_`, 36 random characters (214 bits), 6 of checksum. */
export function newKey(): NewKey {
  const random = randomBase62(36)
  const key = MARK + random + checksum(random)
  return { key, hash: sha256(key), prefix: key.slice(0, MARK.length + 5) }
}

/** Whether it has the shape and the checksum of a tenant key; says nothing about whether it exists. */
export function isApiKey(text: string): boolean {
  const [, random, check] = SHAPE.exec(text) ?? []
  return random !== undefined && checksum(random) === check
}

/** Whether it says of itself that it is an operator key. */
export const hasOperatorMark = (text: string): boolean => text.startsWith('bw_admin_')

/** Compares in a time that does not depend on where they differ. False when no operator key is configured. */
export function isOperatorKey(given: string, configured: string | undefined): boolean {
  // Whether something is an operator key at all is no secret: the key of a tenant is not hashed for it.
  if (configured === undefined || !hasOperatorMark(given)) return false
  return timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(configured)))
}
