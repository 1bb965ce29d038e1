import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decimal, decimals, format } from '../../src/stripe/money.ts'

describe('money', () => {
  test.each([
    [2900, 'usd', '29.00', '$29.00'],
    [5, 'USD', '0.05', '$0.05'],
    [-1500, 'eur', '-15.00', '-€15.00'],
    [0, 'usd', '0.00', '$0.00'],
    [2900, 'jpy', '2900', '¥2,900'],
    [0, 'jpy', '0', '¥0'],
    [5120, 'kwd', '5.120', 'KWD 5.120'],
    [500, 'isk', '5.00', 'ISK 5.00'],
    [10000, 'ugx', '100.00', 'UGX 100.00'],
    [123450, 'huf', '1234.50', 'HUF 1,234.50'],
    [700, 'mga', '700', 'MGA 700'],
    [123456789012, 'idr', '1234567890.12', 'IDR 1,234,567,890.12'],
  ])('%d %s is %s', (amount, currency, exact, shown) => {
    expect(decimal(amount, currency)).toBe(exact)
    expect(format(amount, currency).replaceAll('\u00a0', ' ')).toBe(shown)
  })

  test('beyond the safe integers keeps every digit', () => {
    expect(decimal(90_071_992_547_409_931_23n, 'usd')).toBe('90071992547409931.23')
    expect(format(-90_071_992_547_409_931_23n, 'usd')).toBe('-$90,071,992,547,409,931.23')
  })

  test('in a code that nobody knows is still shown', () => {
    expect(format(1234, 'zzz').replaceAll('\u00a0', ' ')).toBe('ZZZ 12.34')
    expect(format(1234, 'usdc')).toBe('12.34 USDC')
    expect(format(1234, '')).toBe('12.34 ')
  })

  test('of a broken amount is a mistake of the caller', () => {
    expect(() => decimal(1.5, 'usd')).toThrow(RangeError)
  })

  test('read back is the same number of minor units', () => {
    fc.assert(
      fc.property(
        fc.bigInt(-(2n ** 70n), 2n ** 70n),
        fc.constantFrom('usd', 'jpy', 'bhd', 'isk'),
        (amount, currency) => {
          const written = decimal(amount, currency)
          expect(written.split('.')[1]?.length ?? 0).toBe(decimals(currency))
          const back = BigInt(written.replace('.', ''))
          expect(back).toBe(amount)
        },
      ),
    )
  })
})
