import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Config } from '../../config.ts'
import { PublicError } from '../../errors.ts'
import { answerError, answerJson, type PlainHandler } from '../../http/answer.ts'
import { addressOf, networkOf } from '../../http/client-address.ts'
import { readBody } from '../../http/read-body.ts'
import type { RateLimiter } from '../../limits/rate-limiter.ts'
import { parseInput } from '../input.ts'
import { answerRefusal } from '../refusal.ts'
import { sessionCookie } from './cookie.ts'
import type { Sessions } from './sessions.ts'
import type { SignInCodes } from './sign-in-codes.ts'

/** Failed tries to sign in that one address has. */
const FAILED_TRIES = { requests: 10, seconds: 60 }
const MAX_BODY = 4_096

export interface SessionRoutesParts {
  config: Pick<Config, 'local' | 'publicUrl' | 'trustProxy'>
  sessions: Sessions
  codes: SignInCodes
  limiter: RateLimiter
  log: { error(fields: object, message: string): void; warn(fields: object, message: string): void }
}

const signIn = z
  .object({ key: z.string().optional(), code: z.string().optional(), name: z.string('name must be a text') })
  .refine(({ key, code }) => (key === undefined) !== (code === undefined), {
    path: ['key'],
    message: 'key must be a text',
  })
const choice = z.object({ tenantId: z.string('tenantId must be a text').nullish() })

type Handle = (req: IncomingMessage, res: ServerResponse) => Promise<void>

/** Signing in to the dashboard and out, and the tokens that it works with: `/session` and `/session/token`. */
export function sessionRoutes(parts: SessionRoutesParts): Record<string, PlainHandler> {
  const { config, sessions } = parts
  const cookie = sessionCookie(config)
  const networkAt = (req: IncomingMessage): string => networkOf(addressOf(req, config.trustProxy))

  const begin: Handle = async (req, res) => {
    if (!config.local && config.publicUrl?.startsWith('http:'))
      throw new PublicError(
        'FORBIDDEN',
        'Signing in needs https: serve this behind TLS, and set PUBLIC_URL to its https address.',
      )
    const { key, code, name } = parseInput(signIn, await bodyOf(req))
    const from = networkAt(req)
    const { secret } = await counted(parts, from, async () => {
      const given = key ?? (config.local && code !== undefined ? parts.codes.redeem(code) : undefined)
      if (given === undefined) throw new PublicError('UNAUTHENTICATED', 'this link was used, or is too old')
      return sessions.begin(given, name, from)
    })
    res.setHeader('set-cookie', cookie.set(secret))
    res.writeHead(204).end()
  }

  const show: Handle = async (req, res) => {
    const secret = cookie.read(req)
    const session = secret === undefined ? undefined : await sessions.find(secret, networkAt(req))
    if (!session) throw new PublicError('UNAUTHENTICATED', 'nobody is signed in')
    const { id, name, inTenant, expiresAt } = session
    const tenantId = inTenant?.tenantId ?? null
    answerJson(res, 200, { id, name, tenantId, operator: !inTenant, expiresAt: expiresAt.toISOString() })
  }

  const end: Handle = async (req, res) => {
    const secret = cookie.read(req)
    if (secret !== undefined) await sessions.end(secret, networkAt(req))
    res.setHeader('set-cookie', cookie.cleared)
    res.writeHead(204).end()
  }

  const token: Handle = async (req, res) => {
    const { tenantId } = parseInput(choice, await bodyOf(req))
    const secret = cookie.read(req)
    if (secret === undefined) throw new PublicError('UNAUTHENTICATED', 'nobody is signed in')
    const given = await sessions.token(secret, tenantId ?? undefined, networkAt(req))
    answerJson(res, 200, { ...given, expiresAt: given.expiresAt.toISOString() })
  }

  return {
    '/session': route(parts, { GET: show, HEAD: show, POST: begin, DELETE: end }),
    '/session/token': route(parts, { POST: token }),
  }
}

/** One path by its methods, for requests of this very site alone. */
const route =
  (parts: SessionRoutesParts, methods: Readonly<Record<string, Handle>>): PlainHandler =>
  (req, res) => {
    const handle = methods[req.method ?? '']
    if (!handle) {
      const allow = Object.keys(methods).join(', ')
      return answerError(res, 405, 'METHOD_NOT_ALLOWED', `Only ${allow} are answered here.`, { allow })
    }
    if (!isOfThisSite(req, parts.config) || !isJson(req))
      return answerError(
        res,
        403,
        'FORBIDDEN',
        'Sessions are for pages of this very origin, with bodies of content-type application/json.',
      )
    handle(req, res).catch((error: unknown) => {
      if (!(error instanceof PublicError)) parts.log.error({ err: error }, 'a request for a session failed')
      answerRefusal(res, error)
    })
  }

/** What browsers say of who sent a request, and no page can forge. */
function isOfThisSite({ headers }: IncomingMessage, { publicUrl }: Pick<Config, 'publicUrl'>): boolean {
  if (headers['sec-fetch-site'] !== undefined) return headers['sec-fetch-site'] === 'same-origin'
  const { origin, host } = headers
  if (origin === undefined || !URL.canParse(origin)) return false
  if (publicUrl !== undefined && origin === new URL(publicUrl).origin) return true
  return new URL(origin).host === host
}

/** Whether the body, if there is one, is declared as JSON, which forms of other sites cannot. */
function isJson({ headers }: IncomingMessage): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  return !hasBody || /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')
}

async function bodyOf(req: IncomingMessage): Promise<unknown> {
  const body = await readBody(req, MAX_BODY)
  if (body === undefined) throw new PublicError('BAD_USER_INPUT', 'the body is too large')
  if (body.length === 0) return {}
  try {
    return JSON.parse(body.toString())
  } catch {
    throw new PublicError('BAD_USER_INPUT', 'the body is not JSON')
  }
}

/** Whoever is wrong too often waits; a good key is let in all the same. */
async function counted<T>(
  { limiter, log }: SessionRoutesParts,
  from: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof PublicError) || error.code !== 'UNAUTHENTICATED') throw error
    const wait = await limiter.take(`sign-in ${from}`, FAILED_TRIES)
    if (wait === 0) throw error
    log.warn({ address: from }, 'too many failed tries to sign in from one address')
    throw new PublicError('RATE_LIMITED', `Too many failed tries. Try again in ${wait} s.`, {
      retryAfterSeconds: wait,
    })
  }
}
