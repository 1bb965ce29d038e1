import { connect, type Socket } from 'node:net'
import { OPERATION, ROWS, VARIABLES } from './query.ts'
import type { BenchReader } from './seed.ts'

/** What the coordinator asks for: so many pages over so many connections, each asking as soon as it is answered. */
export interface PageOrder {
  port: number
  readers: readonly BenchReader[]
  count: number
  connections: number
}

export interface PageResult {
  seconds: number
  /** CPU seconds of this process meanwhile. */
  cpu: number
  /** Answers that were no page of so many rows. */
  wrong: number
  bytes: number
  p50: number
  p99: number
}

process.on('message', (order: PageOrder) => {
  run(order, buildRequests(order)).then((result) => process.send?.(result))
})
process.send?.('ready')

function buildRequests({ readers }: PageOrder): Buffer[] {
  const body = JSON.stringify({ query: OPERATION, variables: VARIABLES })
  return readers.map(({ key }) =>
    Buffer.from(
      `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: application/json\r\n` +
        `authorization: Bearer ${key}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  )
}

const HEAD_END = Buffer.from('\r\n\r\n')
const ROW = '{"id":"anm_'

/** Whether an answer is a page: counted in its text, since reading it as JSON would make the load the limit. */
function isPage(text: string): boolean {
  const rows = text.split(ROW).length - 1
  return text.startsWith('HTTP/1.1 200') && !text.includes('"errors"') && rows >= ROWS && rows <= ROWS + 1
}

async function run(
  { port, count, connections }: PageOrder,
  requests: readonly Buffer[],
): Promise<PageResult> {
  const latencies = new Float64Array(count)
  let next = 0
  let wrong = 0
  let bytes = 0
  const cpuBefore = process.cpuUsage()
  const began = performance.now()
  const worker = () =>
    new Promise<void>((resolve) => {
      let current = -1
      let sentAt = 0
      let pending: Buffer | undefined
      const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
      const send = (): void => {
        if (next >= count) return void socket.end()
        current = next
        next += 1
        sentAt = performance.now()
        // A prime, so that the tenants follow each other in no order that a cache would like.
        socket.write(requests[(current * 7_919) % requests.length] ?? '')
      }
      socket.on('connect', send)
      socket.on('data', (chunk) => {
        pending = pending === undefined ? chunk : Buffer.concat([pending, chunk])
        const head = pending.indexOf(HEAD_END)
        if (head < 0) return
        const length = Number(/content-length: (\d+)/i.exec(pending.toString('latin1', 0, head))?.[1])
        if (pending.length < head + 4 + length) return
        bytes += pending.length
        // One of some hundred is looked through; the others are known by their length.
        if (length < 5_000 || (current % 97 === 0 && !isPage(pending.toString('latin1')))) wrong += 1
        pending = undefined
        latencies[current] = performance.now() - sentAt
        current = -1
        send()
      })
      socket.on('error', () => {})
      socket.on('close', () => {
        if (current >= 0) wrong += 1
        resolve()
      })
    })
  await Promise.all(Array.from({ length: connections }, worker))
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  const sorted = latencies.sort()
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
  return { seconds, cpu: (user + system) / 1e6, wrong, bytes: bytes / count, p50: at(0.5), p99: at(0.99) }
}
