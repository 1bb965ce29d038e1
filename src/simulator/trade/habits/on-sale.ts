import { DAY, HOUR, type Seconds } from '../../../time.ts'
import type { Habit, Trade } from '../business.ts'

/** Every third Friday at ten something goes on sale; by noon most of it is sold. */
function sales({ clock, start, end }: Trade): Seconds[] {
  const times: Seconds[] = []
  for (let day = clock.day(start) + 3; day <= clock.day(end); day++) {
    const at = clock.moment(day, 10)
    if (clock.weekday(at) === 5 && Math.floor(day / 7) % 3 === 0) times.push(at)
  }
  return times
}

/** @param times as many people as at other hours, in the first two hours */
export const onSale = (times: number): Habit => ({
  open(trade) {
    const { weather } = trade.world
    for (const at of sales(trade)) {
      weather.add({ from: at, to: at + 2 * HOUR, volume: times })
      weather.add({ from: at + 2 * HOUR, to: at + DAY, volume: times / 15 })
      weather.add({ from: at + DAY, to: at + 4 * DAY, volume: Math.max(1, times / 80) })
    }
  },
  apart: (trade) => sales(trade).map((at) => ({ from: at - DAY, to: at + 6 * DAY })),
})
