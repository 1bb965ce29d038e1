/**
 * Decimals as Stripe counts them. Neither ISO 4217 nor Intl agrees: both have currencies in whole units that Stripe
 * sends in hundredths, among them ISK, UGX, HUF, IDR, and the other way round MGA.
 */
const WHOLE = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '))
const THOUSANDTHS = new Set('bhd jod kwd omr tnd'.split(' '))

/** How many of an amount's last digits are behind the point. */
export const decimals = (currency: string): number => {
  const code = currency.toLowerCase()
  return WHOLE.has(code) ? 0 : THOUSANDTHS.has(code) ? 3 : 2
}

const MOST = BigInt(Number.MAX_SAFE_INTEGER)

/** One absurd amount must not take a whole chart or anomaly along: it stops at ±(2^53 − 1), what every reader of JSON takes. */
export const clamped = (amount: number | bigint): bigint => {
  const whole = typeof amount === 'bigint' ? amount : BigInt(Math.round(amount))
  return whole > MOST ? MOST : whole < -MOST ? -MOST : whole
}

/** The same for amounts that are counted with; what is no number at all counts as nothing. */
export const bounded = (amount: number): number =>
  Number.isNaN(amount) ? 0 : Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, amount))

/** The exact amount in major units, e.g. 2900 usd → "29.00". Throws a RangeError for an amount that is no integer. */
export const decimal = (amount: number | bigint, currency: string): string => {
  const minor = BigInt(amount)
  const places = decimals(currency)
  const sign = minor < 0n ? '-' : ''
  const digits = (minor < 0n ? -minor : minor).toString().padStart(places + 1, '0')
  return places === 0 ? sign + digits : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`
}

/** The amount for people in American English, e.g. 2900 usd → "$29.00"; a code that Intl refuses stands behind the number. */
export const format = (amount: number | bigint, currency: string): string => {
  const exact = decimal(amount, currency)
  const formatter = formatterOf(currency)
  // As text, since a number would lose the last digits of large sums.
  return formatter?.format(exact as `${number}`) ?? `${exact} ${currency.toUpperCase()}`
}

/** An estimated amount for people, to two significant figures: 5827899 inr → "₹58,000", 437 usd → "$4.40". */
export const formatRounded = (amount: number, currency: string): string => {
  const rounded = Number(bounded(amount).toPrecision(2))
  const whole = 10 ** decimals(currency)
  const text = format(Math.round(rounded), currency)
  return rounded % whole === 0 && whole > 1 ? text.replace(/\.0+(?=\D*$)/, '') : text
}

/** Making one costs more than a thousand uses of it; there are some 180 currencies. */
const formatters = new Map<string, Intl.NumberFormat | undefined>()
const MOST_FORMATTERS = 256

const formatterOf = (currency: string): Intl.NumberFormat | undefined => {
  if (!formatters.has(currency)) {
    if (formatters.size >= MOST_FORMATTERS) formatters.clear()
    formatters.set(currency, makeFormatter(currency))
  }
  return formatters.get(currency)
}

const makeFormatter = (currency: string): Intl.NumberFormat | undefined => {
  if (!/^[a-z]{3}$/i.test(currency)) return undefined
  const places = decimals(currency)
  return new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency,
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  })
}
