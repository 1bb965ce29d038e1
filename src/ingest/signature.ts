import { createHmac } from 'node:crypto'
import Stripe from 'stripe'
import { randomBase62 } from '../ids.ts'
import { DAY, MINUTE, type Seconds, toSeconds } from '../time.ts'

export type SignatureCheck = 'good' | 'bad_signature' | 'stale'

/** Seconds that a signature may be old; Stripe signs every retry anew. */
const TOLERANCE = 300

/** Nobody knows it: what is checked against it costs the usual work and never passes. */
const DUMMY_SECRETS: readonly string[] = [`whsec_${randomBase62(32)}`]

/**
 * @param body as it came: what was signed are bytes, whatever they mean
 * @param header `stripe-signature` as it came
 * @param secrets the live ones, in any order; undefined or none costs the same and is never good
 */
export function checkSignature(
  body: Buffer,
  header: string,
  secrets: readonly string[] | undefined,
  now: Date,
): SignatureCheck {
  const candidates = secrets === undefined || secrets.length === 0 ? DUMMY_SECRETS : secrets
  const receivedAt = now.getTime()
  const bytes = body.toString('latin1')
  if (fitsOne(bytes, header, candidates, TOLERANCE, receivedAt)) return 'good'
  const old = toSeconds(now) - signedAt(header) > TOLERANCE
  return old && fitsOne(bytes, header, candidates, 0, receivedAt) ? 'stale' : 'bad_signature'
}

/** A clock that is less behind a signature is left alone: so far two machines' clocks may differ. */
const BEHIND: Seconds = MINUTE
/** A signature that is further ahead is not believed: no server's clock is that wrong. */
const AT_MOST: Seconds = DAY

/**
 * When a delivery came. Stripe signs as it sends: a clock that is behind a good signature is wrong. By such a clock what
 * happens now would be of an hour that is long judged.
 */
export function receivedAt(header: string, now: Date): Date {
  const ahead = signedAt(header) - toSeconds(now)
  return ahead > BEHIND && ahead <= AT_MOST ? new Date(now.getTime() + ahead * 1_000) : now
}

/** NaN where there is none. */
const signedAt = (header: string): Seconds => Number(/(?:^|,)t=(\d{1,12})(?:,|$)/.exec(header)?.[1])

/**
 * @param bytes one character for each byte: given bytes, the library would take them for UTF-8 and change those that are not
 * @param tolerance 0: of any age
 */
function fitsOne(
  bytes: string,
  header: string,
  secrets: readonly string[],
  tolerance: number,
  receivedAt: number,
): boolean {
  return secrets.some((secret) => {
    try {
      return verifier.verifyHeader(bytes, header, secret, tolerance, overBytes, receivedAt)
    } catch {
      // The library's error carries the body. Nothing of it may be answered or logged.
      return false
    }
  })
}

class OverBytes extends Stripe.CryptoProvider {
  override computeHMACSignature(bytes: string, secret: string): string {
    return createHmac('sha256', secret).update(bytes, 'latin1').digest('hex')
  }
}

const overBytes = new OverBytes()
const verifier = signatureVerifier()

function signatureVerifier() {
  const { signature } = Stripe.webhooks
  if (signature === null) throw new Error('this build of the stripe package cannot verify signatures')
  return signature
}
