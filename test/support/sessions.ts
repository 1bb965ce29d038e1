import { expect } from 'vitest'
import type { Served } from './graphql.ts'

type At = Pick<Served, 'url'>

export const HOME = { 'sec-fetch-site': 'same-origin' }

/** A request as a page of this origin sends it. */
export const send = (at: At, method: string, path: string, body?: unknown, headers = {}) =>
  fetch(`${at.url}${path}`, {
    method,
    headers: { ...HOME, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })

export const cookieOf = (response: Response) => response.headers.get('set-cookie')?.split(';', 1)[0] ?? ''

interface Token {
  token: string
  expiresAt: string
  role: string | null
  name: string
}

export const VIEWER = '{ viewer { name role operator tenant { id } } }'

/** Signs in and asks for tokens, at this server unless another is given. */
export const sessionsAt = (served: At) => ({
  /** @returns the cookie as a browser sends it back */
  async signIn(key: string, name = 'Ann', at = served): Promise<string> {
    const response = await send(at, 'POST', '/session', { key, name })
    expect(response.status).toBe(204)
    return cookieOf(response)
  },

  async tokenOf(cookie: string, body: unknown = {}, at = served): Promise<Token> {
    const response = await send(at, 'POST', '/session/token', body, { cookie })
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    return (await response.json()) as Token
  },

  async tokenStatus(cookie: string, body: unknown = {}, at = served): Promise<number> {
    return (await send(at, 'POST', '/session/token', body, { cookie })).status
  },
})
