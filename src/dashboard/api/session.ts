import * as z from 'zod/mini'
import { now } from '../clock.ts'

const accessToken = z.object({
  token: z.string(),
  expiresAt: z.string(),
  role: z.nullable(z.string()),
  name: z.string(),
})

const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) })

/** A token of the API, and whose it is. */
export type AccessToken = z.infer<typeof accessToken>

/** The server refused; the message is the server's own sentence. */
export class Refused extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** A token is renewed this long before it expires: clocks differ, and requests take time. Milliseconds. */
const MARGIN = 60_000

/** An API key, or a code of a link that signs in once. */
export type Credentials = { key: string } | { code: string }

/**
 * Exchanges credentials for a session cookie, which no script can read.
 * @param name of the person, which activity shows
 * @throws Refused for credentials that are not valid
 */
export async function signIn(credentials: Credentials, name: string): Promise<void> {
  await send('POST', '/session', { ...credentials, name })
}

/** Ends the session. */
export async function signOut(): Promise<void> {
  await send('DELETE', '/session')
}

/** Hands out the API's own short-lived tokens, which only the session's cookie can fetch; kept in memory. */
export class Session {
  #current: Promise<AccessToken> | undefined
  readonly #tenantId: string | undefined

  /** @param tenantId in which tenant an operator acts; undefined for everybody else */
  constructor(tenantId?: string) {
    this.#tenantId = tenantId
  }

  /** Whether an operator acts here in a tenant: only operators name one. */
  get actsForOperator(): boolean {
    return this.#tenantId !== undefined
  }

  /**
   * A token that is good for a minute at least.
   * @throws Refused with status 401 when the session has ended
   */
  async token(): Promise<AccessToken> {
    const current = await this.#current?.catch(() => undefined)
    if (current && Date.parse(current.expiresAt) - now() > MARGIN) return current
    return this.renew()
  }

  /** A new token, also where the present one seems good; all who ask meanwhile share it. */
  renew(): Promise<AccessToken> {
    const body = this.#tenantId === undefined ? {} : { tenantId: this.#tenantId }
    const renewed = send('POST', '/session/token', body)
      .then((response) => response.json())
      .then((answer) => accessToken.parse(answer))
    this.#current = renewed
    return renewed
  }
}

async function send(method: string, path: string, body?: unknown): Promise<Response> {
  const response = await fetch(path, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  if (response.ok) return response
  const answer = refusal.safeParse(await response.json().catch(() => undefined))
  throw new Refused(
    response.status,
    answer.success ? answer.data.error.message : `The server answered ${response.status}.`,
  )
}
