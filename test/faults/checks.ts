import { setTimeout as sleep } from 'node:timers/promises'
import type { Check } from './fault.ts'
import type { Delivered, SteadyLoad } from './load.ts'
import type { Cluster } from './rig.ts'

/** A tenant's backlog is judged within this time after the fault. Seconds. */
const JUDGED_WITHIN = 120
/** Every process is ready within this time after the fault. Seconds. */
const READY_WITHIN = 60

const good = (delivered: readonly Delivered[]): number =>
  delivered.filter(({ status }) => status === 200).length

/** Deliveries to processes that have no fault, while another one has. @param within seconds from arrival to the answer */
export function answeredBy(delivered: readonly Delivered[], within: number): Check {
  const slowest = Math.max(0, ...delivered.map(({ sentAt, answeredAt }) => answeredAt - sentAt)) / 1_000
  const share = delivered.length === 0 ? 0 : good(delivered) / delivered.length
  return {
    what: 'the other processes go on answering 200',
    // What shares a row with the hung transaction may be refused, until the server has ended that transaction.
    ok: share >= 0.98 && slowest <= within,
    seen: `${good(delivered)} of ${delivered.length}, the slowest after ${slowest.toFixed(1)} s`,
  }
}

export function recovered(delivered: readonly Delivered[]): Check {
  return {
    what: 'all answer 200 once it is over',
    ok: delivered.length > 0 && good(delivered) === delivered.length,
    seen: `${good(delivered)} of ${delivered.length}`,
  }
}

/**
 * Every answer says what is so: stored, or come again later. A process that is gone gives none.
 * @param further statuses that are true as well
 */
export function truthful({ delivered }: SteadyLoad, further: readonly number[] = []): Check {
  const statuses = new Map<number, number>()
  for (const { status } of delivered) statuses.set(status, (statuses.get(status) ?? 0) + 1)
  const fresh = delivered.filter(({ status, duplicate }) => status === 200 && !duplicate)
  const once = new Set(fresh.map(({ tenant, stripeId }) => `${tenant.id} ${stripeId}`)).size
  const counts = [...statuses].map(([status, count]) => `${count} × ${status === 0 ? 'none' : status}`)
  return {
    what: `each answer is true: ${['200', '503', ...further].join(', ')} or none, and no event is new twice`,
    ok:
      [...statuses.keys()].every((status) => [0, 200, 503, ...further].includes(status)) &&
      once === fresh.length,
    seen: `${counts.join(', ')}; ${fresh.length - once} new twice`,
  }
}

/** What hangs behind the server must not keep those who wait for an answer. */
export function answeredInTime({ delivered }: SteadyLoad, within: number): Check {
  const slowest = Math.max(0, ...delivered.map(({ sentAt, answeredAt }) => answeredAt - sentAt)) / 1_000
  return {
    what: `every delivery has its answer within ${within} s`,
    ok: slowest <= within,
    seen: `the slowest after ${slowest.toFixed(1)} s`,
  }
}

export const noneRefused = ({ delivered }: SteadyLoad): Check => ({
  what: 'no delivery is refused',
  ok: delivered.length > 0 && good(delivered) === delivered.length,
  seen: `${good(delivered)} of ${delivered.length} answered 200`,
})

/** Milliseconds of the steady clock in which nothing could be stored. */
export interface Span {
  from: number
  to: number
}

export function noneStored({ delivered }: SteadyLoad, { from, to }: Span): Check {
  const meanwhile = delivered.filter(({ sentAt, answeredAt }) => sentAt > from && answeredAt < to)
  return {
    what: 'nothing is answered 200 while nothing can be stored',
    ok: meanwhile.length > 0 && good(meanwhile) === 0,
    seen: `${good(meanwhile)} of ${meanwhile.length}`,
  }
}

/** Waits until a server says that it is not ready. */
export async function saysNotReady(cluster: Cluster, index: number, within = READY_WITHIN): Promise<Check> {
  const deadline = performance.now() + within * 1_000
  let status = 0
  while (status !== 503 && performance.now() < deadline) {
    status = await fetch(`${cluster.urlOf(index)}/readyz`).then(
      (response) => response.status,
      () => 0,
    )
    if (status !== 503) await sleep(250)
  }
  return { what: '/readyz says so', ok: status === 503, seen: String(status) }
}

/** Of a load that repeats. */
export function acceptedInTheEnd({ sent, delivered }: SteadyLoad): Check {
  const accepted = good(delivered)
  return {
    what: 'every event is accepted in the end',
    ok: sent.length > 0 && accepted === sent.length,
    seen: `${accepted} of ${sent.length}, in ${delivered.length} deliveries`,
  }
}

/** Call it once all is judged. */
export async function stored({ database }: Cluster, { delivered }: SteadyLoad): Promise<Check> {
  const rows = await database.sql.all('SELECT "tenantId", "stripeId" FROM "StripeEvent"')
  const known = new Set(rows.map((row) => `${row['tenantId']} ${row['stripeId']}`))
  const accepted = delivered.filter(({ status }) => status === 200)
  const lost = accepted.filter(({ tenant, stripeId }) => !known.has(`${tenant.id} ${stripeId}`)).length
  const counted = await database.sql.all('SELECT SUM("events") AS "events" FROM "MetricBucket"')
  const judged = Number(counted[0]?.['events'])
  return {
    what: 'every 200 has its event, and each event is counted once',
    ok: lost === 0 && judged === rows.length,
    seen: `${accepted.length} answers, ${lost} lost; ${rows.length} events, ${judged} counted`,
  }
}

/** @returns how many events still wait when the time is up */
export async function waitUntilJudged({ database }: Cluster): Promise<number> {
  const deadline = performance.now() + JUDGED_WITHIN * 1_000
  for (;;) {
    const [row] = await database.sql.all(
      `SELECT COUNT(*) AS "waiting" FROM "StripeEvent" WHERE "status" = 'PENDING'`,
    )
    const waiting = Number(row?.['waiting'])
    if (waiting === 0 || performance.now() > deadline) return waiting
    await sleep(250)
  }
}

/** Waits for it. */
export async function allJudged(cluster: Cluster): Promise<Check> {
  const waiting = await waitUntilJudged(cluster)
  return { what: 'all that was stored is judged', ok: waiting === 0, seen: `${waiting} events wait` }
}

/** Whether every process that was started last still runs and becomes ready. */
export async function up(cluster: Cluster): Promise<Check> {
  const deadline = performance.now() + READY_WITHIN * 1_000
  const readiness = (index: number) =>
    fetch(`${cluster.urlOf(index)}/readyz`).then(
      async (response) => (response.status === 200 ? 'ready' : await response.text()),
      () => 'gone',
    )
  for (;;) {
    const seen = await Promise.all(cluster.all.map(readiness))
    const ok = seen.every((one) => one === 'ready')
    if (ok || performance.now() > deadline)
      return { what: 'every process is up and ready', ok, seen: seen.join(', ') }
    await sleep(250)
  }
}
