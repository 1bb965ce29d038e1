import { connect, type Socket } from 'node:net'
import { type BenchTenant, chargeEvent, signedRequest } from './workload.ts'

/** What the coordinator asks for: so many deliveries over so many connections, each sending as soon as it is answered. */
export interface LoadOrder {
  port: number
  tenants: readonly BenchTenant[]
  /** Number of the first event; numbers are never used twice but for repeats. */
  from: number
  count: number
  connections: number
  /** Share of deliveries that repeat an earlier event of this order. */
  repeats: number
  forged: boolean
  /** Kills a process, as `kill -9` does, once so many deliveries have been answered. */
  kill?: { pid: number; after: number }
}

export interface LoadResult {
  seconds: number
  /** CPU seconds of this process meanwhile. */
  cpu: number
  fresh: number
  duplicates: number
  refused: number
  /** Deliveries that were never answered. */
  broken: number
  p50: number
  p99: number
}

process.on('message', (order: LoadOrder) => {
  run(order, buildRequests(order)).then((result) => process.send?.(result))
})
process.send?.('ready')

function buildRequests({ tenants, from, count, repeats, forged }: LoadOrder): Buffer[] {
  const at = Math.floor(Date.now() / 1000)
  const requests: Buffer[] = []
  for (let n = 0; n < count; n += 1) {
    // Multiplying by a prime spreads the choices without a random source: each run sends the same.
    const repeated =
      n > 1_000 && (n * 7_919) % 1_000 < repeats * 1_000 ? requests[(n * 104_729) % (n - 500)] : undefined
    const tenant = tenants[(from + n * 7) % tenants.length]
    if (tenant === undefined) throw new Error('an order without tenants')
    const signer = forged ? { ...tenant, secret: `${tenant.secret}x` } : tenant
    requests.push(repeated ?? signedRequest(signer, chargeEvent(from + n, at), at))
  }
  return requests
}

const HEAD_END = Buffer.from('\r\n\r\n')

async function run({ port, connections, kill }: LoadOrder, requests: readonly Buffer[]): Promise<LoadResult> {
  const latencies = new Float64Array(requests.length)
  const tally = { fresh: 0, duplicates: 0, refused: 0, broken: 0 }
  let next = 0
  let answered = 0
  const cpuBefore = process.cpuUsage()
  const began = performance.now()
  const worker = () =>
    new Promise<void>((resolve) => {
      let current = -1
      let sentAt = 0
      let pending: Buffer | undefined
      const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
      const send = (): void => {
        if (next >= requests.length) return void socket.end()
        current = next
        next += 1
        sentAt = performance.now()
        socket.write(requests[current] ?? '')
      }
      socket.on('connect', send)
      socket.on('data', (chunk) => {
        pending = pending === undefined ? chunk : Buffer.concat([pending, chunk])
        const head = pending.indexOf(HEAD_END)
        if (head < 0) return
        const text = pending.toString('latin1')
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1])
        if (pending.length < head + 4 + length) return
        pending = undefined
        latencies[current] = performance.now() - sentAt
        current = -1
        answered += 1
        if (answered === kill?.after) process.kill(kill.pid, 'SIGKILL')
        if (!text.startsWith('HTTP/1.1 200')) tally.refused += 1
        else if (text.endsWith('"duplicate":true}')) tally.duplicates += 1
        else tally.fresh += 1
        send()
      })
      socket.on('error', () => {})
      socket.on('close', () => {
        if (current >= 0) tally.broken += 1
        resolve()
      })
    })
  await Promise.all(Array.from({ length: connections }, worker))
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  const sorted = latencies.subarray(0, next).sort()
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
  return { seconds, cpu: (user + system) / 1e6, ...tally, p50: at(0.5), p99: at(0.99) }
}
