import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock, toSeconds, type WallClock } from '../time.ts'
import type { SimulatedEvent } from './event.ts'
import type { Incident } from './incidents/incident.ts'
import { liveScript } from './live.ts'

/** The `stripe-signature` header over a body, as Stripe makes it with an endpoint's whole secret. */
export function signatureOf(body: string, secret: string, at: number): string {
  const digest = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')
  return `t=${at},v1=${digest}`
}

export interface PostOptions {
  url: string
  /** whsec_… of the endpoint. */
  secret: string
  /** Default: ordinary business, nothing is wrong. */
  incident?: Incident | undefined
  /** Times faster than usual; default 1. */
  speed?: number | undefined
  /** Default: another one each second, so that a second run posts new events. */
  seed?: string | undefined
  clock?: WallClock
  signal?: AbortSignal | undefined
  onProgress?: (progress: PostProgress) => void
}

export interface PostProgress {
  posted: number
  total: number
  /** The incident's own events have begun. */
  incident: boolean
}

export interface PostResult {
  posted: number
  accepted: number
  duplicates: number
  /** Answers by status, retried ones included. */
  statuses: Record<string, number>
}

/** A delivery that the server would not take, or could not be reached for. */
export class PostError extends Error {
  override readonly name = 'PostError'
}

const AT_ONCE = 8
const TRIES = 6
const LONGEST_WAIT_SECONDS = 60
const ANSWER_WITHIN_MS = 15_000

/**
 * Posts signed webhooks as Stripe would, such that the incident happens now. Answers 429 and 503 are tried again
 * after the time they ask for.
 *
 * @throws PostError on the first delivery that is refused for good: a wrong token or secret will not get better
 */
export async function postStream(options: PostOptions): Promise<PostResult> {
  const clock = options.clock ?? systemClock
  const now = toSeconds(clock.now())
  const script = liveScript(options.incident, now, options.speed ?? 1, options.seed ?? String(now))
  const total = script.past.length + script.present.length
  const result: PostResult = { posted: 0, accepted: 0, duplicates: 0, statuses: {} }
  const send = async (event: SimulatedEvent): Promise<void> => {
    await deliver(event, options, clock, result)
    result.posted++
    options.onProgress?.({ posted: result.posted, total, incident: event.created >= now })
  }
  for (let i = 0; i < script.past.length; i += AT_ONCE) {
    await Promise.all(script.past.slice(i, i + AT_ONCE).map(send))
  }
  for (const event of script.present) {
    const wait = event.created * 1000 - clock.now().getTime()
    if (wait > 0) await sleep(wait, undefined, { ...(options.signal ? { signal: options.signal } : {}) })
    await send(event)
  }
  return result
}

/**
 * Posts one event, again while the server answers with Retry-After, and counts the answers in `result`.
 * @throws PostError when it is refused for good
 */
export async function deliver(
  event: SimulatedEvent,
  options: PostOptions,
  clock: WallClock,
  result: PostResult,
): Promise<void> {
  const body = JSON.stringify(event, null, 2)
  for (let attempt = 1; ; attempt++) {
    const answer = await post(body, options, toSeconds(clock.now()))
    result.statuses[answer.status] = (result.statuses[answer.status] ?? 0) + 1
    if (answer.status === 200) {
      result.accepted++
      if (answer.duplicate) result.duplicates++
      return
    }
    const retry = answer.status === 429 || answer.status === 503
    if (!retry || attempt === TRIES) {
      throw new PostError(`${event.type} was answered ${answer.status}: ${answer.message}`)
    }
    const wait = Math.min(LONGEST_WAIT_SECONDS, answer.retryAfter ?? 2 ** attempt)
    await sleep(wait * 1000, undefined, { ...(options.signal ? { signal: options.signal } : {}) })
  }
}

interface Answer {
  status: number
  duplicate: boolean
  /** Seconds. */
  retryAfter: number | undefined
  message: string
}

async function post(body: string, { url, secret, signal }: PostOptions, at: number): Promise<Answer> {
  const timeout = AbortSignal.timeout(ANSWER_WITHIN_MS)
  let response: Response
  let text: string
  try {
    response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        'stripe-signature': signatureOf(body, secret, at),
      },
      body,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    text = await response.text()
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new PostError(`${new URL(url).host} does not answer; is the server running?`, { cause })
  }
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  return {
    status: response.status,
    duplicate: /"duplicate"\s*:\s*true/.test(text),
    retryAfter: Number.isFinite(retryAfter) ? Math.max(0, retryAfter) : undefined,
    message: text.slice(0, 200) || response.statusText,
  }
}
