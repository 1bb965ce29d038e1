import pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { createPipeline, judgeDue } from '../../src/pipeline/pass.ts'
import type { Database } from '../../src/storage/database.ts'
import { retryUnsaved } from '../../src/storage/detection/unsaved.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { fileOf } from '../../src/storage/sqlite/connection.ts'
import { Driver } from '../../src/storage/sqlite/driver.ts'
import { cli } from '../cli/harness.ts'
import { emptyDatabase, engine } from '../support/database.ts'
import { atEnd } from '../support/endings.ts'
import { paid, pipelineOn } from '../support/pipeline.ts'
import { START } from '../support/stripe/basics.ts'
import { newTenant } from '../tenancy/office.ts'

const databaseUrl = await emptyDatabase()
await migrate({ databaseUrl })
const database = await openDatabase({ databaseUrl })
atEnd(() => database.close())
const { pipeline, deliver, judgeAll } = pipelineOn(database)

/** A statement of the tables' owner. */
async function asOwner(statement: string): Promise<void> {
  if (engine === 'sqlite') {
    const connection = new Driver(fileOf(databaseUrl), { timeout: 5_000 })
    connection.exec(statement)
    connection.close()
    return
  }
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

/** From now on the database refuses records of objects whose id begins so, as it does data that does not fit. */
const refuse = (prefix: string): Promise<void> =>
  asOwner(
    engine === 'sqlite'
      ? `CREATE TRIGGER "refusal" BEFORE INSERT ON "StripeObject" WHEN NEW."stripeId" LIKE '${prefix}%'
         BEGIN SELECT RAISE(ABORT, 'does not fit'); END`
      : `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'does not fit' USING ERRCODE = '22003'; END $$;
         CREATE TRIGGER "refusal" BEFORE INSERT ON "StripeObject" FOR EACH ROW WHEN (NEW."stripeId" LIKE '${prefix}%')
         EXECUTE FUNCTION refuse()`,
  )

const accept = (): Promise<void> =>
  asOwner(
    engine === 'sqlite'
      ? 'DROP TRIGGER IF EXISTS "refusal"'
      : 'DROP TRIGGER IF EXISTS "refusal" ON "StripeObject"; DROP FUNCTION IF EXISTS refuse()',
  )

afterEach(accept)

const charges = (prefix: (index: number) => string, count = 20) =>
  Array.from({ length: count }, (_, index) => paid(START + index, { id: `${prefix(index)}_${index}` }))

const failedOf = (tenantId: string) =>
  database.prisma.stripeEvent.findMany({
    where: { tenantId, status: 'FAILED' },
    orderBy: { createdAt: 'asc' },
    select: { objectId: true, error: true },
  })

const counted = async (tenantId: string) => {
  const buckets = await database.prisma.metricBucket.findMany({ where: { tenantId } })
  return buckets.reduce((sum, { events }) => sum + events, 0)
}

describe('what cannot be saved because of its data', () => {
  it('is marked as failed with the reason, and all the rest of the batch is judged, once', async () => {
    const [mine, other] = [await newTenant(database), await newTenant(database)]
    await refuse('ch_odd')
    await deliver(
      mine,
      charges((index) => (index === 3 || index === 17 ? 'ch_odd' : 'ch_even')),
    )
    await deliver(
      other,
      charges(() => 'ch_other', 2),
    )
    await judgeAll(START + 60)
    expect(await failedOf(mine.id)).toEqual(
      ['ch_odd_3', 'ch_odd_17'].map((objectId) => ({
        objectId,
        error: expect.stringMatching(/^could not be saved: .*does not fit/),
      })),
    )
    expect(await counted(mine.id)).toBe(18)
    expect(await counted(other.id)).toBe(2)
    expect(await database.prisma.wake.count({ where: { events: { not: '[]' } } })).toBe(0)
    expect(await database.prisma.stripeEvent.count({ where: { status: 'PENDING' } })).toBe(0)
  })

  it('is judged again when asked for, by the command that doctor names', async () => {
    const mine = await newTenant(database)
    await refuse('ch_later')
    await deliver(
      mine,
      charges(() => 'ch_later', 3),
    )
    await judgeAll(START + 60)
    expect(await failedOf(mine.id)).toHaveLength(3)
    expect(await counted(mine.id)).toBe(0)
    await accept()
    const env = {
      DATABASE_URL: databaseUrl,
      BILLINGWATCH_SECRET: 'a secret for tests, longer than thirty-two characters',
    }
    expect((await cli(env, ['retry', mine.id, '--json'])).json()).toEqual({ retried: 3 })
    expect((await cli(env, ['retry', mine.id, '--json'])).json()).toEqual({ retried: 0 })
    await judgeAll(Date.now() / 1_000 + 60)
    expect(await failedOf(mine.id)).toEqual([])
    expect(await counted(mine.id)).toBe(3)
  })

  it('is not what a detector failed at: that stays as it is', async () => {
    const mine = await newTenant(database)
    await deliver(
      mine,
      charges(() => 'ch_judged', 1),
    )
    await judgeAll(START + 60)
    await database.prisma.stripeEvent.updateMany({
      where: { tenantId: mine.id },
      data: { status: 'FAILED', error: 'NEGATIVE_INVOICE: odd' },
    })
    expect(await retryUnsaved(database, mine.id, new Date(START * 1_000))).toBe(0)
    expect(await failedOf(mine.id)).toHaveLength(1)
  })
})

/** The database whose judging transactions end with an error. */
const failing = (error: Error): Database => {
  const broken = { ...database.sql, write: () => Promise.reject(error) }
  return {
    ...database,
    sql: { ...broken, all: database.sql.all },
    sqlFor: () => ({ ...broken, all: database.sql.all }),
    begin: () => Promise.reject(error),
  }
}

describe('what cannot be saved because of its surroundings', () => {
  it.each([
    ['a statement that took too long', '57014'],
    ['a lost connection', 'ECONNRESET'],
    ['a full disk', '53100'],
    ['a full disk under SQLite', 'SQLITE_FULL'],
    ['a locked file', 'SQLITE_BUSY'],
  ])('fails no event: %s', async (_, code) => {
    const mine = await newTenant(database)
    await deliver(
      mine,
      charges(() => `ch_${code}`, 2),
    )
    const broken = failing(Object.assign(new Error(code), { code }))
    await expect(
      judgeDue(createPipeline({ ...pipeline, database: broken }), new Date((START + 60) * 1_000)),
    ).rejects.toThrow(code)
    expect(await failedOf(mine.id)).toEqual([])
    await judgeAll(START + 60)
    expect(await counted(mine.id)).toBe(2)
  })
})
