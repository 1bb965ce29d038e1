import { describe, expect, it } from 'vitest'
import { DETECTORS } from '../../src/detection/registry.ts'
import { dryReplay, readHistory } from '../../src/pipeline/replay.ts'
import { storedReplay } from '../../src/pipeline/stored-replay.ts'
import { testDatabase } from '../support/database.ts'
import { anomaliesOf, paid, pipelineOn } from '../support/pipeline.ts'
import { type Json, START } from '../support/stripe/basics.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { newTenant } from '../tenancy/office.ts'

const database = await testDatabase()
const { pipeline, deliver, judgeAll } = pipelineOn(database)

const HOUR = 3_600
const TO = START + 15 * 24 * HOUR
const FROM = TO - 16 * HOUR

const refund = (at: number): Json =>
  event('charge.refunded', charge({ created: at - HOUR, amount_refunded: 2_900, refunded: true }), {
    created: at,
  })

/** Two weeks of a payment an hour. */
const ordinary = Array.from({ length: 14 * 24 }, (_, hour) => paid(START + hour * HOUR))
/** Sixteen refunds of an outage, one an hour, the odd ones delivered before the even ones. */
const refunds = Array.from({ length: 16 }, (_, hour) => refund(FROM + hour * HOUR + 60))
const backlog = [...refunds.filter((_, i) => i % 2 === 1), ...refunds.filter((_, i) => i % 2 === 0)].map(
  (one, index) => ({ one, received: TO + index * 120 }),
)
const last = TO + 15 * 120

const createdOf = (one: Json) => Number(one['created'])

/** Each batch is judged on what the database holds, as after a restart. */
async function live() {
  const mine = await newTenant(database)
  await deliver(mine, ordinary, 0)
  await judgeAll(TO - 16 * HOUR - 1)
  for (const [index, { one, received }] of backlog.entries()) {
    await deliver(mine, [one], received - createdOf(one))
    if (index % 4 === 3) await judgeAll(received)
  }
  return mine
}

const heldOf = async ({ id }: { id: string }) => {
  const rows = await database.sql.all('SELECT "stripeId" FROM "HeldEvent" WHERE "tenantId" = ?', [id])
  return rows.length
}

describe('a backlog', () => {
  it('waits in the database, and is judged an hour after its last event', async () => {
    const mine = await live()
    expect(await heldOf(mine)).toBe(16)
    const open = await mine.scope.db.stripeEvent.count({ where: { status: { not: 'PROCESSED' } } })
    expect(open).toBe(0)
    await judgeAll(last + HOUR - 1)
    expect((await anomaliesOf(mine)).map(({ detector }) => detector)).not.toContain('REFUND_SPIKE')
    await judgeAll(last + HOUR)
    const spike = (await anomaliesOf(mine)).find(({ detector }) => detector === 'REFUND_SPIKE')
    expect(spike?.startedAt.getTime()).toBe((FROM + 60) * 1_000)
    expect(await heldOf(mine)).toBe(0)
  })

  it('at the end of a history is judged with it, stored or not', async () => {
    const lines = [
      ...ordinary.map((one) => JSON.stringify(one)),
      ...backlog.map(({ one, received }) => JSON.stringify({ ...one, received })),
    ]
    const dry = await dryReplay(
      DETECTORS,
      readHistory(lines, 'whe_dry', () => {}),
      { choices: new Map(), wall: new Date(0) },
    )
    const expected = dry.map(({ incident }) => `${incident.detector} ${incident.startedAt}`).sort()
    expect(expected).toContain(`REFUND_SPIKE ${FROM + 60}`)
    const mine = await newTenant(database)
    const parts = { ...pipeline, clock: { now: () => new Date('2026-01-01T00:00:00Z') } }
    await storedReplay(
      parts,
      mine.id,
      readHistory(lines, mine.endpoint.id, () => {}),
      { batch: 60 },
    )
    expect(await heldOf(mine)).toBe(0)
    const stored = await anomaliesOf(mine)
    expect(
      stored.map(({ detector, startedAt }) => `${detector} ${startedAt.getTime() / 1_000}`).sort(),
    ).toEqual(expected)
  })
})
