import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Json } from './stripe/basics.ts'
import { body, sign } from './stripe/events.ts'
import { Endpoints } from './stripe-api/endpoints.ts'
import { parseForm } from './stripe-api/form.ts'
import { eventsOf, pageOf } from './stripe-api/lists.ts'
import { foreignAccount, invalid, notAllowed, Refusal, revokedKey, unknownKey } from './stripe-api/refusal.ts'

export { inTrouble, Refusal, throttled } from './stripe-api/refusal.ts'

/** A key as the account made it. */
export interface DoubleKey {
  key: string
  /** `rak_…`; a secret key may do everything. */
  permissions: readonly string[] | 'all'
  revoked: boolean
}

export interface DoubleRequest {
  method: string
  path: string
  query: Json
  account: string | undefined
  idempotencyKey: string | undefined
}

/** What goes wrong with a request: an answer of Stripe's, a connection that breaks before or after the work, or a wait. */
export type Trouble = Refusal | { drop: 'before' | 'after' } | { waitMs: number }

const LISTS = {
  '/v1/charges': 'rak_charge_read',
  '/v1/refunds': 'rak_charge_read',
  '/v1/disputes': 'rak_dispute_read',
  '/v1/invoices': 'rak_invoice_read',
  '/v1/subscriptions': 'rak_subscription_read',
} as const
type ListPath = keyof typeof LISTS

const EXTRA: Readonly<Record<string, readonly string[]>> = {
  '/v1/subscriptions': ['status', 'customer'],
  '/v1/invoices': ['status', 'customer', 'subscription'],
  '/v1/charges': ['customer', 'payment_intent'],
  '/v1/refunds': ['charge', 'payment_intent'],
  '/v1/disputes': ['charge', 'payment_intent'],
}

const ALL = ['rak_event_read', 'rak_webhook_write', 'rak_accounts_kyc_basic_read', ...Object.values(LISTS)]

/** A stand-in for Stripe's API that keeps state: the official library talks to it over HTTP. */
export class StripeDouble {
  readonly account = 'acct_1Platform'
  readonly keys = new Map<string, DoubleKey>()
  readonly endpoints = new Endpoints(() => this.now())
  /** Every request that came, in order. */
  readonly requests: DoubleRequest[] = []
  /** By path, in the order in which they were made. */
  readonly objects: Record<ListPath, Json[]> = {
    '/v1/charges': [],
    '/v1/refunds': [],
    '/v1/disputes': [],
    '/v1/invoices': [],
    '/v1/subscriptions': [],
  }
  /** What goes wrong with the next request; undefined: nothing. */
  trouble: (request: DoubleRequest) => Trouble | undefined = () => undefined
  now = (): number => Math.floor(Date.now() / 1_000)
  url = ''
  /** By account: its own, and those that are connected to it. */
  readonly #events = new Map<string, Json[]>([[this.account, []]])
  readonly #created = new Map<string, { form: string; answer: Json }>()
  readonly #server = createServer((request, response) => void this.#serve(request, response))

  listen(): Promise<void> {
    return new Promise((resolve) =>
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address()
        if (typeof address === 'object' && address !== null) this.url = `http://127.0.0.1:${address.port}`
        resolve()
      }),
    )
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  /** A new key. @param permissions all that are known here, when left out */
  addKey(key: string, permissions: readonly string[] | 'all' = ALL): string {
    this.keys.set(key, { key, permissions, revoked: false })
    return key
  }

  without(key: string, ...lacking: string[]): string {
    return this.addKey(
      key,
      ALL.filter((name) => !lacking.includes(name)),
    )
  }

  revoke(key: string): void {
    const known = this.keys.get(key)
    if (known) known.revoked = true
  }

  /** A day later: what is repeated under its key is done again. */
  forgetIdempotencyKeys(): void {
    this.#created.clear()
  }

  /** Things happen in the account, or in one that is connected to it. */
  happen(events: readonly Json[], account = this.account): void {
    const own = this.#events.get(account) ?? []
    own.push(...events)
    this.#events.set(account, own)
  }

  /**
   * Sends events to the endpoints that are enabled for them, signed.
   * @param isLost which deliveries are lost on the way
   * @returns the statuses that came back
   */
  async deliver(
    events: readonly Json[],
    {
      isLost = () => false,
      account = this.account,
    }: { isLost?: (event: Json) => boolean; account?: string } = {},
  ): Promise<number[]> {
    const statuses: number[] = []
    for (const event of events) {
      if (isLost(event)) continue
      const sent = account === this.account ? event : { ...event, account }
      for (const { url, status, enabledEvents, secret } of this.endpoints.all) {
        if (status !== 'enabled') continue
        if (!enabledEvents.includes('*') && !enabledEvents.includes(String(event['type']))) continue
        const text = body(sent)
        const answer = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'stripe-signature': sign(text, secret, this.now()) },
          body: text,
        })
        statuses.push(answer.status)
      }
    }
    return statuses
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = await readText(incoming)
    const url = new URL(incoming.url ?? '/', 'http://stripe')
    const header = (name: string): string | undefined => incoming.headers[name]?.toString()
    const request: DoubleRequest = {
      method: incoming.method ?? 'GET',
      path: url.pathname,
      query: parseForm(url.search.slice(1)),
      account: header('stripe-account'),
      idempotencyKey: header('idempotency-key'),
    }
    this.requests.push(request)
    const answer = (status: number, json: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, {
        'content-type': 'application/json',
        'request-id': 'req_double',
        ...headers,
      })
      response.end(JSON.stringify(json, null, 2))
    }
    try {
      const trouble = this.trouble(request)
      if (trouble instanceof Refusal) throw trouble
      if (trouble !== undefined && 'waitMs' in trouble) await sleep(trouble.waitMs)
      if (trouble !== undefined && 'drop' in trouble && trouble.drop === 'before')
        return void incoming.socket.destroy()
      const result = this.#once(request, form, this.#keyOf(header('authorization')))
      if (trouble !== undefined && 'drop' in trouble) return void incoming.socket.destroy()
      answer(200, result)
    } catch (error) {
      if (error instanceof Refusal) return answer(error.status, { error: error.error }, error.headers)
      answer(500, { error: { type: 'api_error', message: String(error) } })
    }
  }

  #keyOf(authorization: string | undefined): DoubleKey {
    const given = authorization?.replace(/^Bearer /, '') ?? ''
    const key = this.keys.get(given)
    if (key === undefined) throw unknownKey(given)
    if (key.revoked) throw revokedKey(given)
    return key
  }

  /** A creation that is repeated under its key is answered as the first time. */
  #once(request: DoubleRequest, form: string, key: DoubleKey): Json {
    const { method, idempotencyKey } = request
    if (method !== 'POST' || idempotencyKey === undefined) return this.#answer(request, parseForm(form), key)
    const known = this.#created.get(idempotencyKey)
    if (known !== undefined) {
      if (known.form === form) return known.answer
      throw new Refusal(400, {
        type: 'idempotency_error',
        message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${idempotencyKey}' if you meant to execute a different request.`,
      })
    }
    const answer = this.#answer(request, parseForm(form), key)
    this.#created.set(idempotencyKey, { form, answer })
    return answer
  }

  #answer({ method, path, query, account = this.account }: DoubleRequest, form: Json, key: DoubleKey): Json {
    const livemode = key.key.includes('_live_')
    const needs = (permission: string): void => {
      if (key.permissions !== 'all' && !key.permissions.includes(permission))
        throw notAllowed(key.key, account, permission)
    }
    const events = this.#events.get(account)
    if (events === undefined) throw foreignAccount(key.key, account)
    if (path === '/v1/account') {
      needs('rak_accounts_kyc_basic_read')
      return { id: account, object: 'account' }
    }
    if (path === '/v1/events') {
      needs('rak_event_read')
      return eventsOf(
        events.filter((event) => event['livemode'] === livemode),
        query,
        this.now(),
      )
    }
    if (isList(path)) {
      needs(LISTS[path])
      const own = this.objects[path].filter((one) => (one['livemode'] ?? livemode) === livemode)
      return pageOf(own, query, path, EXTRA[path])
    }
    const [, id] = /^\/v1\/webhook_endpoints(?:\/(\w+))?$/.exec(path) ?? [undefined, undefined]
    if (!path.startsWith('/v1/webhook_endpoints'))
      throw invalid(`Unrecognized request URL (${method}: ${path}).`, {}, 404)
    needs('rak_webhook_write')
    if (id === undefined)
      return method === 'POST' ? this.endpoints.create(form, livemode) : this.endpoints.list(query, livemode)
    if (method === 'DELETE') return this.endpoints.remove(id)
    return method === 'POST' ? this.endpoints.update(id, form) : this.endpoints.retrieve(id)
  }
}

const isList = (path: string): path is ListPath => path in LISTS

/** Started; the caller closes it. */
export async function startStripe(): Promise<StripeDouble> {
  const double = new StripeDouble()
  await double.listen()
  return double
}
