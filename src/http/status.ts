import type { ErrorCode } from '../errors.ts'

/** HTTP status of a request that is refused as a whole; a GraphQL operation that ran is answered with 200. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  BAD_USER_INPUT: 400,
  CONFLICT: 409,
  CURSOR_UNKNOWN: 400,
  RATE_LIMITED: 429,
  SLOW_CONSUMER: 429,
  DRAINING: 503,
  TOO_COMPLEX: 400,
  UNAVAILABLE: 503,
  PERSISTED_QUERY_NOT_SUPPORTED: 200,
  INTERNAL_SERVER_ERROR: 500,
}

export const isErrorCode = (code: unknown): code is ErrorCode => typeof code === 'string' && code in STATUS

export const statusOf = (code: ErrorCode): number => STATUS[code]
