import { refusal } from './refusal.ts'

export interface StripeKey {
  key: string
  livemode: boolean
  /** Distinguishes it for people: `rk_live_…4f2a`. */
  hint: string
}

const KEY = /^(rk|sk)_(live|test)_[\w-]{8,250}$/

/**
 * @throws PublicError BAD_USER_INPUT with what to give instead
 */
export function readKey(text: string, { allowSecret = false } = {}): StripeKey {
  const key = text.trim()
  const refuse = (message: string): never => {
    throw refusal('key', message)
  }
  if (/^pk_/.test(key))
    return refuse(
      'This is a publishable key, which may read nothing: create a restricted key (rk_…) in Stripe under Developers, API keys.',
    )
  if (/^whsec_/.test(key))
    return refuse(
      'This is a signing secret of a webhook, not a key: create a restricted key (rk_…) in Stripe under Developers, API keys.',
    )
  const [, kind, mode] = KEY.exec(key) ?? []
  if (kind === undefined)
    return refuse('A restricted key of Stripe looks like rk_live_… or rk_test_…: this is none.')
  if (kind === 'sk' && !allowSecret)
    return refuse(
      'A secret key (sk_…) may do everything with the account: create a restricted key (rk_…) that only reads. Where it has to be, --allow-secret-key takes it on the command line.',
    )
  return { key, livemode: mode === 'live', hint: `${kind}_${mode}_…${key.slice(-4)}` }
}
