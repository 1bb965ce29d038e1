import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ErrorCode } from '../errors.ts'

/** Codes in `{"error":{"code"}}` of the plain routes: GraphQL's, and what only HTTP knows. */
export type PlainErrorCode =
  | ErrorCode
  | 'METHOD_NOT_ALLOWED'
  | 'PAYLOAD_TOO_LARGE'
  | 'BAD_SIGNATURE'
  | 'STALE_SIGNATURE'
  | 'NOT_AN_EVENT'
  | 'BAD_REQUEST'
  | 'REQUEST_TIMEOUT'

/** A handler of one plain route; the path has been matched already. */
export type PlainHandler = (req: IncomingMessage, res: ServerResponse) => void

export const errorBody = (code: PlainErrorCode, message: string): string =>
  JSON.stringify({ error: { code, message } })

/** Answers with a text of known type; headers set on `res` before go along. */
export function answerText(
  res: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Record<string, string> = {},
): void {
  res.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), ...headers })
  res.end(body)
}

export const answerJson = (
  res: ServerResponse,
  status: number,
  body: unknown,
  headers?: Record<string, string>,
): void => answerText(res, status, 'application/json', JSON.stringify(body), headers)

export const answerError = (
  res: ServerResponse,
  status: number,
  code: PlainErrorCode,
  message: string,
  headers?: Record<string, string>,
): void => answerText(res, status, 'application/json', errorBody(code, message), headers)

/** Lets `handler` see only GET and HEAD; anything else is answered 405. */
export const readOnly =
  (handler: PlainHandler): PlainHandler =>
  (req, res) => {
    if (req.method === 'GET' || req.method === 'HEAD') return handler(req, res)
    answerError(res, 405, 'METHOD_NOT_ALLOWED', 'Only GET is answered here.', { allow: 'GET, HEAD' })
  }
