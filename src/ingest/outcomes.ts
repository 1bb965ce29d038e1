import { errorBody, type PlainErrorCode } from '../http/answer.ts'

type Level = 'debug' | 'info' | 'warn' | 'error'

/** What follows from the name of an outcome; the metric's label is the name itself. */
export interface Outcome {
  readonly status: number
  readonly body: string
  readonly level: Level
  /** The log line. */
  readonly says: string
  /** Seconds for `Retry-After`; `throttled` brings its own. */
  readonly retryAfter?: number
  /** Methods for `Allow`. */
  readonly allow?: string
}

const accepted = (duplicate: boolean, says: string, level: Level): Outcome => ({
  status: 200,
  body: JSON.stringify({ received: true, duplicate }),
  level,
  says,
})

const refused = (status: number, code: PlainErrorCode, message: string, says: string): Outcome => ({
  status,
  body: errorBody(code, message),
  level: 'warn',
  says,
})

/** Stripe takes every failure alike and tries again on a schedule of its own; `Retry-After` is for other senders. */
const unavailable = (retryAfter: number, level: Level, says: string): Outcome => ({
  status: 503,
  body: errorBody('UNAVAILABLE', 'This cannot be stored now. Deliver it again later.'),
  level,
  says,
  retryAfter,
})

/**
 * Everything that can become of a delivery, named once. Status, body, log line and metric follow from the name.
 * Bodies are fixed: an answer never repeats what was sent, and reveals nothing about tenants.
 */
export const OUTCOMES = {
  stored: accepted(false, 'stored a delivery', 'debug'),
  duplicate: accepted(true, 'a delivery was known already', 'info'),

  bad_signature: refused(
    400,
    'BAD_SIGNATURE',
    'The stripe-signature header fits none of the signing secrets of this endpoint, if it has any: add the one that Stripe shows for it.',
    'refused a delivery: bad signature',
  ),
  missing_signature: refused(
    400,
    'BAD_SIGNATURE',
    'There is no stripe-signature header. Stripe sends one with every delivery: see whether a proxy takes it away.',
    'refused a delivery: no signature',
  ),
  stale: refused(
    400,
    'STALE_SIGNATURE',
    'The signature is more than five minutes old. Check the clocks of both machines.',
    'refused a delivery: its signature is too old',
  ),
  not_an_event: refused(
    400,
    'NOT_AN_EVENT',
    'The body is signed well, but is no Stripe event.',
    'refused a delivery: signed, but no Stripe event',
  ),
  aborted: refused(400, 'BAD_REQUEST', 'The body did not arrive whole.', 'a delivery broke off'),
  unknown_endpoint: refused(
    404,
    'NOT_FOUND',
    'There is no webhook endpoint at this address.',
    'refused a delivery: unknown endpoint',
  ),
  method_not_allowed: {
    ...refused(
      405,
      'METHOD_NOT_ALLOWED',
      'Webhooks are delivered with POST.',
      'refused a delivery: not a POST',
    ),
    allow: 'POST',
  },
  too_large: refused(
    413,
    'PAYLOAD_TOO_LARGE',
    'The body is over 1 MiB.',
    'refused a delivery: the body is too large',
  ),
  throttled: refused(
    429,
    'RATE_LIMITED',
    'Too many deliveries in this window.',
    'refused a delivery: the tenant is over its rate',
  ),

  moving: unavailable(60, 'info', 'refused a delivery: its tenant is moved to another database'),
  busy: unavailable(5, 'warn', 'refused a delivery: too much is waiting'),
  database_away: unavailable(10, 'error', 'refused a delivery: the database does not take it'),
  disk_full: unavailable(60, 'error', 'refused a delivery: free disk is under MIN_FREE_DISK'),
  draining: unavailable(5, 'info', 'refused a delivery: shutting down'),
  failed: unavailable(60, 'error', 'could not handle a delivery'),
} as const satisfies Record<string, Outcome>

export type OutcomeName = keyof typeof OUTCOMES

export const OUTCOME_NAMES = Object.keys(OUTCOMES) as OutcomeName[]
