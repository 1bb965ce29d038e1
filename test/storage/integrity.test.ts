import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Driver } from '../../src/storage/sqlite/driver.ts'
import { RollingCheck } from '../../src/storage/sqlite/integrity.ts'

const folder = mkdtempSync(join(tmpdir(), 'billingwatch-integrity-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A database with one small table and one of `rows` rows of some hundred bytes. */
function databaseWith(name: string, rows: number): string {
  const path = join(folder, `${name}.db`)
  const connection = new Driver(path)
  connection.exec('CREATE TABLE "Small" (id TEXT PRIMARY KEY); CREATE TABLE "Large" (id INTEGER, body BLOB)')
  const add = connection.prepare('INSERT INTO "Large" VALUES (?, ?)')
  connection.transaction(() => {
    for (let row = 0; row < rows; row++) add.run(row, Buffer.alloc(400, row % 251))
  })()
  connection.close()
  return path
}

/** Overwrites the pages from `from` up to `to`, counted from the end of the file. */
function damagePages(path: string, from: number, to: number): void {
  const bytes = readFileSync(path)
  bytes.fill(0xff, bytes.length - from * 4_096, bytes.length - to * 4_096)
  writeFileSync(path, bytes)
}

/** The damage that one round finds, and how many ranges it took. */
function round(path: string): { damage: string[]; ranges: number } {
  let now = 0
  const check = new RollingCheck(path, () => (now += 100))
  try {
    for (let ranges = 1; ranges < 10_000; ranges++) {
      const { damage, isRound } = check.next()
      if (damage.length > 0 || isRound) return { damage, ranges }
    }
    throw new Error('the round did not end')
  } finally {
    check.close()
  }
}

describe('a rolling check', () => {
  it('goes through a sound file in ranges, and finds nothing', () => {
    const { damage, ranges } = round(databaseWith('sound', 30_000))
    expect(damage).toEqual([])
    expect(ranges).toBeGreaterThan(10)
  })

  it.each([
    ['a table that is checked as a whole', 2_000],
    ['a table that is read by ranges', 30_000],
  ])('finds damaged pages of %s', (_, rows) => {
    const path = databaseWith(`damaged-${rows}`, rows)
    damagePages(path, 40, 36)
    expect(round(path).damage).not.toEqual([])
  })

  it('goes round again', () => {
    const path = databaseWith('again', 100)
    const check = new RollingCheck(path, () => 0)
    const rounds = Array.from({ length: 10 }, () => check.next()).filter(({ isRound }) => isRound)
    check.close()
    expect(rounds).toHaveLength(5)
  })
})
