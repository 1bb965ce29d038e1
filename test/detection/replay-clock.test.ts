import { describe, expect, it } from 'vitest'
import { type Dated, withDelivery } from '../../src/pipeline/replay-clock.ts'
import { DAY } from '../../src/time.ts'

const T = 1_770_000_000
let made = 0
const at = (created: number, over: Partial<Dated> = {}): Dated => ({
  created,
  received: undefined,
  objectId: `ch_${++made}`,
  ...over,
})

async function deliveries(rows: readonly Dated[]): Promise<number[]> {
  const each = async function* () {
    yield* rows
  }
  const times: number[] = []
  for await (const { row, deliveredAt } of withDelivery(each())) {
    expect(row).toBe(rows[times.length])
    times.push(deliveredAt)
  }
  return times
}

describe('the clock of a replay', () => {
  it('is the newest time so far', async () => {
    expect(await deliveries([at(T), at(T + 60), at(T + 5), at(T + 90)])).toEqual([T, T + 60, T + 60, T + 90])
  })

  it('is not moved by one row that is dated ahead, wherever it stands', async () => {
    const ahead = T + 900 * DAY
    const rows = [T, T + 60, T + 120, T + 180]
    for (let place = 0; place < rows.length; place += 1) {
      const times = [...rows.slice(0, place), ahead, ...rows.slice(place)]
      const expected = [
        ...rows.slice(0, place),
        place === 0 ? T : (rows[place - 1] ?? T),
        ...rows.slice(place),
      ]
      expect(await deliveries(times.map((time) => at(time)))).toEqual(expected)
    }
  })

  it('is not moved by two events of one object that is dated ahead', async () => {
    const ahead = { objectId: 'ch_ahead' }
    const rows = [at(T), at(T + 900 * DAY, ahead), at(T + 900 * DAY + 1, ahead), at(T + 60), at(T + 120)]
    expect(await deliveries(rows)).toEqual([T, T, T, T + 60, T + 120])
  })

  it('goes on after a gap, also when a straggler or nothing at all follows the first event after it', async () => {
    const after = T + 40 * DAY
    expect(await deliveries([at(T), at(after), at(T + 5), at(after + 60)])).toEqual([
      T,
      after,
      after,
      after + 60,
    ])
    expect(await deliveries([at(T), at(after)])).toEqual([T, after])
    expect(await deliveries([at(T), at(after), at(after + 40 * DAY)])).toEqual([T, after, after + 40 * DAY])
  })

  it('takes a time of delivery for what it is, and for what bears others out', async () => {
    const after = T + 40 * DAY
    const rows = [at(T), at(T + 5, { received: after }), at(after + 5), at(T + 10)]
    expect(await deliveries(rows)).toEqual([T, after, after + 5, after + 5])
    expect(await deliveries([at(T), at(after), at(T, { received: after + 1 })])).toEqual([
      T,
      after,
      after + 1,
    ])
  })

  it('is not moved by a row that is dated some hours ahead, though the others get there soon', async () => {
    const ahead = T + 20 * 3_600
    const rows = Array.from({ length: 12 }, (_, i) => T + i * 2 * 3_600)
    const times = [...rows.slice(0, 2), ahead, ...rows.slice(2)]
    const expected = [...rows.slice(0, 2), rows[1], ...rows.slice(2)]
    expect(await deliveries(times.map((time) => at(time)))).toEqual(expected)
  })

  it('is not moved by two rows dated ahead with others between them', async () => {
    const [one, other] = [T + 4 * DAY, T + 5 * DAY]
    const times = [T, one, T + 60, T + 120, T + 180, other, T + 240, T + 300, T + 360]
    expect(await deliveries(times.map((time) => at(time)))).toEqual([
      T,
      T,
      T + 60,
      T + 120,
      T + 180,
      T + 180,
      T + 240,
      T + 300,
      T + 360,
    ])
  })

  it('goes on to the last event of a history, also when that one is delivered twice', async () => {
    const last = { objectId: 'ch_last' }
    expect(await deliveries([at(T), at(T + DAY, last), at(T + DAY, last)])).toEqual([T, T + DAY, T + DAY])
  })

  it('waits for few rows to be borne out', async () => {
    const rows = [
      at(T),
      at(T + 900 * DAY),
      ...Array.from({ length: 60 }, (_, i) => at(T + i)),
      at(T + 901 * DAY),
    ]
    expect((await deliveries(rows)).slice(0, 3)).toEqual([T, T, T])
  })
})
