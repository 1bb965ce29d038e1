/** Codes that outsiders see in GraphQL's `extensions.code` and in `{"error":{"code"}}` of the plain routes. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'CONFLICT'
  | 'CURSOR_UNKNOWN'
  | 'RATE_LIMITED'
  | 'SLOW_CONSUMER'
  | 'DRAINING'
  | 'TOO_COMPLEX'
  | 'UNAVAILABLE'
  | 'PERSISTED_QUERY_NOT_SUPPORTED'
  | 'INTERNAL_SERVER_ERROR'

export interface Issue {
  path: (string | number)[]
  code: string
  message: string
}

/** A failure whose message is meant for whoever asked. Anything else that is thrown is masked outside. */
export class PublicError extends Error {
  override readonly name = 'PublicError'
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: { retryAfterSeconds?: number; issues?: Issue[] } = {},
  ) {
    super(message)
  }
}

/** What is wrong with a value that somebody gave. @param path where it stands among the arguments or in the input */
export const badInput = (path: Issue['path'], message: string, code = 'INVALID_VALUE'): PublicError =>
  new PublicError('BAD_USER_INPUT', message, { issues: [{ path, code, message }] })
