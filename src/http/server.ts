import { randomUUID } from 'node:crypto'
import type { ServerOptions } from 'node:http'
import type { Duplex } from 'node:stream'
import { errorBody, type PlainErrorCode } from './answer.ts'

/**
 * For `http.createServer`. Node's own limits (60 s for headers, 300 s for a request, looked at every 30 s) let a
 * few slow senders hold sockets for minutes. The keep-alive outlasts the minute that proxies usually wait,
 * so that none sends into a socket that is just being closed.
 */
export const serverOptions: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 65_000,
  // Node's own answer to a request without a Host has neither a request id nor a body: `routes` refuses it.
  requireHostHeader: false,
}

/** For the server's `clientError`: what never became a request is answered in the shape of every other error. */
export function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
  const { status, code, message } = describe(error.code)
  const body = errorBody(code, message)
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\nx-request-id: ${randomUUID()}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

function describe(code: string | undefined): { status: string; code: PlainErrorCode; message: string } {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { status: '408 Request Timeout', code: 'REQUEST_TIMEOUT', message: 'The request came too slowly.' }
  if (code === 'HPE_HEADER_OVERFLOW')
    return {
      status: '431 Request Header Fields Too Large',
      code: 'PAYLOAD_TOO_LARGE',
      message: 'The headers are too large.',
    }
  return { status: '400 Bad Request', code: 'BAD_REQUEST', message: 'This is not HTTP/1.1.' }
}
