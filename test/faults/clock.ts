import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { recentJumps } from '../../src/storage/clocks.ts'
import { HOUR } from '../../src/time.ts'
import { afterwards } from './afterwards.ts'
import type { Span } from './checks.ts'
import type { Check, Fault, FaultOptions } from './fault.ts'
import { SteadyLoad } from './load.ts'
import { onSqlite } from './places.ts'
import { Cluster } from './rig.ts'

const TENANTS = 6
const PER_SECOND = 20
/** Seconds that the clock is wrong, each time. */
const [LONG, SHORT] = [60, 5]
/** Milliseconds until a server has taken over what the file says, busy as it may be. */
const TAKEN_OVER = 1_000
const MOVED_CLOCK = new URL('moved-clock.mjs', import.meta.url).href

/** The wall clock of the machine is set by an hour, in either direction, and set right again. */
export const clockMoved: Fault = {
  name: 'clock',
  description: "a server's clock is an hour ahead for a while, and then an hour behind",
  missing: async () => undefined,
  async run(options) {
    const folder = await mkdtemp(join(tmpdir(), 'billingwatch-clock-'))
    const file = join(folder, 'offset')
    const set = async (seconds: number) => {
      await writeFile(file, String(seconds * 1_000))
      await sleep(TAKEN_OVER)
    }
    await set(0)
    const cluster = await Cluster.start(await onSqlite(), 1, () => ({
      NODE_OPTIONS: `--import=${MOVED_CLOCK}`,
      FAULT_CLOCK: file,
    }))
    try {
      return await moved(cluster, set, options)
    } finally {
      await cluster.stop()
      await rm(folder, { recursive: true })
    }
  },
}

async function moved(
  cluster: Cluster,
  set: (seconds: number) => Promise<void>,
  { short, say }: FaultOptions,
): Promise<Check[]> {
  const tenants = await cluster.tenants(TENANTS)
  const load = new SteadyLoad(tenants, cluster.urlOf, () => cluster.all, { repeatAfter: 1_000 })
  load.start(PER_SECOND)
  await sleep(2_000)
  const wrong = async (seconds: number): Promise<Span> => {
    say(`the clock is off by ${seconds} s`)
    await set(seconds)
    const from = performance.now()
    await sleep((short ? SHORT : LONG) * 1_000)
    const to = performance.now()
    await set(0)
    say(`the clock is right again, ${load.sent.length} events sent`)
    await sleep(2_000)
    return { from, to }
  }
  const ahead = await wrong(HOUR)
  const behind = await wrong(-HOUR)
  const checks = await afterwards(cluster, load, [400])
  return [
    // A signature is worth five minutes: who replays an old delivery must not be believed.
    answeredOnly(load, ahead, [400, 503], 'an hour ahead it says that signatures are too old'),
    answeredOnly(load, behind, [200, 503], 'an hour behind it takes deliveries'),
    ...checks,
    await jumpsKept(cluster),
    await noLagRaised(cluster),
  ]
}

/** @param statuses what it says, and what it says instead when it is too busy */
function answeredOnly(
  { delivered }: SteadyLoad,
  { from, to }: Span,
  statuses: readonly [number, number],
  what: string,
): Check {
  const meanwhile = delivered.filter(({ sentAt, answeredAt }) => sentAt > from && answeredAt < to)
  const so = meanwhile.filter(({ status }) => status === statuses[0]).length
  return {
    what,
    ok: so > 0 && meanwhile.every(({ status }) => statuses.includes(status)),
    seen: `${so} of ${meanwhile.length} answered ${statuses[0]}`,
  }
}

async function jumpsKept({ database }: Cluster): Promise<Check> {
  const jumps = await recentJumps(database)
  const seen = jumps.map(({ seconds, outcome }) => `${seconds} s ${outcome}`).join(', ')
  const isAsSeen = (sign: number) =>
    jumps.some(({ seconds, outcome }) => Math.sign(seconds) === sign && outcome === 'reversed')
  return {
    what: 'doctor knows of both jumps, and that they were reversed',
    ok: isAsSeen(1) && isAsSeen(-1),
    seen,
  }
}

async function noLagRaised({ database }: Cluster): Promise<Check> {
  const rows = await database.sql.all(`SELECT 1 FROM "Anomaly" WHERE "detector" = 'WEBHOOK_LAG'`)
  return {
    what: 'no tenant hears of an hour without events',
    ok: rows.length === 0,
    seen: `${rows.length} raised`,
  }
}
