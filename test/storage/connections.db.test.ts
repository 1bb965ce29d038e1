import { describe, expect, it, onTestFinished } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { integer } from '../../src/storage/sql.ts'
import { emptyDatabase, engine } from '../support/database.ts'

const SESSIONS = `SELECT count(*)::int AS "sessions" FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = current_setting('application_name')`

describe.runIf(engine === 'postgresql')('connections to PostgreSQL', async () => {
  if (engine !== 'postgresql') return
  const databaseUrl = await emptyDatabase()
  await migrate({ databaseUrl })
  const limitedTo = (limit: string): string => {
    const url = new URL(databaseUrl)
    url.searchParams.set('connection_limit', limit)
    url.searchParams.set('application_name', `limited to ${limit}`)
    return url.href
  }

  /** Asks for more at once than there may be connections. @returns how many sessions there were at most */
  async function crowd(database: Database): Promise<number> {
    const tasks = Array.from({ length: 20 }, (_, nth) =>
      database.sqlFor(nth % 2 === 0 ? 'delivery' : 'request').write((tx) => tx.all(SESSIONS)),
    )
    return Math.max(...(await Promise.all(tasks)).map(([row]) => integer(row?.['sessions'])))
  }

  it.each([
    ['4', 4],
    ['8', 8],
  ])('are %s at most where the URL says so, and everything is done', async (limit, most) => {
    const database = await openDatabase({ databaseUrl: limitedTo(limit) })
    onTestFinished(() => database.close())
    expect(await crowd(database)).toBe(most)
  })

  it.each(['0', '3', '-4', '2.5', 'many', '', '1001'])('cannot be "%s"', async (limit) => {
    await expect(openDatabase({ databaseUrl: limitedTo(limit) })).rejects.toThrow(
      'must be a whole number from 4 to 1000',
    )
  })
})
