import { beforeAll, expect, it } from 'vitest'
import { DETECTORS } from '../../src/detection/registry.ts'
import { preview } from '../../src/pipeline/preview.ts'
import { DAY, HOUR, MINUTE, type Seconds, toDate } from '../../src/time.ts'
import { testDatabase } from '../support/database.ts'
import { pipelineOn } from '../support/pipeline.ts'
import { rebuildingOn } from '../support/rebuild.ts'
import { startStripe } from '../support/stripe-api.ts'
import { MONDAY } from '../support/times.ts'
import { LIVE_KEY, PATIENT, payments } from './harness.ts'
import { steppedTenant } from './steps.ts'

const database = await testDatabase()
const { deliver, judgeAll, pipeline } = pipelineOn(database)
const { rebuilt } = rebuildingOn(pipeline)

const USUAL: Seconds = 10 * MINUTE
/** So often a small account is compared. */
const EVERY: Seconds = 96 * MINUTE
const BEGIN: Seconds = MONDAY
/** Nothing happens for ten hours. */
const QUIET = BEGIN + 16 * DAY + 8 * HOUR
const CONNECTED = QUIET - 2 * HOUR
/** Things happen, and nothing of it is delivered. */
const BROKEN = QUIET + 14 * HOUR
/** Stripe has disabled the endpoint. */
const SHUT = BROKEN + 16 * HOUR
const END = SHUT + 8 * HOUR

const within = (at: Seconds, from: Seconds, hours: number): boolean => at >= from && at < from + hours * HOUR

/** A shop in which a payment is made every ten minutes, and which is connected two hours before nothing happens. */
async function shop() {
  const account = await startStripe()
  account.addKey(LIVE_KEY)
  let now = BEGIN
  account.now = () => now
  const clock = { now: () => toDate(now), steady: () => performance.now() }
  const tenant = await steppedTenant(database, account, undefined, clock)
  const all = payments((END - BEGIN) / USUAL, { every: USUAL, until: END - USUAL })
    .map((event) => ({ event, at: Number(event['created']) }))
    .filter(({ at }) => !within(at, QUIET, 10))
  const pass = async (until: Seconds): Promise<void> => {
    const happened = all.filter(({ at }) => at >= now && at < until)
    const came = happened.filter(({ at }) => !within(at, BROKEN, 2) && !within(at, SHUT, 3))
    account.happen(happened.map(({ event }) => event))
    await deliver(
      tenant,
      came.map(({ event }) => event),
    )
    now = until
    await judgeAll(now)
  }
  while (now < CONNECTED) await pass(Math.min(now + DAY, CONNECTED))
  await tenant.begin({ days: 1 })
  await tenant.goOn()
  while (now < END) {
    await pass(now + EVERY)
    const stripeEndpointStatus = within(now, SHUT, 4) ? 'disabled' : 'enabled'
    await tenant.scope.db.stripeConnection.updateMany({
      data: { stripeEndpointId: 'we_1', stripeEndpointStatus },
    })
    await tenant.compare()
    await judgeAll(now + 2 * MINUTE)
  }
  const setClock = (at: Seconds): void => {
    now = at
  }
  return { account, tenant, setClock }
}

let made: Awaited<ReturnType<typeof shop>>
beforeAll(async () => {
  made = await shop()
  return () => made.account.close()
}, PATIENT)

const DISABLED = 'Stripe has disabled the webhook endpoint'
const isLag = ({ incident: { detector } }: { incident: { detector: string } }) => detector === 'WEBHOOK_LAG'

it(
  "what Stripe's API said decides alike live, in a rebuild and in a preview whether deliveries are missing",
  async () => {
    const { tenant } = made
    const { db, sql, tenantId } = tenant.scope
    const ofLag = { where: { detector: 'WEBHOOK_LAG' }, orderBy: { startedAt: 'asc' } } as const
    const live = await db.anomaly.findMany(ofLag)
    expect(live.map(({ title, occurrences }) => [title, occurrences])).toEqual([
      ['12 events did not come by webhook', 12],
      [DISABLED, expect.any(Number)],
    ])

    let seen: readonly unknown[] = []
    const parts = { detectors: DETECTORS, sql, tenantId, wall: new Date() }
    for await (const { present } of preview(parts, (choices) => choices))
      seen = present
        .filter(isLag)
        .map(({ incident: { title, severity, startedAt, detectedAt, endedAt, occurrences } }) => [
          title,
          severity,
          toDate(startedAt),
          toDate(detectedAt),
          endedAt === null ? null : toDate(endedAt),
          occurrences,
        ])
    const severity = ['LOW', 'MEDIUM', 'HIGH']
    expect(seen).toEqual(
      live.map(({ title, startedAt, detectedAt, endedAt, occurrences, ...one }) => [
        title,
        severity[one.severity],
        startedAt,
        detectedAt,
        endedAt,
        occurrences,
      ]),
    )

    const result = await rebuilt(tenant)
    expect([...result.found, ...result.gone, ...result.changed].filter(isLag)).toEqual([])
    expect(result.same).toBeGreaterThanOrEqual(live.length)
    const after = await db.anomaly.findMany(ofLag)
    expect(after.map(({ id, endedAt, status }) => [id, endedAt, status])).toEqual(
      live.map(({ id, endedAt, status }) => [id, endedAt, status]),
    )

    // Had Stripe said nothing, the quiet hours would have been a silence, which explains why no money came.
    expect(await db.anomaly.count({ where: { detector: 'REVENUE_DROP' } })).toBe(1)
    await db.stripeAnswer.deleteMany({})
    const { changed, gone } = await rebuilt(tenant, { dryRun: true })
    const [silence] = changed.filter(isLag)
    expect(silence?.incident.startedAt).toBe(QUIET - USUAL + 1)
    expect(gone.map(({ incident }) => incident.detector)).toEqual(['REVENUE_DROP'])
  },
  PATIENT,
)

it(
  'a connection is compared before its turn when less arrives than is usual at this time',
  async () => {
    const {
      account,
      tenant: { scope, connection, reconciler: make },
      setClock,
    } = made
    await scope.db.stripeConnection.updateMany({
      data: { reconcileAt: toDate(END + 30 * DAY), stripeEndpointId: null },
    })
    const deliveredAt = (at: Seconds) =>
      scope.db.webhookEndpoint.updateMany({ data: { lastDeliveryAt: toDate(at) } })
    const reconciler = make()
    const lookAt = async (at: Seconds): Promise<number> => {
      const before = account.requests.length
      setClock(at)
      await reconciler.look()
      return account.requests.length - before
    }
    const { through, rationSpent } = await connection()
    // Nothing for half an hour is usual, whenever the endpoint itself was last heard of.
    await deliveredAt(END - 2 * HOUR)
    expect(await lookAt(END + 35 * MINUTE)).toBe(0)
    expect((await connection()).through).toEqual(through)
    await deliveredAt(END)
    const silent = END + 65 * MINUTE
    expect(await lookAt(silent)).toBe(2)
    expect(await connection()).toMatchObject({
      through: toDate(silent - 15 * MINUTE),
      // It is paid like any other.
      rationSpent: rationSpent + 2,
    })
    // Stripe has none either: until more time has passed there is nothing to ask.
    expect(await lookAt(silent + 2 * MINUTE)).toBe(0)
  },
  PATIENT,
)
