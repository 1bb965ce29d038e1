import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { alertsOn, deliveriesOf } from '../support/alerts.ts'
import { end, raise } from '../support/anomalies.ts'
import { testDatabase } from '../support/database.ts'
import { startReceiver } from '../support/receiver.ts'
import { clock } from '../support/stepped-clock.ts'
import { newTenant } from '../tenancy/office.ts'

const named = z.object({ id: z.string() })
const about = named.extend({ related: z.array(named) })
const event = z.object({
  type: z.string(),
  data: z.union([about, z.object({ anomalies: z.array(about) })]),
})

const SEVERITIES = ['MEDIUM', 'HIGH', 'CRITICAL'] as const

/** What may happen, in any order; `of` is one of the anomalies that there are, or none. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('raise' as const),
      of: fc.nat(5),
      severity: fc.constantFrom(...SEVERITIES),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('end' as const), of: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('fail' as const), times: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('wait' as const), seconds: fc.constantFrom(0, 3, 10, 60) }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

it('whatever order anomalies of one cause come, end and fail to be sent in, none is lost, and each is named before its end', {
  timeout: 120_000,
}, async () => {
  const database = await testDatabase()
  const alerts = alertsOn(database)

  /** @returns the events that were accepted, and the anomalies with whether they ended */
  async function play(steps: readonly Step[]) {
    const { id: tenantId, scope } = await newTenant(database)
    let failures = 0
    const events: z.infer<typeof event>[] = []
    const receiver = await startReceiver(({ body }, response) => {
      const isRefused = failures > 0
      if (isRefused) failures -= 1
      else events.push(event.parse(JSON.parse(body)))
      return response.writeHead(isRefused ? 500 : 200).end()
    })
    await alerts.webhookOf(scope, receiver.url, { routing: { minSeverity: 'LOW' } })
    const open = new Map<string, boolean>()
    for (const one of steps) {
      const id = [...open.keys()][one.type === 'raise' || one.type === 'end' ? one.of : 0]
      if (one.type === 'raise') {
        const { severity } = one
        const causes = id === undefined ? [] : [id]
        open.set(await raise(database, tenantId, { severity, causes, detectedAt: clock.now() }), true)
      } else if (one.type === 'fail') failures = one.times
      else if (one.type === 'wait') {
        clock.forward(one.seconds)
        await alerts.tick()
      } else if (id !== undefined && open.get(id)) {
        await end(database, tenantId, id)
        open.set(id, false)
      }
    }
    failures = 0
    const isDone = async () => (await deliveriesOf(scope)).every(({ state }) => state !== 'WAITING')
    do {
      await alerts.tick()
      clock.forward(1_800)
    } while (!(await isDone()))
    await receiver.close()
    return { events, open, deliveries: await deliveriesOf(scope) }
  }

  const anomaliesOf = ({ data }: z.infer<typeof event>) => ('anomalies' in data ? data.anomalies : [data])

  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const { events, open, deliveries } = await play(steps)
      for (const [id, isOpen] of open) {
        const names = (one: z.infer<typeof event>) =>
          anomaliesOf(one).some(
            (anomaly) => anomaly.id === id || anomaly.related.some((other) => other.id === id),
          )
        const first = events.findIndex(names)
        expect(first, 'named').not.toBe(-1)
        const ends = events.flatMap(({ type, data }, i) =>
          type === 'anomaly.ended' && 'id' in data && data.id === id ? [i] : [],
        )
        expect(ends.length, 'ends').toBe(isOpen ? 0 : 1)
        for (const at of ends) expect(at).toBeGreaterThan(first)
      }
      const begun = deliveries.filter(({ reason, state }) => reason === 'RAISED' && state === 'DELIVERED')
      const raisedIn = events.filter(({ type }) => type !== 'anomaly.ended' && type !== 'anomaly.digest')
      expect(raisedIn.filter(({ type }) => type === 'anomaly.raised').length).toBeLessThanOrEqual(
        begun.length,
      )
    }),
    { numRuns: 10 },
  )
})
