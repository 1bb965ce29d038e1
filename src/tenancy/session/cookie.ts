import type { IncomingMessage } from 'node:http'
import type { Config } from '../../config.ts'
import { LONGEST } from './sessions.ts'

const SECRET = /^[0-9A-Za-z]{43}$/

/**
 * The session's cookie. Browsers keep `__Host-` names to this very host over TLS; on plain-http loopback they would
 * refuse such a cookie, so there the name has no prefix.
 */
export function sessionCookie({ local }: Pick<Config, 'local'>) {
  const name = local ? 'bw_session' : '__Host-bw_session'
  const attributes = `Path=/; HttpOnly; SameSite=Strict${local ? '' : '; Secure'}`
  return {
    set: (secret: string): string => `${name}=${secret}; Max-Age=${LONGEST / 1_000}; ${attributes}`,
    cleared: `${name}=; Max-Age=0; ${attributes}`,
    /** The secret in a request's cookies; undefined where there is none that can be one of ours. */
    read({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
      for (const pair of headers.cookie?.split(';') ?? []) {
        const [key, value = ''] = pair.trim().split('=', 2)
        if (key === name && SECRET.test(value)) return value
      }
      return undefined
    },
  }
}
