import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DETECTORS } from '../../src/detection/registry.ts'
import { dryReplay, readHistory } from '../../src/pipeline/replay.ts'
import { storedReplay } from '../../src/pipeline/stored-replay.ts'
import { deleteTenant } from '../../src/tenancy/tenants.ts'
import { testDatabase } from '../support/database.ts'
import { anomaliesOf, double, paid, pipelineOn } from '../support/pipeline.ts'
import { type Json, START } from '../support/stripe/basics.ts'
import { newTenant } from '../tenancy/office.ts'

const database = await testDatabase()
const { pipeline, deliver, judgeAll } = pipelineOn(database)

type Tenant = Awaited<ReturnType<typeof newTenant>>
const tenant = () => newTenant(database)

describe('a replay', () => {
  const history = (events: readonly Json[]) => events.map((one) => JSON.stringify(one))
  const parts = () => ({ ...pipeline, clock: { now: () => new Date('2026-01-01T00:00:00Z') } })
  const replay = (mine: Tenant, lines: string[], batch?: number) =>
    storedReplay(
      parts(),
      mine.id,
      readHistory(lines, mine.endpoint.id, () => {}),
      batch === undefined ? {} : { batch },
    )

  it('stores and judges with the clock of the events, as history', async () => {
    const mine = await tenant()
    const counts = await replay(mine, history([...double(START), paid(START + 86_400)]))
    expect(counts).toEqual({ stored: 3, duplicates: 0, late: 0, anomalies: 1 })
    const [anomaly] = await anomaliesOf(mine)
    expect(anomaly).toMatchObject({ origin: 'HISTORY', detectedAt: new Date((START + 5) * 1_000) })
    expect(anomaly?.endedAt).not.toBeNull()
  })

  it('of the same file again changes nothing', async () => {
    const mine = await tenant()
    const lines = history(double(START))
    await replay(mine, lines)
    expect(await replay(mine, lines)).toEqual({ stored: 0, duplicates: 2, late: 0, anomalies: 0 })
  })

  it('takes the time of delivery from a line that has one', async () => {
    const mine = await tenant()
    const lines = [
      JSON.stringify({ ...paid(START), received: START + 7_200 }),
      JSON.stringify(paid(START + 60)),
    ]
    await replay(mine, lines)
    const events = await mine.scope.db.stripeEvent.findMany({ orderBy: { createdAt: 'asc' } })
    expect(events.map(({ receivedAt }) => receivedAt.getTime() / 1_000)).toEqual([
      START + 7_200,
      START + 7_200,
    ])
  })

  it('takes it from each line for itself, whatever the order of the lines', async () => {
    const mine = await tenant()
    const times = [START + 500, START + 300, START]
    await replay(
      mine,
      times.map((at) => JSON.stringify({ ...paid(at), received: at + 1 })),
    )
    const events = await mine.scope.db.stripeEvent.findMany({ orderBy: { createdAt: 'desc' } })
    expect(events.map(({ receivedAt }) => receivedAt.getTime() / 1_000)).toEqual(times.map((at) => at + 1))
  })

  it('of a tenant that is deleted meanwhile ends, and leaves nothing behind', async () => {
    const mine = await tenant()
    const lines = function* (): Generator<string> {
      for (let day = 0; day < 5; day += 1) yield JSON.stringify(paid(START + day * 86_400))
    }
    let erased: Promise<void> | undefined
    const replayed = storedReplay(
      parts(),
      mine.id,
      readHistory(lines(), mine.endpoint.id, () => {}),
      {
        batch: 1,
        onProgress: () => {
          erased ??= deleteTenant(database, parts(), mine.id, { settleMs: 500 })
        },
      },
    )
    await expect(replayed).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: `the tenant ${mine.id} was deleted meanwhile`,
    })
    await erased
    const [row] = await database.sql.all('SELECT COUNT(*) AS "n" FROM "StripeEvent" WHERE "tenantId" = ?', [
      mine.id,
    ])
    expect(Number(row?.['n'])).toBe(0)
  })

  it('rejects lines that are no events, by their number, and goes on', async () => {
    const mine = await tenant()
    const rejected: number[] = []
    const lines = ['not json', '', '[]', JSON.stringify(paid(START))]
    const counts = await storedReplay(
      parts(),
      mine.id,
      readHistory(lines, mine.endpoint.id, ({ line }) => void rejected.push(line)),
    )
    expect(rejected).toEqual([1, 3])
    expect(counts.stored).toBe(1)
  })

  const shape = ({
    detector,
    fingerprint,
    startedAt,
  }: {
    detector: string
    fingerprint: string
    startedAt: Date | number
  }) =>
    `${detector} ${fingerprint} ${Math.floor((typeof startedAt === 'number' ? startedAt * 1_000 : startedAt.getTime()) / 3_600_000)}`

  it('gives the same incidents stored, dry and live, whatever the batches and repeats', async () => {
    const step = fc.record({
      gap: fc.integer({ min: 1, max: 4_000 }),
      customer: fc.constantFrom('cus_a', 'cus_b', 'cus_c'),
      again: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 2, maxLength: 40 }),
        fc.integer({ min: 1, max: 20 }),
        async (steps, batch) => {
          let at = START
          const events = steps.flatMap(({ gap, customer, again }) => {
            at += gap
            const one = paid(at, { customer })
            return again ? [one, one] : [one]
          })
          const lines = history(events)
          const dry = await dryReplay(
            DETECTORS,
            readHistory(lines, 'whe_dry', () => {}),
            { choices: new Map(), wall: new Date(0) },
          )
          const expected = dry.map(({ incident }) => shape(incident)).sort()
          const [stored, live] = [await tenant(), await tenant()]
          await replay(stored, lines, batch)
          expect((await anomaliesOf(stored)).map(shape).sort()).toEqual(expected)
          for (let from = 0; from < events.length; from += batch) {
            await deliver(live, events.slice(from, from + batch), 0)
            await judgeAll(Number(events[Math.min(from + batch, events.length) - 1]?.['created']))
          }
          expect((await anomaliesOf(live)).map(shape).sort()).toEqual(expected)
        },
      ),
      { numRuns: 12 },
    )
  })
})
