import { setTimeout as sleep } from 'node:timers/promises'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { afterwards } from './afterwards.ts'
import { answeredInTime, noneStored, type Span, saysNotReady } from './checks.ts'
import type { Check, Fault, FaultOptions } from './fault.ts'
import { SteadyLoad } from './load.ts'
import { missingOwnPostgres, OwnPostgres } from './own-postgres.ts'
import { missingPostgres, onPostgres } from './places.ts'
import { Cluster } from './rig.ts'
import { Sessions } from './sessions.ts'

const PROCESSES = 2
const TENANTS = 6
const PER_SECOND = 20
/** Ten seconds are promised; this machine may be busy with more than that. */
const ANSWER_WITHIN = 12
const TERMINATIONS = { long: 60, short: 5 }
const RESTARTS = { long: 20, short: 2 }
/** Seconds. */
const STALL = { long: 60, short: 8 }

/** As an administrator does it, or a provider who moves the database. */
export const sessionsEnded: Fault = {
  name: 'postgres-sessions',
  description: 'all sessions on PostgreSQL are ended again and again',
  missing: missingPostgres,
  async run({ short, say }) {
    const cluster = await Cluster.start(await onPostgres(), PROCESSES)
    const sessions = await Sessions.of(cluster.place.url)
    try {
      const load = await loadOn(cluster)
      const times = short ? TERMINATIONS.short : TERMINATIONS.long
      for (let n = 1; n <= times; n++) {
        await sleep(500 + Math.random() * 1_000)
        await sessions.endOthers()
        say(`sessions ended ${n} of ${times} times, ${load.sent.length} events sent`)
      }
      return [...(await afterwards(cluster, load)), answeredInTime(load, ANSWER_WITHIN)]
    } finally {
      await sessions.close()
      await cluster.stop()
    }
  },
}

/** In turn as an upgrade does it, and as in a crash. */
export const postgresRestarted: Fault = {
  name: 'postgres-restart',
  description: 'a PostgreSQL of its own is stopped, or crashes, and is started again',
  missing: missingOwnPostgres,
  async run({ short, say }) {
    const postgres = await OwnPostgres.start()
    const cluster = await Cluster.start(postgres, PROCESSES)
    try {
      const load = await loadOn(cluster)
      const times = short ? RESTARTS.short : RESTARTS.long
      for (let n = 1; n <= times; n++) {
        await sleep(1_000 + Math.random() * 1_000)
        await postgres.halt(n % 2 === 1 ? 'SIGINT' : 'SIGQUIT')
        await sleep(Math.random() * 2_000)
        await postgres.go()
        say(`restarted ${n} of ${times} times, ${load.sent.length} events sent`)
      }
      return [...(await afterwards(cluster, load)), answeredInTime(load, ANSWER_WITHIN)]
    } finally {
      await cluster.stop()
    }
  },
}

/** Connections stand and nothing passes, as with a switch that fails or a machine that is frozen. */
export const postgresStalls: Fault = {
  name: 'postgres-stall',
  description: 'nothing passes between the servers and PostgreSQL for a while',
  missing: missingPostgres,
  async run(options) {
    const place = await onPostgres()
    const url = new URL(place.url)
    const proxy = await startProxy(Number(url.port || 5_432), url.hostname)
    url.hostname = '127.0.0.1'
    url.port = String(proxy.port)
    const cluster = await Cluster.start(place, PROCESSES, () => ({ DATABASE_URL: url.href }))
    try {
      return await stall(cluster, proxy, options)
    } finally {
      await cluster.stop()
      await proxy.refuse()
    }
  },
}

async function stall(cluster: Cluster, proxy: TcpProxy, { short, say }: FaultOptions): Promise<Check[]> {
  const load = await loadOn(cluster)
  await sleep(2_000)
  const seconds = short ? STALL.short : STALL.long
  say(`nothing passes for ${seconds} s`)
  proxy.silence()
  const span: Span = { from: performance.now(), to: 0 }
  const [unready] = await Promise.all([saysNotReady(cluster, 0), sleep(seconds * 1_000)])
  span.to = performance.now()
  proxy.resume()
  say(`it passes again, ${load.sent.length} events sent`)
  return [
    noneStored(load, span),
    unready,
    ...(await afterwards(cluster, load)),
    answeredInTime(load, ANSWER_WITHIN),
  ]
}

async function loadOn(cluster: Cluster): Promise<SteadyLoad> {
  const tenants = await cluster.tenants(TENANTS)
  const load = new SteadyLoad(tenants, cluster.urlOf, () => cluster.all, { repeatAfter: 1_000 })
  load.start(PER_SECOND)
  return load
}
