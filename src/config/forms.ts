import { z } from 'zod'

/** How variables are written. */

export interface RateLimit {
  requests: number
  seconds: number
}

export const rateLimit = () =>
  z
    .string()
    .regex(/^\d{1,9}\/\d{1,6}$/, 'must be requests/seconds, e.g. 6000/60')
    .transform((text): RateLimit => {
      const [requests = 0, seconds = 0] = text.split('/').map(Number)
      return { requests, seconds }
    })
    .refine(({ requests, seconds }) => requests > 0 && seconds > 0, 'both numbers must be at least 1')

export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be from ${min} to ${max}`)

export const webUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .transform((url) => url.replace(/\/+$/, ''))

export const isOrigin = (text: string): boolean =>
  /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text

export const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i

export const isLoopback = (url: string): boolean => LOOPBACK.test(new URL(url).hostname)

export const hosts = () =>
  z
    .string()
    .transform((text) => text.split(',').map((host) => host.trim().toLowerCase()))
    .pipe(
      z.array(
        z
          .string()
          .regex(/^[\w.-]+$|^[\da-f.:]+(\/\d{1,3})?$/, 'must be hosts, addresses or ranges like 10.0.0.0/8'),
      ),
    )

/** As OpenTelemetry writes headers: `name=value,other=value`. */
export const namedValues = () =>
  z
    .string()
    .regex(/^\s*[\w-]+=[^,]*(,\s*[\w-]+=[^,]*)*$/, 'must be name=value, comma-separated')
    .transform((text) =>
      Object.fromEntries(
        text.split(',').map((pair) => {
          const at = pair.indexOf('=')
          return [pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())]
        }),
      ),
    )

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Where keys are sent to: they must not pass a network in clear. */
export const safeOrigin = webUrl.refine((text) => {
  if (!isOrigin(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || LOOPBACK.test(hostname)
}, 'must be an https origin without a path; plain http on loopback alone')
