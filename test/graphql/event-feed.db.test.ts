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
