import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { answerError, type PlainHandler } from './answer.ts'
import { identify } from './request-id.ts'

/** Handles `/webhook/:token`. It writes the request's id (`x-request-id` in its headers) into its answer itself. */
export type WebhookHandler = (req: IncomingMessage, res: ServerResponse, token: string) => void

export interface Routes {
  /** Left out: nothing is delivered here. */
  webhook?: WebhookHandler | undefined
  /** Exact paths, e.g. `/healthz`. */
  plain: Readonly<Record<string, PlainHandler>>
  /** Everything else, e.g. GraphQL's listener. */
  next: RequestListener
  /** Milliseconds in which nothing moves on a connection that is being answered until it is cut; 60,000. */
  idle?: number
}

/** Who takes nothing of an answer keeps it in memory for as long as it likes. Streams of events send pings. */
const IDLE = 60_000

const WEBHOOK = '/webhook/'

/** The whole HTTP surface as one listener. Every request gets its id before anything else looks at it. */
export function routes({ webhook, plain, next, idle = IDLE }: Routes): RequestListener {
  const exact = new Map(Object.entries(plain))
  return (req, res) => {
    const requestId = identify(req)
    req.socket.setTimeout(idle)
    const path = pathOf(req)
    if (webhook && path.startsWith(WEBHOOK) && hasHost(req))
      return webhook(req, res, path.slice(WEBHOOK.length))
    res.setHeader('x-request-id', requestId)
    // An answer is for this client at this moment only.
    res.setHeader('cache-control', 'no-store')
    if (!hasHost(req) || !isAddress(req))
      return answerError(res, 400, 'BAD_REQUEST', 'The Host header or the address is broken.')
    const handler = exact.get(path) ?? next
    return handler(req, res)
  }
}

/** HTTP/1.1 demands the header of every request; HTTP/1.0 has none. */
const hasHost = ({ headers: { host }, httpVersion }: IncomingMessage): boolean =>
  host !== undefined || httpVersion === '1.0'

/** Node hands on whatever stands in the header, and the engine makes an address of it. */
function isAddress({ headers: { host = 'localhost' }, url = '/' }: IncomingMessage): boolean {
  if (!/^[\w.\-:[\]]+$/.test(host) || !URL.canParse(`http://${host}`)) return false
  return url.startsWith('/') && URL.canParse(`http://${host}${url}`)
}

/** The path of a request, without its query. */
export const pathOf = ({ url = '/' }: Pick<IncomingMessage, 'url'>): string => {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}

/** What stands behind the last route. */
export const notFound: PlainHandler = (_req, res) =>
  answerError(res, 404, 'NOT_FOUND', 'Nothing is served at this address.')
