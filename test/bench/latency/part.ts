import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../../../src/storage/database.ts'
import { migrate } from '../../../src/storage/migrate.ts'
import { openDatabase } from '../../../src/storage/open.ts'
import { createTenant } from '../../../src/tenancy/tenants.ts'
import { createVault } from '../../../src/tenancy/vault.ts'
import { systemClock } from '../../../src/time.ts'
import { BenchServer } from '../bench-server.ts'
import { quantile } from '../figures.ts'
import {
  bundle,
  type Child,
  inWorkshop,
  LOAD_CPU,
  machineBusy,
  machineName,
  pinning,
  startOn,
} from '../machine.ts'
import { atMost, type BenchOptions, type Part, type PartReport } from '../part.ts'
import { type ProbeOrder, type ProbeResult, probeResult } from './probe.ts'

const TENANTS = 100
const TARGET_MS = 50
/** Single cases of a kind that a tenant may have in a day before they are grouped. */
const ANOMALIES_OF_TENANT = 9

/** From the answer to a webhook to the frame at a subscriber, at a third of the rate at which all is admitted and judged. */
export const latency: Part = {
  name: 'latency',
  about:
    'from the answer to a webhook to the frame at a subscriber, at a third of the rate that can be judged',
  run: (options) => inWorkshop((folder) => measure(options, folder)),
}

async function measure({ quick, say }: BenchOptions, folder: string): Promise<PartReport> {
  const databaseUrl = `file:${join(folder, 'bench.db')}`
  const secret = `${randomUUID()}${randomUUID()}`
  await migrate({ databaseUrl })
  const database = await openDatabase({ databaseUrl })
  const script = await bundle(folder, {
    whole: new URL('../whole.ts', import.meta.url),
    probe: new URL('probe.ts', import.meta.url),
  })
  const children: Child[] = []
  try {
    const tenants = await makeTenants(database, secret)
    const server = await BenchServer.start(script('whole'), [databaseUrl, secret])
    const probe = startOn(LOAD_CPU, script('probe'), [])
    children.push(server.child, probe)
    await probe.next()
    const ask = (order: ProbeOrder) => probe.ask(order)
    await ask({ connect: { port: server.port, tenants } })

    let from = 0
    const deliver = async (count: number, rate?: number, anomalyEvery = 0): Promise<ProbeResult> => {
      const order = { from, count, anomalyEvery, ...(rate !== undefined && { rate }) }
      from += count
      return probeResult.parse(await ask({ deliver: order }))
    }
    await deliver(quick ? 500 : 3_000)
    await judged(database)
    const burst = quick ? 1_000 : 5_000
    const began = performance.now()
    await deliver(burst)
    await judged(database)
    const most = (1_000 * burst) / (performance.now() - began)
    say(`${Math.round(most)} events/s admitted and judged`)

    const rate = most / 3
    const count = Math.round(rate * (quick ? 5 : 30))
    const anomalyEvery = Math.max(2, Math.ceil(count / (TENANTS * ANOMALIES_OF_TENANT)))
    // A number that is prime to that of tenants, so that anomalies are spread over all of them.
    const spread = [anomalyEvery, anomalyEvery + 1, anomalyEvery + 2].find((n) => n % 2 > 0 && n % 5 > 0)
    const [busy, started] = [machineBusy() ?? Number.NaN, performance.now()]
    const result = await deliver(count, rate, spread ?? anomalyEvery + 3)
    const machine = ((machineBusy() ?? Number.NaN) - busy) / ((performance.now() - started) / 500)
    return report({ most, rate, result, machine })
  } finally {
    for (const child of children) await child.stop()
    await database.close()
  }
}

async function makeTenants(database: Database, vaultSecret: string) {
  const actor = { kind: 'SYSTEM' as const, name: 'bench' }
  const acting = { actor, clock: systemClock, vault: createVault(vaultSecret) }
  const tenants: { token: string; secret: string; key: string }[] = []
  for (let number = 0; number < TENANTS; number += 1) {
    const secret = `whsec_bench${String(number).padStart(3, '0')}${'s'.repeat(24)}`
    const made = await createTenant(database, acting, { name: `Bench ${number}`, webhookSecret: secret })
    if (!made.existing) tenants.push({ token: made.token, secret, key: made.key })
  }
  return tenants
}

/** Resolves when nothing waits to be judged. */
async function judged(database: Database): Promise<void> {
  const give = performance.now() + 120_000
  while ((await database.prisma.stripeEvent.count({ where: { status: 'PENDING' } })) > 0) {
    if (performance.now() > give) throw new Error('events are not judged within two minutes')
    await sleep(20)
  }
}

interface Measured {
  most: number
  rate: number
  result: ProbeResult
  /** Share of the machine that was busy. */
  machine: number
}

function report({ most, rate, result, machine }: Measured): PartReport {
  const { events, anomalies, eventsExpected, anomaliesExpected, ended, retried, lateness } = result
  const figures = [
    { name: 'an event, to eventReceived', expected: eventsExpected, ...quantiles(events) },
    { name: 'an anomaly, to anomalyDetected', expected: anomaliesExpected, ...quantiles(anomalies) },
  ]
  return {
    title: `From the answer to a webhook to the frame at the subscriber, ${Math.round(rate)} events/s (SQLite, one process)`,
    columns: ['what', 'p50 ms', 'p99 ms', 'target p99', 'frames', 'expected'],
    rows: figures.map(({ name, p50, p99, count, expected }) => [
      name,
      p50.toFixed(1),
      p99.toFixed(1),
      `< ${TARGET_MS}`,
      String(count),
      String(expected),
    ]),
    notes: [
      `a third of ${Math.round(most)} events/s, the rate at which all are admitted and judged; ${TENANTS} tenants with a subscriber to both`,
      `an anomaly comes after its judging; a frame that overtakes the answer counts as 0; the server ended ${ended} subscriptions and put off ${retried} deliveries`,
      `the machine was busy for ${Math.round(machine * 100)} % of its time, and the probe itself was late by ${lateness.toFixed(1)} ms (p99)`,
      `${machineName()}, ${pinning ? 'server and probe pinned to a CPU each' : 'not pinned'}`,
    ],
    targets: figures.flatMap(({ name, p99, count, expected }) => [
      atMost(`${name}, p99`, TARGET_MS, p99, 'ms'),
      atMost(`${name}, lost`, 0, expected - count, 'frames'),
    ]),
    data: {
      targetMs: TARGET_MS,
      mostPerSecond: most,
      perSecond: rate,
      figures,
      anomaliesExpected,
      lateness,
      machine,
    },
  }
}

const quantiles = (values: readonly number[]) => ({
  p50: quantile(values, 0.5),
  p99: quantile(values, 0.99),
  count: values.length,
})
