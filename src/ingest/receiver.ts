import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { RateLimit } from '../config.ts'
import { addressOf } from '../http/client-address.ts'
import { requestIdOf } from '../http/request-id.ts'
import type { WebhookHandler } from '../http/routes.ts'
import { UrgentWork } from '../http/urgent-work.ts'
import { type RateLimiter, type Standing, standingHeaders } from '../limits/rate-limiter.ts'
import { type Logger, tokenMark } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { awayReason } from '../storage/away.ts'
import { classifyFailure } from '../storage/failures.ts'
import { parseEvent, summarize } from '../stripe/event.ts'
import type { Endpoint, EndpointDirectory } from '../tenancy/endpoint-directory.ts'
import { VaultError } from '../tenancy/vault.ts'
import { type Clock, stopwatch } from '../time.ts'
import { type Attributes, noTracer, type Tracer } from '../tracing/tracer.ts'
import { type BodyLimits, BodyReader } from './body.ts'
import type { Inbox } from './inbox.ts'
import { OUTCOME_NAMES, OUTCOMES, type Outcome, type OutcomeName } from './outcomes.ts'
import type { Refusals } from './refusals.ts'
import { checkSignature, receivedAt } from './signature.ts'

export interface ReceiverParts {
  /** Counts what is under way, so that other work lets it pass. */
  deliveries?: UrgentWork
  endpoints: Pick<EndpointDirectory, 'find'>
  inbox: Inbox
  limiter: RateLimiter
  /** For tenants without one of their own. */
  rateLimit: RateLimit
  clock: Clock
  log: Logger
  metrics: Metrics
  bodyLimits?: BodyLimits
  /** Hears the status of every answer. */
  refusals?: Pick<Refusals, 'note'>
  /** Milliseconds within which the endpoint is known, and after the body all else is done; else the answer is 503. */
  timeouts?: { lookUp: number; admission: number }
  tracer?: Tracer
  /** Whether `x-forwarded-for` says where a delivery came from; false. */
  trustProxy?: boolean
}

/** Together under the ten seconds within which every delivery is answered, whatever hangs behind us. */
const TIMEOUTS = { lookUp: 4_000, admission: 5_000 }

/** What became of a delivery, and what may be said of it in the log. */
interface Verdict {
  outcome: OutcomeName
  endpoint?: Endpoint
  eventId?: string
  /** Where the tenant stands in its rate, once the delivery was counted. */
  standing?: Standing
  err?: unknown
}

/**
 * `POST /webhook/:token`: from raw bytes to a durable row. The body is bounded and read once, its raw bytes are
 * verified, and 200 is answered only after the commit. An unknown token costs the work of a known one.
 */
export function createReceiver(parts: ReceiverParts): WebhookHandler {
  const { metrics, log, deliveries = new UrgentWork(), tracer = noTracer } = parts
  const bodies = new BodyReader(parts.bodyLimits)
  const counters = new Map(OUTCOME_NAMES.map((name) => [name, metrics.deliveries.labels(name)]))

  return (req, res, token) => {
    const began = stopwatch()
    tracer
      .span('delivery', { 'http.request.method': req.method ?? '' }, async (span) => {
        const verdict = await judge(parts, deliveries, bodies, req, token)
        span.set(attributesOf(verdict))
        return verdict
      })
      .catch((err: unknown): Verdict => ({ outcome: 'failed', err }))
      .then((verdict) => {
        answer(req, res, verdict)
        counters.get(verdict.outcome)?.inc()
        // One tenant's: it says nothing of this process.
        if (verdict.outcome !== 'moving') parts.refusals?.note(OUTCOMES[verdict.outcome].status)
        metrics.answerSeconds.observe((stopwatch() - began) / 1000)
        report(log, req, token, verdict, parts.trustProxy ?? false)
      })
  }
}

const attributesOf = ({ outcome, endpoint, eventId }: Verdict): Attributes => ({
  outcome,
  'http.response.status_code': OUTCOMES[outcome].status,
  ...(endpoint && { tenant: endpoint.tenantId }),
  ...(eventId !== undefined && { event: eventId }),
})

/** All unknown tokens together. */
const NOBODY = ''

async function judge(
  parts: ReceiverParts,
  deliveries: UrgentWork,
  bodies: BodyReader,
  req: IncomingMessage,
  token: string,
): Promise<Verdict> {
  if (req.method !== 'POST') return { outcome: 'method_not_allowed' }
  const closed = parts.inbox.closed
  if (closed !== undefined) return { outcome: closed }
  const { lookUp, admission } = parts.timeouts ?? TIMEOUTS
  // Asked again when the body is there: that may be a while.
  const found = await inTime(
    lookUp,
    deliveries.run(() => find(parts, token)),
    { outcome: 'database_away' },
  )
  if ('outcome' in found) return found
  const share = found.endpoint?.tenantId ?? NOBODY
  // Who sends slowly holds nobody back: until the body is there nothing is urgent.
  const body = await bodies.read(req, share)
  if (typeof body === 'string') return { outcome: body }
  const late: Verdict = { outcome: 'database_away' }
  const admitted = deliveries.run(() =>
    admit(parts, body, req, token, late, () => bodies.release(body, share)),
  )
  return inTime(admission, admitted, late)
}

/**
 * What came of it; a commit that comes after all makes the next attempt a duplicate.
 * @param otherwise that the database does not answer in time, with what is known by then
 */
async function inTime<T extends object>(
  within: number,
  work: Promise<T>,
  otherwise: Verdict,
): Promise<T | Verdict> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Verdict>((resolve) => {
    timer = setTimeout(resolve, within, otherwise)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** @returns no endpoint for an unknown token; that the database does not answer, or that its secret does not open, is an outcome of its own */
async function find(
  { endpoints }: ReceiverParts,
  token: string,
): Promise<Verdict | { endpoint: Endpoint | undefined }> {
  try {
    return { endpoint: await endpoints.find(token) }
  } catch (err) {
    const away = classifyFailure(err) === 'away' && !(err instanceof VaultError)
    return { outcome: away ? 'database_away' : 'failed', err }
  }
}

async function admit(
  parts: ReceiverParts,
  body: Buffer,
  req: IncomingMessage,
  token: string,
  late: Verdict,
  release: () => void,
): Promise<Verdict> {
  const verified = await verify(parts, body, req, token).finally(release)
  if ('outcome' in verified) return verified
  const { endpoint, standing } = verified
  Object.assign(late, { endpoint, standing })
  const event = parseEvent(body)
  if (event === undefined) return { outcome: 'not_an_event', endpoint, standing }
  const outcome = await parts.inbox.accept({
    tenantId: endpoint.tenantId,
    endpointId: endpoint.endpointId,
    event,
    summary: summarize(event),
    receivedAt: verified.receivedAt,
    payload: body,
  })
  return { outcome, endpoint, eventId: event.id, standing }
}

/** What an endpoint's page says of a signature that is not good. */
const REASONS = {
  bad_signature: 'BAD_SIGNATURE',
  missing_signature: 'MISSING_SIGNATURE',
  stale: 'STALE_SIGNATURE',
} as const

/** A body that its tenant has vouched for, within the tenant's rate; or what else becomes of it. */
async function verify(
  parts: ReceiverParts,
  body: Buffer,
  req: IncomingMessage,
  token: string,
): Promise<Verdict | { endpoint: Endpoint; receivedAt: Date; standing: Standing }> {
  const { inbox, limiter, rateLimit, clock } = parts
  const found = await find(parts, token)
  if ('outcome' in found) return found
  const { endpoint } = found
  const now = clock.now()
  const header = signatureOf(req)
  const signature = checkSignature(body, header, endpoint?.secrets, now)
  if (endpoint === undefined) return { outcome: 'unknown_endpoint' }
  const { tenantId, endpointId } = endpoint
  if (signature !== 'good') {
    const outcome = header === '' ? 'missing_signature' : signature
    inbox.count(tenantId, endpointId, 'badSignature', REASONS[outcome])
    return { outcome, endpoint }
  }
  // Only now: a forged request must not use up the rate of the tenant that it names.
  const standing = await limiter.count(tenantId, endpoint.rateLimit ?? rateLimit)
  if (standing.retryAfterSeconds === 0) return { endpoint, receivedAt: receivedAt(header, now), standing }
  inbox.count(tenantId, endpointId, 'throttled', 'THROTTLED')
  return { outcome: 'throttled', endpoint, standing }
}

function signatureOf({ headers }: IncomingMessage): string {
  const header = headers['stripe-signature']
  return typeof header === 'string' ? header : ''
}

function answer(req: IncomingMessage, res: ServerResponse, { outcome, standing }: Verdict): void {
  const said: Outcome = OUTCOMES[outcome]
  const wait = outcome === 'throttled' ? standing?.retryAfterSeconds : said.retryAfter
  const headers: OutgoingHttpHeaders = {
    'x-request-id': requestIdOf(req),
    'content-type': 'application/json',
    'content-length': said.body.length,
    ...(standing && standingHeaders(standing)),
  }
  if (wait !== undefined) headers['retry-after'] = String(wait)
  if (said.allow !== undefined) headers['allow'] = said.allow
  // The rest of a body that is far too large is not waited for.
  if (req.isPaused()) headers['connection'] = 'close'
  res.writeHead(said.status, headers)
  res.end(said.body)
}

/** One line a delivery; the token only as its mark, and never what was in the body. */
function report(
  log: Logger,
  req: IncomingMessage,
  token: string,
  verdict: Verdict,
  trustProxy: boolean,
): void {
  const { outcome, endpoint, eventId, err } = verdict
  const { level, says } = OUTCOMES[outcome]
  if (!log.isLevelEnabled(level)) return
  log[level](
    {
      outcome,
      requestId: requestIdOf(req),
      address: addressOf(req, trustProxy),
      ...(endpoint
        ? { tenantId: endpoint.tenantId, endpointId: endpoint.endpointId }
        : { token: tokenMark(token) }),
      ...(eventId !== undefined && { eventId }),
      // Of a database that is away a stack shows the driver alone.
      ...(err !== undefined && (outcome === 'database_away' ? { reason: awayReason(err) } : { err })),
    },
    says,
  )
}
