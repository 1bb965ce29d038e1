import pg from 'pg'
import { describe, expect, it } from 'vitest'
import type { Database, Purpose } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { type Reader, type SystemWriter, text } from '../../src/storage/sql.ts'
import { emptyDatabase, engine } from '../support/database.ts'
import { atEnd } from '../support/endings.ts'
import { hasPooler, startPooler } from '../support/pooler.ts'
import { insertWorld } from '../support/rows.ts'

const WAKE = 'SELECT "dueAt" FROM "Wake" WHERE "tenantId" = ? AND "id" = ?'
const OF_WAKE = 'SELECT "dueAt" FROM "Wake"%'
const STREAMS = 'SELECT * FROM "Stream" WHERE "tenantId" = ?'

/** @param like pattern of statements @returns the names under which the session of the transaction has prepared such */
async function preparedIn(tx: Reader, like: string): Promise<string[]> {
  const rows = await tx.all(`SELECT "name" FROM pg_prepared_statements WHERE "statement" LIKE '${like}'`)
  return rows.map(({ name }) => text(name))
}

async function asOwner(databaseUrl: string, statement: string): Promise<void> {
  const owner = new pg.Client({ connectionString: databaseUrl })
  await owner.connect()
  await owner.query(statement)
  await owner.end()
}

const preparedBy = (database: Database, purpose: Purpose): Promise<string[]> =>
  database.sqlFor(purpose).write(async (tx) => {
    for (const id of ['wke_a', 'wke_b']) await tx.all(WAKE, ['ten_none', id])
    return preparedIn(tx, OF_WAKE)
  })

const opened = async (databaseUrl: string): Promise<Database> => {
  const database = await openDatabase({ databaseUrl })
  atEnd(() => database.close())
  return database
}

const newDatabase = async (): Promise<string> => {
  const databaseUrl = await emptyDatabase()
  await migrate({ databaseUrl })
  return databaseUrl
}

describe.runIf(engine === 'postgresql')('a statement on PostgreSQL', async () => {
  if (engine !== 'postgresql') return
  const databaseUrl = await newDatabase()
  const database = await opened(databaseUrl)

  // These first: they share their connections with judging.
  it.each<Purpose>(['request', 'maintenance'])('of a %s is planned anew each time', async (purpose) => {
    expect(await preparedBy(database, purpose)).toEqual([])
  })

  it.each<Purpose>(['delivery', 'judging'])('of a %s is prepared once a connection', async (purpose) => {
    expect(await preparedBy(database, purpose)).toHaveLength(1)
  })

  it('that was prepared while its table was short does not read all of it once it is long', async () => {
    const tenantId = await insertWorld(database, 'a')
    await database.sqlFor('judging').write(async (tx) => {
      await tx.enter(tenantId)
      await insertWakes(tx, tenantId, 1)
    })
    await asOwner(databaseUrl, 'VACUUM ANALYZE "Wake"')
    const plan = await database.sqlFor('judging').write(async (tx) => {
      await tx.enter(tenantId)
      // The server keeps a plan after the fifth time.
      for (let time = 0; time < 7; time++) await tx.all(WAKE, [tenantId, 'wke_a'])
      await insertWakes(tx, tenantId, 20_000, 'more')
      const [name] = await preparedIn(tx, OF_WAKE)
      return tx.all(`EXPLAIN EXECUTE ${name} ('${tenantId}', 'more_1')`)
    })
    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('Index')
  })

  it('that asks for whatever columns there are is answered after a migration has added one', async () => {
    const sql = database.sqlFor('judging')
    for (let time = 0; time < 7; time++) await sql.all(STREAMS, ['ten_none'])
    await asOwner(databaseUrl, 'ALTER TABLE "Stream" ADD COLUMN "later" TEXT')
    expect(await sql.all(STREAMS, ['ten_none'])).toEqual([])
  })

  it('is no longer prepared once there are very many, and answered the same', async () => {
    const [answers, names] = await database.sqlFor('judging').write(async (tx) => {
      const answers: unknown[] = []
      for (let n = 0; n < 300; n++)
        answers.push((await tx.all(`SELECT ?::int + ${n} AS "sum"`, [1]))[0]?.['sum'])
      return [answers, await preparedIn(tx, '%')]
    })
    expect(answers).toEqual(Array.from({ length: 300 }, (_, n) => n + 1))
    expect(names.length).toBeGreaterThan(100)
    expect(names.length).toBeLessThanOrEqual(200)
  })
})

describe.runIf(engine === 'postgresql' && hasPooler)('a statement behind PgBouncer', async () => {
  if (engine !== 'postgresql' || !hasPooler) return
  const database = await opened(await startPooler(await newDatabase()))

  it('is not prepared, and is answered in whichever session it runs', async () => {
    const sql = database.sqlFor('judging')
    const once = async () => {
      for (let time = 0; time < 5; time++) await sql.all(WAKE, ['ten_none', 'wke_a'])
    }
    await Promise.all(Array.from({ length: 20 }, once))
    expect(await preparedBy(database, 'judging')).toEqual([])
  })
})

const insertWakes = (tx: SystemWriter, tenantId: string, count: number, prefix = 'wke'): Promise<unknown> =>
  tx.insert(
    { table: 'Wake', columns: ['tenantId', 'id', 'dueAt', 'events'] },
    Array.from({ length: count }, (_, n) => [tenantId, `${prefix}_${n}`, new Date(0), '[]']),
  )
