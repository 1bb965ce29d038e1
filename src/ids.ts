import { hash, randomBytes } from 'node:crypto'

/** The kinds of ids that outsiders see; the prefix identifies the kind everywhere alike. */
export type IdPrefix =
  | 'ten'
  | 'anm'
  | 'evn'
  | 'whe'
  | 'whs'
  | 'key'
  | 'det'
  | 'act'
  | 'chn'
  | 'dlv'
  | 'scn'
  | 'imp'
  | 'ses'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** `length` characters of base62, uniformly random. */
export function randomBase62(length: number): string {
  let out = ''
  while (out.length < length) {
    for (const byte of randomBytes(length)) {
      // 248 is the largest multiple of 62 in a byte: taking the rest would favour the first characters.
      if (byte < 248 && out.length < length) out += ALPHABET[byte % 62]
    }
  }
  return out
}

export const newId = (prefix: IdPrefix): string => `${prefix}_${randomBase62(22)}`

/**
 * Ids of rows whose key is not random (an event by Stripe's id, an activity by its number, a detector by name).
 * They carry their tenant, so that they are unique across tenants and reading one needs no index.
 */
export const composeId = (prefix: IdPrefix, tenantId: string, key: string): string =>
  `${prefix}_${Buffer.from(`${tenantId.slice(4)}:${key}`).toString('base64url')}`

/** @returns the key inside an id made by `composeId` for this very tenant, else undefined: another tenant's id is absent. */
export function keyOfId(prefix: IdPrefix, tenantId: string, id: string): string | undefined {
  if (!id.startsWith(`${prefix}_`)) return undefined
  const decoded = Buffer.from(id.slice(prefix.length + 1), 'base64url').toString()
  // Base64 hides NUL from whoever refuses it in text, and one engine stores none.
  if (decoded.includes('\0')) return undefined
  const owner = `${tenantId.slice(4)}:`
  if (!decoded.startsWith(owner)) return undefined
  const key = decoded.slice(owner.length)
  return composeId(prefix, tenantId, key) === id ? key : undefined
}

/** Hex SHA-256, for looking up keys and tokens that are random enough to need nothing slower. */
export const sha256 = (text: string): string => hash('sha256', text, 'hex')
