import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface ReceivedRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** A receiver of alerts: keeps every request that came, and answers as `answer` says; 200 unless it says otherwise. */
export interface Receiver {
  url: string
  requests: ReceivedRequest[]
  answer: (request: ReceivedRequest, response: ServerResponse) => void
  close(): Promise<void>
}

export async function startReceiver(answer?: Receiver['answer']): Promise<Receiver> {
  const requests: ReceivedRequest[] = []
  const server: Server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(Buffer.from(part))
    const received = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(parts).toString('utf8'),
    }
    requests.push(received)
    receiver.answer(received, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const receiver: Receiver = {
    url: `http://127.0.0.1:${portOf(server)}`,
    requests,
    answer: answer ?? ((_request, response) => response.end('ok')),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return receiver
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  return address.port
}

/** One that is closed when the test has ended. */
export async function receiverOfTest(answer?: Receiver['answer']): Promise<Receiver> {
  const receiver = await startReceiver(answer)
  onTestFinished(() => receiver.close())
  return receiver
}
