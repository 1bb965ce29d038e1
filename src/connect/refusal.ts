import { type ErrorCode, PublicError } from '../errors.ts'
import { StripeTrouble } from './trouble.ts'

/** What is wrong with a value that somebody gave. @param path its name */
export const refusal = (path: string, message: string, code: ErrorCode = 'BAD_USER_INPUT'): PublicError =>
  new PublicError(code, message, { issues: [{ path: [path], code: 'custom', message }] })

const LATER_SECONDS = 60

/** Trouble at Stripe, for whoever gave the key; anything else as it is. */
export function publicOf(error: unknown): unknown {
  if (!(error instanceof StripeTrouble)) return error
  const { kind, message } = error
  if (kind === 'KEY' || kind === 'PERMISSION') return refusal('key', message)
  if (kind === 'REFUSED') return refusal('endpointId', message)
  const code = kind === 'THROTTLED' ? 'RATE_LIMITED' : 'UNAVAILABLE'
  return new PublicError(code, message, { retryAfterSeconds: LATER_SECONDS })
}
