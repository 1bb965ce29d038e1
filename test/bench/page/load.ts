import { type Sent, sendRequests } from '../requests.ts'
import { OPERATION, ROWS, VARIABLES } from './query.ts'
import type { BenchReader } from './seed.ts'

/** What the coordinator asks for: so many pages over so many connections, each asking as soon as it is answered. */
export interface PageOrder {
  port: number
  readers: readonly BenchReader[]
  count: number
  connections: number
}

export interface PageResult extends Sent {
  /** Answers that were no page of so many rows. */
  wrong: number
  /** Of a page. */
  bytes: number
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

const ROW = '{"id":"anm_'

/** Whether an answer is a page: counted in its text, since reading it as JSON would make the load the limit. */
function isPage(text: string): boolean {
  const rows = text.split(ROW).length - 1
  return text.startsWith('HTTP/1.1 200') && !text.includes('"errors"') && rows >= ROWS && rows <= ROWS + 1
}

/** Bytes that no refusal has. */
const LEAST_PAGE = 5_000

async function run(order: PageOrder, requests: readonly Buffer[]): Promise<PageResult> {
  let wrong = 0
  let bytes = 0
  const sent = await sendRequests({
    ...order,
    // A prime, so that the tenants follow each other in no order that a cache would like.
    requestOf: (number) => requests[(number * 7_919) % requests.length] ?? Buffer.alloc(0),
    onAnswer: (answer, number) => {
      bytes += answer.length
      // One of some hundred is looked through; the others are known by their length.
      if (answer.length < LEAST_PAGE || (number % 97 === 0 && !isPage(answer.toString('latin1')))) wrong += 1
    },
  })
  return { ...sent, wrong: wrong + sent.broken, bytes: bytes / order.count }
}
