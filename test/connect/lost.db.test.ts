import { expect, it } from 'vitest'
import { z } from 'zod'
import { simulate } from '../../src/simulator/simulate.ts'
import { USUAL_START } from '../../src/simulator/write.ts'
import { LISTENED_TYPES } from '../../src/stripe/reading.ts'
import { type Clock, DAY, MINUTE, type Seconds, toDate } from '../../src/time.ts'
import { testDatabase } from '../support/database.ts'
import { data, serveForAll } from '../support/graphql.ts'
import { pipelineOn } from '../support/pipeline.ts'
import type { Json } from '../support/stripe/basics.ts'
import { seeded } from '../support/times.ts'
import { PATIENT, stripe } from './harness.ts'
import { type SteppedTenant, steppedTenant } from './steps.ts'

const database = await testDatabase()
const served = await serveForAll(database)
const { deliver, judgeAll } = pipelineOn(database)

/** So often a small account is compared. */
const EVERY: Seconds = 96 * MINUTE
const CONNECTED: Seconds = USUAL_START + 16 * DAY
const END: Seconds = CONNECTED + 4 * DAY

interface Arriving {
  id: string
  at: Seconds
  lag: Seconds
  event: Json
}

const COMPLETENESS =
  '{ tenant { stripeConnections { completeness { through atStripe stored filled missing } } } }'
const completeness = z.object({
  tenant: z.object({ stripeConnections: z.array(z.object({ completeness: z.unknown() })) }),
})

async function foundIn({ scope: { db } }: SteppedTenant): Promise<string[]> {
  const anomalies = await db.anomaly.findMany({ where: { detector: { not: 'WEBHOOK_LAG' } } })
  return anomalies
    .map(
      ({ detector, fingerprint, startedAt, origin }) =>
        `${detector} ${fingerprint} ${startedAt.toISOString().slice(0, 13)} ${origin}`,
    )
    .sort()
}

it(
  'one in twenty webhooks that never come are filled in: complete, with the anomalies of a tenant that lost none',
  async () => {
    const { events } = simulate({ seed: '2', days: 24, start: USUAL_START, incidents: 'on' })
    const all = [...events]
      .filter(({ event }) => event.livemode && event.created < END && LISTENED_TYPES.includes(event.type))
      .map(({ event, received }): Arriving => {
        const lag = (received ?? event.created + 1) - event.created
        return { id: event.id, at: event.created, lag, event: { ...event } }
      })
    // The past of three days is fetched; what came before nobody asks for.
    const past = all.filter(({ at }) => at < CONNECTED)
    const live = all.filter(({ at }) => at >= CONNECTED)
    const random = seeded(2)
    const lost = new Set(live.filter(() => random() < 0.05).map(({ id }) => id))
    expect(lost.size).toBeGreaterThan(5)

    const account = await stripe()
    let now = CONNECTED
    account.now = () => now
    const clock: Clock = { now: () => toDate(now), steady: () => performance.now() }
    account.happen(past.map(({ event }) => event))
    const whole = await steppedTenant(database, account, undefined, clock)
    const losing = await steppedTenant(database, account, undefined, clock)
    for (const tenant of [whole, losing]) {
      await tenant.begin({ days: 3 })
      await tenant.goOn()
    }
    const lagOf = new Map(live.map(({ id, lag }) => [id, lag]))
    const lag = (id: string): Seconds => lagOf.get(id) ?? 1
    let unseen = 0
    for (let from = CONNECTED; from < END; from += EVERY) {
      now = from + EVERY
      const arrived = live.filter(({ at, lag }) => at + lag >= from && at + lag < now)
      account.happen(live.filter(({ at }) => at >= from && at < now).map(({ event }) => event))
      await deliver(
        whole,
        arrived.map(({ event }) => event),
        lag,
      )
      await deliver(
        losing,
        arrived.filter(({ id }) => !lost.has(id)).map(({ event }) => event),
        lag,
      )
      unseen += arrived.filter(({ id }) => lost.has(id)).length
      if (unseen > 0) unseen -= (await losing.compare()).filled
      await judgeAll(now)
    }
    now = END + 20 * MINUTE
    for (const tenant of [whole, losing]) await tenant.compare()
    await judgeAll(now)

    const expected = await foundIn(whole)
    expect(new Set(expected.map((one) => one.split(' ')[0])).size).toBeGreaterThan(2)
    expect(expected.join()).toContain('LIVE')
    expect(await foundIn(losing)).toEqual(expected)
    const { tenant } = completeness.parse(await data(served, losing.key, COMPLETENESS))
    const fetched = past.filter(({ at }) => at >= CONNECTED - 3 * DAY).length
    const atStripe = fetched + live.length
    expect(tenant.stripeConnections).toEqual([
      {
        completeness: {
          through: toDate(now - 15 * MINUTE).toISOString(),
          atStripe,
          stored: atStripe,
          filled: lost.size,
          missing: 0,
        },
      },
    ])
  },
  PATIENT,
)
