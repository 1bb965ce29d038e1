import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const SANE = /^[\w.:-]{1,128}$/

/**
 * The id under which a request stands in answers, GraphQL errors and logs: the caller's own if it is short and
 * plain, else a new one. It is put back into the request's headers, so that every later handler finds it there.
 */
export function identify(req: IncomingMessage): string {
  const given = req.headers['x-request-id']
  const id = typeof given === 'string' && SANE.test(given) ? given : randomUUID()
  req.headers['x-request-id'] = id
  return id
}

/** The id that `identify` gave. */
export const requestIdOf = (req: IncomingMessage): string => String(req.headers['x-request-id'])
