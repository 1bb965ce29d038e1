/** What a failing payment's code says to do, for people who look after billing. */
const ADVICE: readonly (readonly [codes: readonly string[], advice: string])[] = [
  [
    ['processing_error', 'issuer_not_available', 'try_again_later', 'reenter_transaction', 'api_error'],
    'This looks like trouble at Stripe or the banks: check status.stripe.com, and retry the failed payments once it is over.',
  ],
  [
    ['authentication_required', 'authentication_not_handled', 'payment_intent_authentication_failure'],
    'Customers do not get through 3-D Secure, where their bank asks who they are: try a payment yourself, then check what was last changed in the checkout and in the Radar rules that ask for it.',
  ],
  [
    ['insufficient_funds', 'card_velocity_exceeded', 'withdrawal_count_limit_exceeded'],
    'Customers have too little money, or their cards are over the limit: check whether one plan, price or day of retries stands out, and let Stripe retry later.',
  ],
  [
    ['expired_card', 'invalid_expiry_month', 'invalid_expiry_year'],
    'Cards have expired: ask the customers to update them, and check that automatic card updates are on in Stripe.',
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
    'This is how guessed or stolen cards fail: check in Stripe under Radar who pays, and consider a captcha and a limit on attempts.',
  ],
  [
    [
      'currency_not_supported',
      'transaction_not_allowed',
      'service_not_allowed',
      'not_permitted',
      'restricted_card',
    ],
    'Banks refuse this kind of payment: check whether a currency, a country or the way you charge has changed.',
  ],
]

const GENERAL =
  'Find out what the failed payments have in common (card country, bank, plan, version of your checkout), and ask Stripe if they share nothing.'

/** What to do next, led by the commonest code. */
export const adviceFor = (code: string | undefined): string =>
  ADVICE.find(([codes]) => code !== undefined && codes.includes(code))?.[1] ?? GENERAL
