/** An error as Stripe answers it. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly error: { type: string; message: string; code?: string; param?: string },
    readonly headers: Record<string, string> = {},
  ) {
    super(error.message)
  }
}

export const invalid = (message: string, more: { code?: string; param?: string } = {}, status = 400) =>
  new Refusal(status, { type: 'invalid_request_error', message, ...more })

const starred = (key: string): string => `${key.slice(0, 8)}${'*'.repeat(12)}${key.slice(-4)}`

export const unknownKey = (key: string) =>
  new Refusal(401, { type: 'invalid_request_error', message: `Invalid API Key provided: ${starred(key)}` })

export const revokedKey = (key: string) =>
  new Refusal(401, {
    type: 'invalid_request_error',
    code: 'api_key_expired',
    message: `Expired API Key provided: ${starred(key)}`,
  })

export const notAllowed = (key: string, account: string, permission: string) =>
  invalid(
    `The provided key '${starred(key)}' does not have the required permissions for this endpoint on account '${account}'. Having the '${permission}' permission would allow this request to continue.`,
    {},
    403,
  )

export const foreignAccount = (key: string, account: string) =>
  invalid(
    `The provided key '${starred(key)}' does not have access to account '${account}' (or that account does not exist). Application access may have been revoked.`,
    { code: 'account_invalid' },
    403,
  )

export const throttled = (retryAfterSeconds?: number) =>
  new Refusal(
    429,
    {
      type: 'invalid_request_error',
      code: 'rate_limit',
      message:
        'Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.',
    },
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
  )

export const inTrouble = (status = 500) =>
  new Refusal(status, {
    type: 'api_error',
    message: 'An unknown error occurred. Please try again later.',
  })
