import { connect } from 'node:net'
import { quantile } from './figures.ts'

/** Requests over so many connections, each sending the next one as soon as it is answered. */
export interface Sending {
  port: number
  connections: number
  count: number
  /** Requests a second of all connections together; without it as fast as they are answered. */
  rate?: number | undefined
  requestOf(number: number): Buffer
  onAnswer(answer: Buffer, number: number): void
}

export interface Sent {
  seconds: number
  /** CPU seconds of this process meanwhile. */
  cpu: number
  /** Requests that were never answered. */
  broken: number
  /** How often one was put off (503) and sent again. */
  retried: number
  /** Milliseconds from a request to its answer. */
  p50: number
  p99: number
}

const HEAD_END = Buffer.from('\r\n\r\n')
const PUT_OFF = Buffer.from('HTTP/1.1 503')
const RETRY_AFTER_MS = 200

/** Written on sockets: an HTTP client would use more CPU than the servers that are measured. */
export async function sendRequests(sending: Sending): Promise<Sent> {
  const { port, connections, count, rate, requestOf, onAnswer } = sending
  const latencies = new Float64Array(count)
  let next = 0
  let broken = 0
  let retried = 0
  const cpuBefore = process.cpuUsage()
  const began = performance.now()
  const dueIn = (number: number): number =>
    rate === undefined ? 0 : began + (1_000 * number) / rate - performance.now()
  const worker = () =>
    new Promise<void>((resolve) => {
      let current = -1
      let sentAt = 0
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      const take = (): void => {
        if (next >= count) return void socket.end()
        const number = next
        next += 1
        const wait = dueIn(number)
        if (wait > 1) setTimeout(send, wait, number)
        else send(number)
      }
      const send = (number: number): void => {
        current = number
        sentAt = performance.now()
        socket.write(requestOf(number))
      }
      socket.on('connect', take)
      readAnswers(socket, (answer) => {
        if (answer.subarray(0, PUT_OFF.length).equals(PUT_OFF)) {
          retried += 1
          setTimeout(send, RETRY_AFTER_MS, current)
          return
        }
        latencies[current] = performance.now() - sentAt
        onAnswer(answer, current)
        current = -1
        take()
      })
      socket.on('error', () => {})
      socket.on('close', () => {
        if (current >= 0) broken += 1
        resolve()
      })
    })
  await Promise.all(Array.from({ length: Math.min(connections, count) }, worker))
  const seconds = (performance.now() - began) / 1_000
  const { user, system } = process.cpuUsage(cpuBefore)
  const answered = latencies.subarray(0, next)
  const [p50, p99] = [quantile(answered, 0.5), quantile(answered, 0.99)]
  return { seconds, cpu: (user + system) / 1e6, broken, retried, p50, p99 }
}

/** Whole answers with a content-length, one at a time: nothing is sent before the last one has come. */
function readAnswers(socket: NodeJS.ReadableStream, onAnswer: (answer: Buffer) => void): void {
  let pending: Buffer | undefined
  socket.on('data', (chunk: Buffer) => {
    pending = pending === undefined ? chunk : Buffer.concat([pending, chunk])
    const head = pending.indexOf(HEAD_END)
    if (head < 0) return
    const length = Number(/content-length: (\d+)/i.exec(pending.toString('latin1', 0, head))?.[1])
    if (pending.length < head + HEAD_END.length + length) return
    const answer = pending
    pending = undefined
    onAnswer(answer)
  })
}
