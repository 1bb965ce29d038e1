export interface Money {
  currency: string
  /** Major units with the number of decimals that Stripe gives the currency. */
  decimal: string
}

/**
 * An amount for people, e.g. `€1,234.50`. The decimals are those of the API's text: Stripe's currencies have other
 * ones than Intl's, and a wrong one is an amount that is a hundred times too large.
 */
export function money({ currency, decimal }: Money): string {
  const digits = decimal.split('.')[1]?.length ?? 0
  return formatOf(currency, digits).format(Number(decimal))
}

const formats = new Map<string, Intl.NumberFormat>()

function formatOf(currency: string, digits: number): Intl.NumberFormat {
  const key = `${currency}${digits}`
  const made =
    formats.get(key) ??
    new Intl.NumberFormat('en-US', {
      style: 'currency',
      currency,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    })
  formats.set(key, made)
  return made
}
