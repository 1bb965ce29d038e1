import { setTimeout as sleep } from 'node:timers/promises'
import { nowSeconds, post, type TestTenant } from '../support/outside.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { afterwards } from './afterwards.ts'
import { answeredInTime, noneRefused } from './checks.ts'
import type { Check, Fault, FaultOptions } from './fault.ts'
import { SteadyLoad } from './load.ts'
import { missingOwnRedis, OwnRedis } from './own-redis.ts'
import { missingPostgres, onPostgres } from './places.ts'
import { Cluster } from './rig.ts'
import { heardOnce, Subscriber } from './subscriber.ts'

const PROCESSES = 2
/** Of each process: limits and counts, what it publishes, what it hears. */
const CONNECTIONS = 3 * PROCESSES
const TENANTS = 6
const PER_SECOND = 20
/** Seconds for each of both faults; double charges are spread over the whole. */
const [LONG, SHORT] = [
  { away: 60, doubleEvery: 50 },
  { away: 6, doubleEvery: 7 },
]
/** Without a hint a feed is read every 5 s. */
const HEARD_WITHIN = 10
/** A command to Redis is waited for half a second, some times a delivery. */
const ANSWER_WITHIN = 5
/** Deliveries an hour of a tenant, and how many come. */
const [LIMIT, SENT] = [10, 24]

/** Redis carries hints and counts of limits, and nothing that must not be lost. */
export const redisAway: Fault = {
  name: 'redis',
  description: 'a Redis of its own stops answering for a while, and dies and is started again',
  missing: async () => (await missingOwnRedis()) ?? (await missingPostgres()),
  async run(options) {
    const redis = await OwnRedis.start()
    const cluster = await Cluster.start(await onPostgres(), PROCESSES, () => ({ REDIS_URL: redis.url }))
    const subscribers: Subscriber[] = []
    try {
      const tenants = await cluster.tenants(TENANTS)
      for (const [n, tenant] of tenants.entries())
        subscribers.push(await Subscriber.of(tenant, cluster.urlOf(n % PROCESSES)))
      return await away(cluster, redis, subscribers, options)
    } finally {
      for (const subscriber of subscribers) await subscriber.close()
      redis.thaw()
      await redis.stop()
      await cluster.stop()
    }
  },
}

async function away(
  cluster: Cluster,
  redis: OwnRedis,
  subscribers: readonly Subscriber[],
  { short, say }: FaultOptions,
): Promise<Check[]> {
  const plan = short ? SHORT : LONG
  const tenants = subscribers.map(({ tenant }) => tenant)
  const load = new SteadyLoad(tenants, cluster.urlOf, () => cluster.all, { repeatAfter: 1_000, ...plan })
  const [first, second] = [await limited(cluster), await limited(cluster)]
  load.start(PER_SECOND)
  const shared = await within(cluster, first)

  say(`Redis answers nothing for ${plan.away} s`)
  redis.freeze()
  const [frozen] = await Promise.all([within(cluster, first), sleep(plan.away * 1_000)])
  redis.thaw()
  await redis.untilConnected(CONNECTIONS)
  const thawed = await within(cluster, first)

  say(`Redis is gone for ${plan.away} s`)
  await redis.stop()
  await sleep(plan.away * 1_000)
  await redis.go()
  await redis.untilConnected(CONNECTIONS)
  const anew = await within(cluster, second)
  say(`Redis is back, ${load.sent.length} events sent`)
  await sleep(2_000)
  const checks = await afterwards(cluster, load)
  return [
    noneRefused(load),
    ...checks,
    answeredInTime(load, ANSWER_WITHIN),
    await heardOnce(cluster, subscribers, HEARD_WITHIN),
    accepts('the limit holds for both processes together', shared, LIMIT, LIMIT),
    accepts('while Redis answers nothing, for each alone', frozen, LIMIT, LIMIT * PROCESSES),
    accepts('when it answers again, for both as before', thawed, 0, 0),
    accepts('when it was started anew, for both from zero', anew, LIMIT, LIMIT),
  ]
}

/** A tenant with a limit that some deliveries reach. */
async function limited(cluster: Cluster): Promise<TestTenant> {
  const tenant = await cluster.tenant()
  await cluster.database.prisma.tenant.update({
    where: { id: tenant.id },
    data: { rateRequests: LIMIT, rateSeconds: 3_600 },
  })
  return tenant
}

let charges = 0

/** @returns how many of some deliveries, to each process in turn, are within the limit */
async function within(cluster: Cluster, { token }: TestTenant): Promise<number> {
  let accepted = 0
  for (let n = 0; n < SENT; n++) {
    const bought = charge({ customer: `cus_limited_${charges++}`, created: nowSeconds() })
    const one = event('charge.succeeded', bought, { created: nowSeconds() })
    const { status } = await post(cluster.urlOf(n % PROCESSES), token, one)
    if (status === 200) accepted += 1
  }
  return accepted
}

const accepts = (what: string, accepted: number, least: number, most: number): Check => ({
  what,
  ok: accepted >= least && accepted <= most,
  seen: `${accepted} of ${SENT} deliveries within a limit of ${LIMIT}`,
})
