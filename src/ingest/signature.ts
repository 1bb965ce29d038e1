import Stripe from 'stripe'
import { randomBase62 } from '../ids.ts'
import { toSeconds } from '../time.ts'

export type SignatureCheck = 'good' | 'bad_signature' | 'stale'

/** Seconds that a signature may be old; Stripe signs every retry anew. */
const TOLERANCE = 300

/** Nobody knows it: what is checked against it costs the usual work and never passes. */
const DUMMY_SECRETS: readonly string[] = [`whsec_${randomBase62(32)}`]

/**
 * @param body the raw body as text; a body that is not UTF-8 fits no signature
 * @param header `stripe-signature` as it came
 * @param secrets the live ones, in any order; undefined or none costs the same and is never good
 */
export function checkSignature(
  body: string,
  header: string,
  secrets: readonly string[] | undefined,
  now: Date,
): SignatureCheck {
  const candidates = secrets === undefined || secrets.length === 0 ? DUMMY_SECRETS : secrets
  const receivedAt = now.getTime()
  if (fitsOne(body, header, candidates, TOLERANCE, receivedAt)) return 'good'
  const signedAt = Number(/(?:^|,)t=(\d{1,12})(?:,|$)/.exec(header)?.[1])
  const old = toSeconds(now) - signedAt > TOLERANCE
  return old && fitsOne(body, header, candidates, 0, receivedAt) ? 'stale' : 'bad_signature'
}

/** @param tolerance 0: of any age */
function fitsOne(
  body: string,
  header: string,
  secrets: readonly string[],
  tolerance: number,
  receivedAt: number,
): boolean {
  return secrets.some((secret) => {
    try {
      return verifier.verifyHeader(body, header, secret, tolerance, undefined, receivedAt)
    } catch {
      // The library's error carries the body. It says nothing that may be told or logged.
      return false
    }
  })
}

const verifier = signatureVerifier()

function signatureVerifier() {
  const { signature } = Stripe.webhooks
  if (signature === null) throw new Error('this build of the stripe package cannot verify signatures')
  return signature
}
