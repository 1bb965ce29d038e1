import { createHash, timingSafeEqual } from 'node:crypto'
import type { Registry } from 'prom-client'
import { answerError, answerText, type PlainHandler, readOnly } from './answer.ts'

/** Who may read `/metrics`: whoever has the token; without one, anybody in a local set-up and nobody elsewhere. */
export interface MetricsAccess {
  token: string | undefined
  local: boolean
}

/** `GET /metrics` in Prometheus' text format. */
export const metricsRoute = (registry: Registry, access: MetricsAccess): PlainHandler =>
  readOnly((req, res) => {
    if (access.token === undefined && !access.local)
      return answerError(res, 404, 'NOT_FOUND', 'Set METRICS_TOKEN to open /metrics.')
    if (access.token !== undefined && !bears(req.headers.authorization, access.token))
      return answerError(res, 401, 'UNAUTHENTICATED', 'This needs METRICS_TOKEN as a bearer token.', {
        'www-authenticate': 'Bearer',
      })
    registry.metrics().then(
      (text) => answerText(res, 200, registry.contentType, text),
      () => answerError(res, 500, 'INTERNAL_SERVER_ERROR', 'The metrics could not be collected.'),
    )
  })

/** Digests are compared, so that neither time nor length tells anything of the token. */
function bears(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(given), digest(token))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
