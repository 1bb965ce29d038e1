import { describe, expect, test } from 'vitest'
import { firstOfEach, relatedTo, signsOf } from '../../src/storage/anomaly-conditions.ts'
import {
  ANOMALIES,
  among,
  beyond,
  compare,
  contains,
  countRows,
  EVENTS,
  readRow,
  readRows,
  TENANTS,
} from '../../src/storage/reading.ts'
import type { Sql, Value } from '../../src/storage/sql.ts'

const OWN = 'ten_own'

/** A tenant's statements, recorded, with no database and none of its walls below. */
function recording(rows: readonly unknown[][] = []) {
  const asked: { text: string; values: readonly Value[] }[] = []
  const note = (text: string, values: readonly Value[] = []) =>
    asked.push({ text: text.replace(/\s+/g, ' '), values })
  const sql: Sql = {
    all: async (text, values) => {
      note(text, values)
      return [{ count: 0 }]
    },
    tuples: async (text, values) => {
      note(text, values)
      return [...rows]
    },
    write: () => Promise.reject(new Error('nothing is written here')),
  }
  return { scope: { tenantId: OWN, sql }, asked }
}

describe('every statement', () => {
  const marksOf = (text: string) => text.split('?').length - 1

  test("is of the scope's tenant first, and has a value for each mark", async () => {
    const { scope, asked } = recording()
    const where = [
      among('severity', [1, 2, 3]),
      contains('searchText', 'x'),
      beyond(['startedAt', 'seq'], '<', [new Date(0), 5n]),
      relatedTo(scope, 'anm_1'),
      firstOfEach(
        scope,
        [
          ['OPEN', 2],
          ['OPEN', 3],
        ],
        {
          bounds: [compare('seq', '<=', 9n)],
          direction: 'DESC',
          take: 5,
        },
      ),
    ]
    await readRows(scope, ANOMALIES, { columns: [], where, orderBy: ['seq'], take: 5 })
    await readRow(scope, EVENTS, { columns: [], where: [signsOf(scope, 'anm_1')] })
    await countRows(scope, ANOMALIES, where)
    await readRow(scope, TENANTS, { columns: [] })
    expect(asked.map(({ text }) => /FROM "(\w+)" WHERE "(\w+)" = \?/.exec(text)?.slice(1))).toEqual([
      ['Anomaly', 'tenantId'],
      ['StripeEvent', 'tenantId'],
      ['Anomaly', 'tenantId'],
      ['Tenant', 'id'],
    ])
    for (const { text, values } of asked) {
      expect(values[0]).toBe(OWN)
      expect(values).toHaveLength(marksOf(text))
      // Nothing in it widens what the tenant narrows, and what it looks up beside it is the tenant's too.
      expect(text).not.toMatch(/\bOR\b/)
      expect(text.match(/\bSELECT\b[^()]*? WHERE (?!"(tenantId|id)" = \?)/)).toBeNull()
    }
  })

  test('has what a client sent among its values alone', async () => {
    const sent = `x' OR "tenantId" <> '`
    const { scope, asked } = recording()
    const where = [compare('account', '=', sent), among('status', [sent]), contains('searchText', sent)]
    await readRows(scope, ANOMALIES, { columns: ['id'], where })
    expect(asked[0]?.text).not.toContain(sent)
    expect(asked[0]?.values).toEqual([OWN, sent, sent, `%${sent}%`])
  })
})

describe('a list of values', () => {
  test('is filled up to a power of two, so that few statements serve lists of any length', () => {
    const textOf = (length: number) =>
      among(
        'id',
        Array.from({ length }, (_, n) => `anm_${n}`),
      ).text
    expect(new Set(Array.from({ length: 400 }, (_, n) => textOf(n + 1))).size).toBe(10)
    expect(among('id', ['a', 'b', 'c'])).toEqual({
      text: '"id" IN (?, ?, ?, ?)',
      values: ['a', 'b', 'c', 'c'],
    })
  })

  test('that is empty meets no row', () => {
    expect(among('id', [])).toEqual({ text: '1 = 0', values: [] })
  })
})

test('a row has the columns that were asked for, as their types say, from either engine', async () => {
  const at = '2026-03-01T12:00:00.000+00:00'
  const columns = ['seq', 'livemode', 'startedAt', 'endedAt', 'impactAmount', 'title'] as const
  const expected = {
    seq: 7n,
    livemode: true,
    startedAt: new Date(at),
    endedAt: null,
    impactAmount: 2_900n,
    title: 'Trouble',
  }
  const sqlite = [7, 1, at, null, 2_900, 'Trouble']
  const postgresql = ['7', true, new Date(at), null, '2900', 'Trouble']
  const { scope } = recording([sqlite, postgresql])
  expect(await readRows(scope, ANOMALIES, { columns })).toEqual([expected, expected])
  const damaged = recording([sqlite.with(5, 5)])
  await expect(readRows(damaged.scope, ANOMALIES, { columns })).rejects.toThrow('not a text column')
})

test('a moment is shown as it was written, and in the one way that is shown when it was not', async () => {
  const written = [
    '2026-03-01T12:00:00.123+00:00',
    '2026-03-01T12:00:00+00:00',
    '2026-03-01T14:00:00.123+02:00',
  ]
  const { scope } = recording(written.map((at) => [at]))
  const rows = await readRows(scope, ANOMALIES, { columns: ['startedAt'] })
  expect(rows.map(({ startedAt }) => startedAt.toISOString())).toEqual(
    written.map((at) => new Date(at).toISOString()),
  )
  expect(rows.map(({ startedAt }) => startedAt.getTime())).toEqual(written.map((at) => Date.parse(at)))
})
