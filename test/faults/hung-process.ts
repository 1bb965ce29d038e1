import { setTimeout as sleep } from 'node:timers/promises'
import { allJudged, answeredBy, recovered, stored } from './checks.ts'
import type { Check, Fault, FaultOptions } from './fault.ts'
import { type Delivered, SteadyLoad } from './load.ts'
import { missingPostgres, onPostgres, sharedRedis } from './places.ts'
import { Cluster } from './rig.ts'
import { Sessions } from './sessions.ts'

const PROCESSES = 3
/** Enough that writing for all of them takes a while. */
const TENANTS = 24
const PER_SECOND = 40
/** The one that hangs. */
const HUNG = 0
/** What it has written when it hangs: the delivery counts, a delivery, what came of judging. */
const TABLES = ['DeliveryBucket', 'StripeEvent', 'DetectorState']
const LONG = { tables: TABLES, before: 5, hung: 60, after: 15 }
const SHORT = { tables: TABLES.slice(0, 1), before: 2, hung: 25, after: 3 }
/** How often it is stopped anew until it is caught so. */
const ATTEMPTS = 3_000
/** Seconds from arrival within which every delivery has its answer. */
const ANSWER_WITHIN = 10
/** Milliseconds after it has gone on from which all answer again. */
const RECOVERED_AFTER = 1_000
/** By this name its sessions are known. */
const SESSIONS = 'fault-hung'

/**
 * A process that is stopped in the middle of a transaction keeps its rows locked and its sessions open, and no
 * connection breaks: a machine that swaps, a container that is frozen.
 */
export const hungProcess: Fault = {
  name: 'hung-process',
  description: 'one of three processes on PostgreSQL stops in the middle of a transaction',
  missing: missingPostgres,
  run: async (options) => {
    const place = await onPostgres()
    const redis = await sharedRedis()
    const cluster = await Cluster.start(place, PROCESSES, (index) => {
      const url = new URL(place.url)
      if (index === HUNG) url.searchParams.set('application_name', SESSIONS)
      return { ...redis, DATABASE_URL: url.href }
    })
    const sessions = await Sessions.of(place.url)
    try {
      return await hang(cluster, sessions, options)
    } finally {
      await sessions.close()
      await cluster.stop()
    }
  },
}

async function hang(cluster: Cluster, sessions: Sessions, { short, say }: FaultOptions): Promise<Check[]> {
  const plan = short ? SHORT : LONG
  const { all } = cluster
  let targets = all
  const load = new SteadyLoad(await cluster.tenants(TENANTS), cluster.urlOf, () => targets)
  say(`${PROCESSES} processes on PostgreSQL, ${PER_SECOND} deliveries a second`)
  load.start(PER_SECOND)
  await sleep(plan.before * 1_000)
  const spans: Span[] = []
  for (const table of plan.tables) {
    const locked = await stopHolding(cluster, sessions, table)
    const span: Span = { table, locked, from: performance.now(), to: 0 }
    // What a load balancer does once the process no longer answers.
    targets = all.filter((index) => index !== HUNG)
    say(`one hangs for ${plan.hung} s${locked ? ` in a transaction that wrote to ${table}` : ''}`)
    await sleep(plan.hung * 1_000)
    span.to = performance.now()
    spans.push(span)
    cluster.server(HUNG).process.kill('SIGCONT')
    targets = all
    say('it goes on')
    await sleep(plan.after * 1_000)
  }
  await load.stop()

  const judged = await allJudged(cluster)
  return [...spans.flatMap((span) => checksOf(span, load.delivered)), await stored(cluster, load), judged]
}

/** A time in which the process hung. Milliseconds of the steady clock. */
interface Span {
  table: string
  /** Whether it held rows of that table. */
  locked: boolean
  from: number
  to: number
}

/** @returns whether it holds rows of the table locked; after too many attempts it is stopped anyway */
async function stopHolding(cluster: Cluster, sessions: Sessions, table: string): Promise<boolean> {
  const { process: child } = cluster.server(HUNG)
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    child.kill('SIGSTOP')
    // What it had sent before is carried out by now.
    await sleep(5)
    if (await sessions.holds(SESSIONS, table)) return true
    if (attempt === ATTEMPTS) break
    child.kill('SIGCONT')
    await sleep(5 + Math.random() * 15)
  }
  return false
}

function checksOf({ table, locked, from, to }: Span, delivered: readonly Delivered[]): Check[] {
  const others = delivered.filter(({ server, sentAt }) => server !== HUNG && sentAt > from && sentAt < to)
  const after = delivered.filter(({ sentAt }) => sentAt > to + RECOVERED_AFTER && sentAt < to + 3_000)
  return [
    {
      what: `the process hung with rows of ${table} locked`,
      ok: locked,
      seen: locked ? 'yes' : 'never caught',
    },
    answeredBy(others, ANSWER_WITHIN),
    recovered(after),
  ]
}
