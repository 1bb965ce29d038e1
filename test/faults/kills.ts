import { setTimeout as sleep } from 'node:timers/promises'
import { afterwards } from './afterwards.ts'
import type { Check, Fault, FaultOptions } from './fault.ts'
import { SteadyLoad } from './load.ts'
import { missingPostgres, onPostgres, onSqlite, sharedRedis } from './places.ts'
import { Cluster } from './rig.ts'

const [LONG, SHORT] = [100, 5]
const TENANTS = 6
const PER_SECOND = 20
/** Of several processes every so-many-th kill takes all at once. */
const ALL_EVERY = 5
/** The kill comes at any moment of this time after all are ready. Milliseconds. */
const WITHIN = 1_500

/** The process ends in the middle of whatever it is doing, and starts again. */
export const kills: Fault = {
  name: 'kills',
  description: 'a server on SQLite is killed again and again under load',
  missing: async () => undefined,
  run: async (options) => killed(await Cluster.start(await onSqlite(), 1), options),
}

/** The same with several processes: what one was judging, another one takes up. */
export const killsShared: Fault = {
  name: 'kills-shared',
  description:
    'three servers on PostgreSQL, and Redis where it answers, are killed in turn under load, or all at once',
  missing: missingPostgres,
  async run(options) {
    const redis = await sharedRedis()
    return killed(await Cluster.start(await onPostgres(), 3, () => redis), options)
  },
}

async function killed(cluster: Cluster, { short, say }: FaultOptions): Promise<Check[]> {
  const times = short ? SHORT : LONG
  try {
    const tenants = await cluster.tenants(TENANTS)
    const load = new SteadyLoad(tenants, cluster.urlOf, () => cluster.all, { repeatAfter: 1_000 })
    load.start(PER_SECOND)
    for (let kill = 1; kill <= times; kill++) {
      await sleep(Math.random() * WITHIN)
      const victims = kill % ALL_EVERY === 0 ? cluster.all : [Math.floor(Math.random() * cluster.size)]
      await Promise.all(victims.map((index) => cluster.kill(index)))
      await Promise.all(victims.map((index) => cluster.restart(index)))
      say(`${kill} of ${times} kills, ${load.sent.length} events sent`)
    }
    return await afterwards(cluster, load)
  } finally {
    await cluster.stop()
  }
}
