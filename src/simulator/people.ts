import { DAY, type Seconds } from '../time.ts'
import { currencyOf } from './currencies.ts'
import type { Card, Customer } from './entities.ts'
import type { Random } from './random.ts'

const FIRST = [
  'Ada',
  'Jun',
  'Olu',
  'Mara',
  'José',
  'Zoë',
  'Søren',
  'Mei',
  'Ravi',
  'Aylin',
  'Łukasz',
  'יעל',
  '花子',
  'Nguyễn',
  'Tom',
  'Iris',
]
const LAST = [
  'Quint',
  'Okafor',
  'Lindqvist',
  'Tanaka',
  'Müller',
  'García',
  "O'Hara",
  'Nowak',
  'Silva',
  'Kaya',
  'Rao',
  'Hart',
  'Weiss',
  'Dubois',
  'Ito',
  '🌵 Ltd',
]
const BRANDS: readonly (readonly [Card['brand'], number])[] = [
  ['visa', 55],
  ['mastercard', 35],
  ['amex', 10],
]
const FUNDINGS: readonly (readonly [Card['funding'], number])[] = [
  ['credit', 55],
  ['debit', 40],
  ['prepaid', 5],
]

export const newCard = (random: Random, country: string): Card => ({
  id: `pm_1${random.letters(23)}`,
  fingerprint: random.letters(16),
  brand: random.weighted(BRANDS),
  last4: random.digits(4),
  country,
  funding: random.weighted(FUNDINGS),
  expMonth: random.int(1, 12),
  expYear: random.int(2027, 2032),
})

/** A customer who lives where the currency is at home; now and then the card is from elsewhere. */
export function newCustomer(random: Random, currency: string, created: Seconds): Customer {
  const { country } = currencyOf(currency)
  const [first, last] = [random.pick(FIRST), random.pick(LAST)]
  return {
    id: random.id('cus', 14),
    name: `${first} ${last}`,
    email: `u${random.letters(8).toLowerCase()}@example.com`,
    country,
    currency,
    card: newCard(random, random.chance(0.04) ? 'US' : country),
    created,
    balance: 0,
    lastBought: created - DAY,
  }
}
