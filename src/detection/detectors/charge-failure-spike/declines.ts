/** What a failing payment's code says to do, for people who look after billing. */
const ADVICE: readonly (readonly [codes: readonly string[], advice: string])[] = [
  [
    ['processing_error', 'issuer_not_available', 'try_again_later', 'reenter_transaction', 'api_error'],
    'This looks like trouble at the processor or the banks: check status.stripe.com, and retry the failed payments once it is over.',
  ],
  [
    ['authentication_required', 'authentication_not_handled', 'payment_intent_authentication_failure'],
    'Customers do not get through 3-D Secure: try a payment yourself, and look at the last change of the checkout and of the Radar rules that ask for it.',
  ],
  [
    ['insufficient_funds', 'card_velocity_exceeded', 'withdrawal_count_limit_exceeded'],
    'The cards have too little money or are over their limit: look whether one plan, price or day of retries stands out, and let Stripe retry later.',
  ],
  [
    ['expired_card', 'invalid_expiry_month', 'invalid_expiry_year'],
    'Cards have run out: ask the customers to update them, and see that the automatic card updater is on.',
  ],
  [
    [
      'incorrect_cvc',
      'invalid_cvc',
      'incorrect_number',
      'invalid_number',
      'lost_card',
      'stolen_card',
      'pickup_card',
      'fraudulent',
    ],
    'These codes come with guessed or stolen cards: look who pays in Stripe under Radar, and consider a captcha and a limit on tries.',
  ],
  [
    [
      'currency_not_supported',
      'transaction_not_allowed',
      'service_not_allowed',
      'not_permitted',
      'restricted_card',
    ],
    'Banks refuse this kind of payment: look whether a currency, a country or the way you charge has changed.',
  ],
]

const GENERAL =
  'Compare the failed payments by card country, bank, plan and version of your checkout to find what they have in common, and ask Stripe if they share nothing.'

/** What to do next, led by the commonest code. */
export const adviceFor = (code: string | undefined): string =>
  ADVICE.find(([codes]) => code !== undefined && codes.includes(code))?.[1] ?? GENERAL
