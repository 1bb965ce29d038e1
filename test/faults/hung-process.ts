import { setTimeout as sleep } from 'node:timers/promises'
import type { Check, Fault, FaultOptions } from './fault.ts'
import { type Delivered, SteadyLoad } from './load.ts'
import { Cluster, missingPostgres } from './rig.ts'

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
/** A tenant's backlog is judged within this time after the hung process has gone on. Seconds. */
const JUDGED_WITHIN = 60

/**
 * A process that is stopped in the middle of a transaction keeps its rows locked and its sessions open, and no
 * connection breaks: a machine that swaps, a container that is frozen.
 */
export const hungProcess: Fault = {
  name: 'hung-process',
  description: 'one of three processes on PostgreSQL stops in the middle of a transaction',
  missing: missingPostgres,
  run: async (options) => {
    const cluster = await Cluster.start(PROCESSES)
    try {
      return await hang(cluster, options)
    } finally {
      await cluster.stop()
    }
  },
}

async function hang(cluster: Cluster, { short, say }: FaultOptions): Promise<Check[]> {
  const plan = short ? SHORT : LONG
  const tenants = await Promise.all(Array.from({ length: TENANTS }, () => cluster.tenant()))
  const all = Array.from({ length: PROCESSES }, (_, index) => index)
  let targets = all
  const load = new SteadyLoad(
    tenants,
    (index) => cluster.server(index).url,
    () => targets,
  )
  say(
    `${PROCESSES} processes on PostgreSQL${cluster.redis ? ' and Redis' : ''}, ${PER_SECOND} deliveries a second`,
  )
  load.start(PER_SECOND)
  await sleep(plan.before * 1_000)
  const spans: Span[] = []
  for (const table of plan.tables) {
    const locked = await stopHolding(cluster, table)
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

  const unjudged = await waitUntilJudged(cluster)
  return [
    ...spans.flatMap((span) => checksOf(span, load.delivered)),
    await stored(cluster, load.delivered),
    { what: 'all that was stored is judged', ok: unjudged === 0, seen: `${unjudged} events wait` },
  ]
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
async function stopHolding(cluster: Cluster, table: string): Promise<boolean> {
  const { process: child } = cluster.server(HUNG)
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    child.kill('SIGSTOP')
    // What it had sent before is carried out by now.
    await sleep(5)
    if (await cluster.holds(HUNG, table)) return true
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
    answeredBy(others),
    recovered(after),
  ]
}

/** Deliveries to the others while one hung. */
function answeredBy(delivered: readonly Delivered[]): Check {
  const good = delivered.filter(({ status }) => status === 200).length
  const slowest = Math.max(0, ...delivered.map(({ sentAt, answeredAt }) => answeredAt - sentAt)) / 1_000
  const share = delivered.length === 0 ? 0 : good / delivered.length
  return {
    what: 'the other processes go on answering 200',
    // What shares a row with the hung transaction may be refused, until the server has ended that transaction.
    ok: share >= 0.98 && slowest <= ANSWER_WITHIN,
    seen: `${good} of ${delivered.length}, the slowest after ${slowest.toFixed(1)} s`,
  }
}

function recovered(delivered: readonly Delivered[]): Check {
  const good = delivered.filter(({ status }) => status === 200).length
  return {
    what: 'all three answer 200 once it goes on',
    ok: delivered.length > 0 && good === delivered.length,
    seen: `${good} of ${delivered.length}`,
  }
}

async function stored(cluster: Cluster, delivered: readonly Delivered[]): Promise<Check> {
  const rows = await cluster.database.sql.all('SELECT "tenantId", "stripeId" FROM "StripeEvent"')
  const known = new Set(rows.map((row) => `${row['tenantId']} ${row['stripeId']}`))
  const accepted = delivered.filter(({ status }) => status === 200)
  const lost = accepted.filter(({ tenant, stripeId }) => !known.has(`${tenant.id} ${stripeId}`)).length
  const counted = await cluster.database.sql.all('SELECT SUM("events") AS "events" FROM "MetricBucket"')
  const judged = Number(counted[0]?.['events'])
  return {
    what: 'every 200 has its event, and each event is counted once',
    ok: lost === 0 && judged === rows.length,
    seen: `${accepted.length} answers, ${lost} lost; ${rows.length} events, ${judged} counted`,
  }
}

/** @returns how many events still wait when the time is up */
async function waitUntilJudged(cluster: Cluster): Promise<number> {
  const deadline = performance.now() + JUDGED_WITHIN * 1_000
  for (;;) {
    const [row] = await cluster.database.sql.all(
      `SELECT COUNT(*) AS "waiting" FROM "StripeEvent" WHERE "status" = 'PENDING'`,
    )
    const waiting = Number(row?.['waiting'])
    if (waiting === 0 || performance.now() > deadline) return waiting
    await sleep(250)
  }
}
