import { setTimeout as sleep } from 'node:timers/promises'
import Stripe from 'stripe'
import { z } from 'zod'
import { stopwatch } from '../time.ts'
import { API_VERSION } from './api-version.ts'
import type { StripeKey } from './key.ts'
import { titleOf } from './permissions.ts'
import { StripeTrouble } from './trouble.ts'

const TIMEOUT_MS = 20_000
/** Stripe allows 100 and 25 requests a second: most of that is the merchant's own. */
const GAP_MS = { live: 100, test: 200 }
const ATTEMPTS = 7
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 30_000

export type Params = Readonly<Record<string, string | number | readonly string[]>>

export interface Page {
  data: Record<string, unknown>[]
  hasMore: boolean
}

const page = z.object({ data: z.array(z.record(z.string(), z.unknown())), has_more: z.boolean() })
const object = z.record(z.string(), z.unknown())

export interface StripeApiOptions {
  key: StripeKey
  /** An origin. */
  apiUrl: string
  /** Ends what is waited for. */
  signal?: AbortSignal | undefined
  /** How often a request is sent that is throttled or not answered. */
  attempts?: number
  /** Milliseconds after which an answer is waited for no longer. */
  timeoutMs?: number
  /** From 0 to 1: spreads retries. */
  chance?: () => number
}

/**
 * Stripe's API at a gentle pace: what is throttled or away is tried again, with growing waits; everything else is a
 * StripeTrouble.
 */
export class StripeApi {
  /** Sent so far, attempts that were repeated included. */
  requests = 0
  readonly livemode: boolean
  readonly #stripe: Stripe
  readonly #options: StripeApiOptions
  #nextAt = 0

  constructor(options: StripeApiOptions) {
    this.#options = options
    this.livemode = options.key.livemode
    const { protocol, hostname, port } = new URL(options.apiUrl)
    this.#stripe = new Stripe(options.key.key, {
      apiVersion: API_VERSION,
      host: hostname,
      port: port || (protocol === 'https:' ? 443 : 80),
      protocol: protocol === 'https:' ? 'https' : 'http',
      timeout: options.timeoutMs ?? TIMEOUT_MS,
      maxNetworkRetries: 0,
      telemetry: false,
    })
  }

  /** @param account of a connected account */
  async list(path: string, params: Params, account?: string): Promise<Page> {
    const answer = await this.#send('GET', `${path}?${queryOf(params)}`, undefined, { account })
    const { data, has_more: hasMore } = page.parse(answer)
    return { data, hasMore }
  }

  async get(path: string): Promise<Record<string, unknown>> {
    return object.parse(await this.#send('GET', path))
  }

  async post(path: string, body: object, idempotencyKey?: string): Promise<Record<string, unknown>> {
    return object.parse(await this.#send('POST', path, body, { idempotencyKey }))
  }

  async delete(path: string): Promise<void> {
    await this.#send('DELETE', path)
  }

  async #send(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body?: object,
    { account, idempotencyKey }: { account?: string | undefined; idempotencyKey?: string | undefined } = {},
  ): Promise<unknown> {
    const { signal, attempts = ATTEMPTS, chance = () => 0.5 } = this.#options
    for (let attempt = 1; ; attempt += 1) {
      await this.#turn()
      this.requests += 1
      try {
        return await this.#stripe.rawRequest(method, path, body && { ...body }, {
          ...(account !== undefined && { stripeAccount: account }),
          ...(idempotencyKey !== undefined && { idempotencyKey }),
        })
      } catch (error) {
        const trouble = troubleOf(error)
        if (!trouble.passes || attempt === attempts) throw trouble
        const growing = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1))
        await sleep(askedToWait(error) ?? growing * (0.5 + chance() / 2), undefined, { signal })
      }
    }
  }

  /** Waits until the next request may be sent. */
  async #turn(): Promise<void> {
    const now = stopwatch()
    const at = Math.max(now, this.#nextAt)
    this.#nextAt = at + (this.livemode ? GAP_MS.live : GAP_MS.test)
    this.#options.signal?.throwIfAborted()
    if (at > now) await sleep(at - now, undefined, { signal: this.#options.signal })
  }
}

/** Lists as Stripe reads them: `types[]=a&types[]=b`, `created[gte]=1`. */
function queryOf(params: Params): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    if (typeof value === 'object') for (const one of value) query.append(`${name}[]`, one)
    else query.append(name, String(value))
  }
  return query.toString()
}

/** Milliseconds that Stripe asked to wait for, at most a minute. */
function askedToWait(error: unknown): number | undefined {
  if (!(error instanceof Stripe.errors.StripeError)) return undefined
  const seconds = Number(error.headers?.['retry-after'] ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(60, seconds) * 1_000 : undefined
}

function troubleOf(error: unknown): StripeTrouble {
  const { errors } = Stripe
  if (error instanceof errors.StripeAuthenticationError)
    return new StripeTrouble(
      'KEY',
      'Stripe does not know this key, or it was revoked or has expired: create a new restricted key and give that.',
    )
  if (error instanceof errors.StripePermissionError) {
    const permission = /\brak_\w+/.exec(error.message)?.[0]
    return new StripeTrouble(
      'PERMISSION',
      permission === undefined
        ? `Stripe does not allow this key that: ${error.message}`
        : `The key lacks the permission ${titleOf(permission)} (${permission}): allow it in Stripe under Developers, API keys.`,
      permission,
    )
  }
  if (error instanceof errors.StripeRateLimitError)
    return new StripeTrouble(
      'THROTTLED',
      'Stripe throttles requests of this account. What is done stays done: run it again later, it goes on where it is.',
    )
  if (error instanceof errors.StripeConnectionError)
    return new StripeTrouble(
      'AWAY',
      `Stripe cannot be reached (${error.message.split('\n')[0]}). What is done stays done: run it again, it goes on where it is.`,
    )
  if (error instanceof errors.StripeError && (error.statusCode ?? 500) < 500)
    return new StripeTrouble('REFUSED', `Stripe refuses: ${error.message}`, undefined, error.code)
  if (error instanceof errors.StripeError)
    return new StripeTrouble(
      'AWAY',
      `Stripe has trouble itself (${error.statusCode ?? 'no status'}). What is done stays done: run it again later, it goes on where it is.`,
    )
  throw error
}
