import { z } from 'zod'
import { isCountry } from '../calendar/country.ts'
import { LocalDay } from '../calendar/local-day.ts'
import { type Issue, PublicError } from '../errors.ts'
import { DAY } from '../time.ts'
import { ROLES } from './caller.ts'

/**
 * @param say how an issue reads in the message; a schema's own messages name what they are about
 * @returns the value as `schema` reads it
 * @throws PublicError BAD_USER_INPUT with one issue for each thing that is wrong
 */
export function parseInput<T>(
  schema: z.ZodType<T>,
  value: unknown,
  say = ({ message }: Issue): string => message,
): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(
    ({ path, code, message }): Issue => ({
      path: path.map((step) => (typeof step === 'symbol' ? String(step) : step)),
      code,
      message,
    }),
  )
  throw new PublicError('BAD_USER_INPUT', issues.map(say).join('; '), { issues })
}

// Control characters forge lines in logs and terminals, lone surrogates are no text, and PostgreSQL refuses NUL.
const NOT_TEXT = /[\p{Cc}\p{Cs}]/u

const label = (what: string) =>
  z
    .string()
    .trim()
    .min(1, `${what} must not be empty`)
    .max(200, `${what} must have at most 200 characters`)
    .refine((text) => !NOT_TEXT.test(text), `${what} must not contain control characters`)

export const name = label('name')
export const externalId = label('externalId')
export const subject = label('subject')

/** Zones that `Intl` has been asked for, which takes a quarter of a millisecond; in any case, so there is an end to it. */
const knownZones = new Set<string>()
const MAX_KNOWN_ZONES = 1_000

function isTimeZone(text: string): boolean {
  if (knownZones.has(text)) return true
  if (!/^[A-Za-z]/.test(text)) return false // Newer engines also take offsets, which know no summer.
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    if (knownZones.size < MAX_KNOWN_ZONES) knownZones.add(text)
    return true
  } catch {
    return false
  }
}

export const timezone = z
  .string()
  .refine(isTimeZone, 'timezone must be an IANA name such as Europe/Berlin or UTC')

/** In any case; comes out in upper case. */
export const country = z
  .string()
  .trim()
  .toUpperCase()
  .refine(isCountry, 'country must be a code of ISO 3166-1 alpha-2, such as DE')

/** Stripe's signing secrets, of its dashboard and of its command line. */
export const webhookSecret = z
  .string()
  .trim()
  .regex(/^whsec_[\x21-\x7e]{4,250}$/, 'secret must be a signing secret of Stripe, whsec_…')

/** A moment by RFC 3339, of a day that the calendar has. */
export const moment = z
  .string()
  .toUpperCase()
  .pipe(z.iso.datetime({ offset: true, error: 'must be a time like 2026-01-31T09:30:00Z' }))
  .transform((text) => new Date(text))

const localDay = z.iso
  .date('must be a time like 2026-01-31T09:30:00Z, or a date like 2026-01-31')
  .transform((text) => new LocalDay(Date.parse(text) / 1_000 / DAY))

/** A moment, or a date without a time, which says no moment before it is known in whose zone. */
export const momentOrDay = z.union([moment, localDay], {
  error: 'must be a time like 2026-01-31T09:30:00Z, or a date like 2026-01-31',
})

/** A currency by ISO 4217; comes out in lower case, as Stripe writes it. */
export const currency = z
  .string()
  .regex(/^[a-zA-Z]{3}$/, 'currency must be a code of ISO 4217, such as EUR')
  .toLowerCase()

export const role = z.enum(ROLES, `role must be one of ${ROLES.join(', ')}`)

export const rateLimit = z.object({
  requests: z.int().min(1, 'requests must be at least 1').max(1_000_000_000),
  seconds: z.int().min(1, 'seconds must be at least 1').max(86_400, 'seconds must be at most a day'),
})
