import type { ServerResponse } from 'node:http'
import { PublicError } from '../errors.ts'
import { answerError } from '../http/answer.ts'
import { statusOf } from '../http/status.ts'
import { isDatabaseAway } from '../storage/away.ts'

/** Answers a plain route's request that failed: what outsiders may know of it, in the shape of every other error. */
export function answerRefusal(res: ServerResponse, error: unknown): void {
  if (isDatabaseAway(error))
    answerError(res, 503, 'UNAVAILABLE', 'The database does not answer. Try again in a moment.', {
      'retry-after': '5',
    })
  else if (!(error instanceof PublicError))
    answerError(res, 500, 'INTERNAL_SERVER_ERROR', 'Something went wrong on the server.')
  else {
    const { retryAfterSeconds } = error.details
    answerError(res, statusOf(error.code), error.code, error.message, {
      ...(error.code === 'UNAUTHENTICATED' && { 'www-authenticate': 'Bearer' }),
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    })
  }
}
