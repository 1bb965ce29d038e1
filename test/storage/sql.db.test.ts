import fc from 'fast-check'
import { expect, it } from 'vitest'
import { newId } from '../../src/ids.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { date, flag, type Insert, integer, text, type Value } from '../../src/storage/sql.ts'
import { engine, testDatabase } from '../support/database.ts'
import { AT, endpointRow, tenantRow } from '../support/rows.ts'

const database = await testDatabase()
const { prisma, sql } = database

const tenantId = newId('ten')
const endpointId = newId('whe')
const scope = scopeTo(database, tenantId)
await prisma.tenant.create({ data: tenantRow(tenantId) })
await prisma.webhookEndpoint.create({ data: endpointRow(tenantId, endpointId) })

const EVENT = [
  'tenantId',
  'stripeId',
  'endpointId',
  'livemode',
  'type',
  'createdAt',
  'receivedAt',
  'status',
  'amount',
  'payload',
]
const INTO: Insert = { table: 'StripeEvent', columns: EVENT, conflict: 'DO NOTHING', returning: 'stripeId' }

const event = (
  stripeId: string,
  at: Date,
  amount: bigint | number | null,
  payload: Uint8Array | null,
): Value[] => [tenantId, stripeId, endpointId, true, 'charge.failed', at, at, 'PENDING', amount, payload]

const insert = (rows: Value[][]) =>
  sql.write(async (tx) => {
    await tx.enter(tenantId)
    return tx.insert(INTO, rows)
  })

it('gives the key of each row that was new, and only of those', async () => {
  const bytes = new Uint8Array([0, 1, 254, 255])
  expect(await insert([event('evt_1', AT, 5, bytes), event('evt_2', AT, 6, null)])).toEqual([
    'evt_1',
    'evt_2',
  ])
  expect(await insert([event('evt_2', AT, 9, null), event('evt_3', AT, 7, null)])).toEqual(['evt_3'])
  const [row] = await sql.all('SELECT * FROM "StripeEvent" WHERE "tenantId" = ? AND "stripeId" = ?', [
    tenantId,
    'evt_1',
  ])
  expect(flag(row?.['livemode'])).toBe(true)
  expect(text(row?.['type'])).toBe('charge.failed')
  expect(integer(row?.['amount'])).toBe(5)
  expect(date(row?.['createdAt'])).toEqual(AT)
  expect(new Uint8Array(row?.['payload'] as Uint8Array)).toEqual(bytes)
  expect(row?.['error']).toBeNull()
})

it('inserts more rows at once than one statement may have parameters', async () => {
  const rows = Array.from({ length: 6_600 }, (_, n) => event(`evt_many_${n}`, AT, n, null))
  expect(await insert(rows)).toHaveLength(6_600)
})

it('inserts nothing for no rows', async () => {
  expect(await insert([])).toEqual([])
})

it('takes a question mark inside quotes for what it is', async () => {
  expect(await sql.all(`SELECT 'why?' AS "a?", ? AS "b"`, ['c'])).toEqual([{ 'a?': 'why?', b: 'c' }])
})

it('refuses a number that does not fit, instead of rounding it', async () => {
  const big = 2n ** 53n + 1n
  await insert([event('evt_big', AT, big, null)])
  const where = { tenantId, stripeId: 'evt_big' }
  expect(await prisma.stripeEvent.findFirst({ where, select: { amount: true } })).toEqual({ amount: big })
  const [row] = await sql.all('SELECT "amount" FROM "StripeEvent" WHERE "stripeId" = ?', ['evt_big'])
  expect(() => integer(row?.['amount'])).toThrow(TypeError)
})

it('writes times, numbers and bytes as Prisma does, so that each finds what the other wrote', async () => {
  const time = fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true })
  const amount = fc.maxSafeInteger()
  const payload = fc.uint8Array({ maxLength: 20 }).map((bytes) => new Uint8Array(bytes))
  await fc.assert(
    fc.asyncProperty(time, amount, payload, async (at, value, bytes) => {
      const [raw, own] = [newId('evn'), newId('evn')]
      await insert([event(raw, at, value, bytes)])
      await scope.db.stripeEvent.create({
        data: {
          tenantId,
          stripeId: own,
          endpointId,
          livemode: true,
          type: 'charge.failed',
          createdAt: at,
          receivedAt: at,
          status: 'PENDING',
          amount: value,
          payload: bytes,
        },
      })
      const ids = [raw, own].sort()
      const byPrisma = await prisma.stripeEvent.findMany({
        where: {
          stripeId: { in: ids },
          createdAt: at,
          receivedAt: { gte: at, lte: at },
          amount: value,
          payload: bytes,
        },
      })
      expect(byPrisma.map(({ stripeId }) => stripeId).sort()).toEqual(ids)
      const byHand = await sql.all(
        'SELECT "stripeId", "createdAt" FROM "StripeEvent" WHERE "stripeId" IN (?, ?) AND "createdAt" = ? AND "receivedAt" <= ? AND "amount" = ? AND "payload" = ?',
        [raw, own, at, at, value, bytes],
      )
      expect(byHand.map((row) => row['stripeId']).sort()).toEqual(ids)
      expect(byHand.map((row) => date(row['createdAt']))).toEqual([at, at])
    }),
    { numRuns: 30 },
  )
})

it.runIf(engine === 'sqlite')('stores the same text and the same type as Prisma', async () => {
  const rows = await sql.all(
    `SELECT DISTINCT typeof("createdAt") AS t, typeof("amount") AS n, typeof("livemode") AS b, typeof("payload") AS p,
       length("createdAt") AS l FROM "StripeEvent" WHERE "stripeId" LIKE 'evn%'`,
  )
  expect(rows).toEqual([{ t: 'text', n: 'integer', b: 'integer', p: 'blob', l: 29 }])
})
