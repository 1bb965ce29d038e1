import { type Sent, sendRequests } from '../requests.ts'
import { type BenchTenant, chargeEvent, signedRequest } from './workload.ts'

/** What the coordinator asks for: so many deliveries over so many connections. */
export interface LoadOrder {
  port: number
  tenants: readonly BenchTenant[]
  /** Number of the first event; numbers are never used twice but for repeats. */
  from: number
  count: number
  connections: number
  /** Deliveries a second; without it each connection sends as soon as it is answered. */
  rate?: number | undefined
  /** Share of deliveries that repeat an earlier event of this order. */
  repeats: number
  forged: boolean
  /** Kills a process, as `kill -9` does, once so many deliveries have been answered. */
  kill?: { pid: number; after: number }
}

export interface LoadResult extends Sent {
  fresh: number
  duplicates: number
  refused: number
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

async function run(order: LoadOrder, requests: readonly Buffer[]): Promise<LoadResult> {
  const { kill } = order
  const tally = { fresh: 0, duplicates: 0, refused: 0 }
  let answered = 0
  const sent = await sendRequests({
    ...order,
    requestOf: (number) => requests[number] ?? Buffer.alloc(0),
    onAnswer: (answer) => {
      answered += 1
      if (answered === kill?.after) process.kill(kill.pid, 'SIGKILL')
      const text = answer.toString('latin1')
      if (!text.startsWith('HTTP/1.1 200')) tally.refused += 1
      else if (text.endsWith('"duplicate":true}')) tally.duplicates += 1
      else tally.fresh += 1
    },
  })
  return { ...sent, ...tally }
}
