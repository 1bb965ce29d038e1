import { expect, test } from 'vitest'
import { memoryBus } from '../../src/bus/memory.ts'
import { EventFeed } from '../../src/graphql/live/event-feed.ts'
import { followAlone } from '../../src/graphql/live/follow.ts'
import type { ReadOnce } from '../../src/graphql/live/shared-reader.ts'
import { newId } from '../../src/ids.ts'
import { createLogger } from '../../src/log.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { systemClock } from '../../src/time.ts'
import { testDatabase } from '../support/database.ts'
import { makeTenant } from '../support/graphql.ts'
import { eventRow } from '../support/rows.ts'

const database = await testDatabase()

/** So many may one be behind. */
const KEEP = 50

test('tells who takes events so slowly that some would be missed, and misses none for the others', async () => {
  const { id, endpointId } = await makeTenant(database)
  const scope = scopeTo(database, id)
  const bus = memoryBus()
  const readOnce: ReadOnce = (tenantId, work) => work(scopeTo(database, tenantId))
  const feed = new EventFeed({ bus, clock: systemClock, log: createLogger('silent'), readOnce, keep: KEEP })
  const stop = new AbortController()
  const store = async (count: number) => {
    const receivedAt = systemClock.now()
    const rows = Array.from({ length: count }, () => ({
      ...eventRow(id, endpointId, `evt_${newId('evn')}`),
      receivedAt,
    }))
    await scope.db.stripeEvent.createMany({ data: rows })
    bus.publish(`events:${id}`)
  }

  const fromNow = async () => {
    const joined = await feed.join(scope)
    return followAlone(joined, joined.reader.head, stop.signal)
  }
  const [slow, fast] = [await fromNow(), await fromNow()]
  const begun = [slow.next(), fast.next()]
  await store(1)
  await Promise.all(begun)
  const seen = new Set<string>()
  for (let stored = KEEP; stored <= 3 * KEEP; stored += KEEP) {
    await store(KEEP)
    while (seen.size < stored) seen.add((await fast.next()).value?.event.stripeId ?? '')
  }

  await expect(async () => {
    for (;;) await slow.next()
  }).rejects.toMatchObject({ code: 'SLOW_CONSUMER' })
  stop.abort()
})

test('looks back for events that became visible late, and reads the rows of new ones alone', async () => {
  const { id, endpointId } = await makeTenant(database)
  const scope = scopeTo(database, id)
  const bus = memoryBus()
  const statements: { text: string; rows: number }[] = []
  const readOnce: ReadOnce = (tenantId, work) => {
    const own = scopeTo(database, tenantId)
    const tuples: typeof own.sql.tuples = async (text, values) => {
      const rows = await own.sql.tuples(text, values)
      statements.push({ text, rows: rows.length })
      return rows
    }
    return work({ ...own, sql: { ...own.sql, tuples } })
  }
  const feed = new EventFeed({ bus, clock: systemClock, log: createLogger('silent'), readOnce })
  const stop = new AbortController()
  const joined = await feed.join(scope)
  const arrivals = followAlone(joined, joined.reader.head, stop.signal)
  const now = systemClock.now().getTime()
  /** Of one second after another, the last one before the others: as a slower process stores them. */
  for (const [stored, receivedAt] of [now, now + 1_000, now + 2_000, now - 1_000].entries()) {
    const row = { ...eventRow(id, endpointId, `evt_${stored}_${id}`), receivedAt: new Date(receivedAt) }
    await scope.db.stripeEvent.create({ data: row })
    bus.publish(`events:${id}`)
    expect((await arrivals.next()).value?.event.stripeId).toBe(row.stripeId)
  }
  const whole = statements.filter(({ text }) => text.includes('"endpointId"'))
  expect(whole.map(({ rows }) => rows)).toEqual([1, 1, 1, 1])
  stop.abort()
})
