/** Kept apart from the product's own table of decimals, so that a mistake there is not repeated here. */
export interface Currency {
  code: string
  /** Minor units that are worth about one US dollar. */
  perDollar: number
  /** Prices are multiples of this many minor units: whole tens of yen, fils that end in 0, krónur that end in 00. */
  step: number
  /** ISO 3166 country whose cards pay in it. */
  country: string
}

const CURRENCIES: readonly Currency[] = [
  { code: 'usd', perDollar: 100, step: 1, country: 'US' },
  { code: 'eur', perDollar: 92, step: 1, country: 'DE' },
  { code: 'gbp', perDollar: 79, step: 1, country: 'GB' },
  { code: 'cad', perDollar: 137, step: 1, country: 'CA' },
  { code: 'aud', perDollar: 152, step: 1, country: 'AU' },
  { code: 'chf', perDollar: 88, step: 5, country: 'CH' },
  { code: 'sek', perDollar: 1_050, step: 100, country: 'SE' },
  { code: 'brl', perDollar: 520, step: 10, country: 'BR' },
  { code: 'inr', perDollar: 8_350, step: 100, country: 'IN' },
  { code: 'jpy', perDollar: 150, step: 10, country: 'JP' },
  { code: 'krw', perDollar: 1_350, step: 100, country: 'KR' },
  { code: 'vnd', perDollar: 25_000, step: 1_000, country: 'VN' },
  { code: 'idr', perDollar: 1_600_000, step: 100_000, country: 'ID' },
  { code: 'bhd', perDollar: 376, step: 10, country: 'BH' },
  { code: 'kwd', perDollar: 307, step: 10, country: 'KW' },
  { code: 'isk', perDollar: 13_800, step: 100, country: 'IS' },
]

const BY_CODE = new Map(CURRENCIES.map((currency) => [currency.code, currency]))

/** @throws RangeError on a currency that the simulated world does not use */
export function currencyOf(code: string): Currency {
  const currency = BY_CODE.get(code)
  if (!currency) throw new RangeError(`no such currency in the simulator: ${code}`)
  return currency
}

/** What so many US dollars cost in that currency's minor units, at a price that a shop there would ask. */
export function priceIn(code: string, dollars: number): number {
  const { perDollar, step } = currencyOf(code)
  return Math.max(step, Math.round((dollars * perDollar) / step) * step)
}
