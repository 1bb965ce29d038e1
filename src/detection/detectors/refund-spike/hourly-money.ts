import { addTo, type Sums } from '../../kit/amounts.ts'
import { OPEN_HOURS } from '../../statistics/hours.ts'

/** Money by hour and currency of the last days, ascending by hour. Plain data. */
export type HourlyMoney = [hour: number, currency: string, amount: number][]

/** Past it the oldest go: some windows then lack part of their money, never a count. */
const KEPT = 300

export function noteMoney(money: HourlyMoney, hour: number, currency: string, amount: number): void {
  let place = money.length
  for (; place > 0; place--) {
    const entry = money[place - 1]
    if (entry === undefined || entry[0] < hour) break
    if (entry[0] === hour && entry[1] === currency) {
      entry[2] += amount
      return
    }
  }
  money.splice(place, 0, [hour, currency, amount])
  const newest = money.at(-1)?.[0] ?? hour
  while (money.length > KEPT || (money[0]?.[0] ?? newest) <= newest - OPEN_HOURS) money.shift()
}

/** What there was from an hour on, by currency. */
export function moneySince(money: HourlyMoney, from: number): Sums {
  const sums: Sums = {}
  for (const [hour, currency, amount] of money) if (hour >= from) addTo(sums, currency, amount)
  return sums
}
