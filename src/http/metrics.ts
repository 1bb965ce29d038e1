import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Registry } from 'prom-client'
import type { RateLimit } from '../config.ts'
import type { RateLimiter } from '../limits/rate-limiter.ts'
import { answerError, answerText, type PlainHandler, readOnly } from './answer.ts'
import { addressOf, networkOf } from './client-address.ts'
import { SlowedRefusals } from './slowed.ts'

/** Who may read `/metrics`: clients with the token; where none is set, everyone in a local set-up and no one elsewhere. */
export interface MetricsAccess {
  token: string | undefined
  local: boolean
  /** Counts wrong tokens of an address. */
  limiter: RateLimiter
  trustProxy: boolean
  /** Milliseconds that a refusal past the limit waits; a second. */
  slowedBy?: number
}

/** Wrong tokens that one address may bring before its refusals are slowed. */
const WRONG_TOKENS: RateLimit = { requests: 10, seconds: 60 }

/** `GET /metrics` in Prometheus' text format. The right token passes, whatever others guess from its address. */
export const metricsRoute = (registry: Registry, access: MetricsAccess): PlainHandler => {
  const refusals = new SlowedRefusals(access.slowedBy)
  return readOnly((req, res) => {
    if (access.token === undefined && !access.local)
      return answerError(
        res,
        404,
        'NOT_FOUND',
        'Set METRICS_TOKEN, at least 16 characters, to open /metrics.',
      )
    if (access.token !== undefined && !bears(req.headers.authorization, access.token))
      return void refuse(req, res, access, refusals)
    registry.metrics().then(
      (text) => answerText(res, 200, registry.contentType, text),
      () => answerError(res, 500, 'INTERNAL_SERVER_ERROR', 'The metrics could not be collected.'),
    )
  })
}

async function refuse(
  req: IncomingMessage,
  res: ServerResponse,
  { limiter, trustProxy }: MetricsAccess,
  refusals: SlowedRefusals,
): Promise<void> {
  const wait = await limiter.take(`metrics ${networkOf(addressOf(req, trustProxy))}`, WRONG_TOKENS)
  if (wait === 0)
    return answerError(res, 401, 'UNAUTHENTICATED', 'This needs METRICS_TOKEN as a bearer token.', {
      'www-authenticate': 'Bearer',
    })
  await refusals.wait()
  answerError(res, 429, 'RATE_LIMITED', `Too many wrong tokens from this address. Try again in ${wait} s.`, {
    'retry-after': String(wait),
  })
}

/** Digests are compared, so that neither time nor length reveals anything about the token. */
function bears(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(given), digest(token))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
