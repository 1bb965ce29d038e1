import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { Value } from '../../../src/cli/replay/scanner.ts'
import { sorted } from '../../../src/cli/replay/sorted.ts'
import { Survey } from '../../../src/cli/replay/survey.ts'
import { removeLeftSpills, Spill } from '../../../src/storage/spill.ts'

const folder = mkdtempSync(join(tmpdir(), 'bw-order-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const databaseUrl = `file:${join(folder, 'bw.db')}`

interface Timed {
  created: number
  received?: number
  list?: number
}

const asValue = ({ created, received, list = 0 }: Timed, index: number): Value => ({
  line: index + 1,
  list,
  text: JSON.stringify({
    id: `evt_${index}`,
    object: 'event',
    api_version: '2024-06-20',
    created,
    type: 'charge.succeeded',
    data: { object: { id: `ch_${index}`, object: 'charge' } },
    ...(received !== undefined && { received }),
  }),
})

/** The order in which the events are taken, by their places. */
async function taken(timed: readonly Timed[], runBytes?: number): Promise<number[]> {
  const values = timed.map(asValue)
  const survey = new Survey()
  for (const value of values) survey.look(value)
  const { order, isReversed } = survey
  if (order === 'as written') return values.map(({ line }) => line - 1)
  const spill = new Spill(databaseUrl)
  const lines: number[] = []
  try {
    const source = (async function* () {
      yield* values
    })()
    const options = { order, reversed: isReversed, spill, ...(runBytes !== undefined && { runBytes }) }
    for await (const { line } of sorted(source, options)) {
      lines.push(line - 1)
      for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
    }
  } finally {
    await spill.remove()
  }
  expect(readdirSync(folder)).toEqual([])
  return lines
}

const at = (...times: number[]): Timed[] => times.map((created) => ({ created }))
const received = (...times: number[]): Timed[] =>
  times.map((time, i) => ({ created: 1_000 + i, received: time }))
const pages = (...times: number[][]): Timed[] =>
  times.flatMap((page, i) => page.map((created) => ({ created, list: i + 1 })))

describe('the order in which a history is taken', () => {
  it.each<[string, Timed[], number[]]>([
    ['oldest first: as it is', at(1, 2, 2, 3), [0, 1, 2, 3]],
    ['one event', at(5), [0]],
    ['newest first: turned round', at(9, 7, 7, 4), [3, 2, 1, 0]],
    [
      'pages, each falling, the oldest page first',
      at(3, 2, 1, 6, 5, 4, 9, 8, 7),
      [2, 1, 0, 5, 4, 3, 8, 7, 6],
    ],
    ['list objects, each falling, in any order', pages([6, 5], [9, 8], [3], [2, 1]), [6, 5, 4, 1, 0, 3, 2]],
    ['list objects that overlap', pages([5, 3], [6, 4]), [1, 3, 0, 2]],
    ['a list object that rises: as it is', pages([1, 3], [2, 4]), [0, 1, 2, 3]],
    ['deliveries in disorder: as they came', at(1, 4, 2, 3, 6, 5), [0, 1, 2, 3, 4, 5]],
    ['a late one among others: as it came', at(100, 101, 102, 50, 103), [0, 1, 2, 3, 4]],
    ['falling runs that reach into each other: as they came', at(5, 3, 1, 6, 4, 2), [0, 1, 2, 3, 4, 5]],
    ['received in order: as it is', received(1, 2, 3), [0, 1, 2]],
    ['received in disorder: by it, equal ones as written', received(2, 3, 1, 2), [2, 0, 3, 1]],
  ])('%s', async (_, timed, order) => {
    expect(await taken(timed)).toEqual(order)
    expect(await taken(timed, 300)).toEqual(order)
  })

  it('puts a line without `received` where its own time has come', async () => {
    const timed = [{ created: 10, received: 50 }, { created: 20 }, { created: 5, received: 15 }]
    expect(await taken(timed)).toEqual([2, 1, 0])
  })

  it('is the same in memory and spilled, and whatever was newest first comes out oldest first', async () => {
    const times = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 2, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(times, fc.integer({ min: 200, max: 2_000 }), async (made, runBytes) => {
        const falling = at(...made.toSorted((a, b) => b - a))
        const order = await taken(falling, runBytes)
        expect(order).toEqual(await taken(falling))
        const out = order.map((place) => falling[place]?.created ?? -1)
        expect(out).toEqual(out.toSorted((a, b) => a - b))
      }),
      { numRuns: 25 },
    )
  })
})

describe('spilled files', () => {
  it('of a process that is gone are removed at the next start, and nobody else’s', async () => {
    const spill = new Spill(databaseUrl)
    await spill.create()
    const [mine] = readdirSync(folder)
    // No process has this number: it is above what the system gives.
    writeFileSync(join(folder, 'bw.db.replay-99999999-0'), 'left')
    writeFileSync(join(folder, 'bw.db.replay-notes'), 'not ours')
    removeLeftSpills(databaseUrl)
    expect(readdirSync(folder).sort()).toEqual([mine, 'bw.db.replay-notes'].sort())
    await spill.remove()
    rmSync(join(folder, 'bw.db.replay-notes'))
    expect(readdirSync(folder)).toEqual([])
  })
})
