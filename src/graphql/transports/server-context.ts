import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Standing } from '../../limits/rate-limiter.ts'
import type { Session } from '../context.ts'

/** What comes with an operation before its context is made; over HTTP with Node's request and response. */
export interface ServerContext {
  session?: Session
  /** The caller's state in API_RATE_LIMIT, once the request was counted. */
  standing?: Standing
  req?: IncomingMessage
  res?: ServerResponse
}
