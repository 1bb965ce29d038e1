import { clamped, decimal, format } from '../../stripe/money.ts'
import { builder } from '../builder.ts'

export interface MoneyShape {
  amount: number | bigint
  /** In any case. */
  currency: string
}

/** The amount, clamped to a SafeInt; null unless both parts are known. */
export const moneyOf = (amount: bigint | null, currency: string | null): MoneyShape | null =>
  amount === null || currency === null ? null : { amount: clamped(amount), currency }

export const Money = builder.objectRef<MoneyShape>('Money').implement({
  description:
    "An amount in minor units of its currency, as Stripe has them. Stripe's number of decimals counts, not ISO's.",
  fields: (t) => ({
    amount: t.expose('amount', { type: 'SafeInt', description: 'Minor units, e.g. 2900 for 29.00 USD.' }),
    currency: t.string({
      description: 'ISO 4217 in upper case.',
      resolve: ({ currency }) => currency.toUpperCase(),
    }),
    decimal: t.string({
      description: "The exact amount in major units with Stripe's number of decimals, e.g. `29.00`.",
      resolve: ({ amount, currency }) => decimal(amount, currency),
    }),
    formatted: t.string({
      description: 'For people, in American English, e.g. `$29.00`.',
      resolve: ({ amount, currency }) => format(amount, currency),
    }),
  }),
})
