import { createServer, type RequestListener, type ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { refuseBrokenRequest, serverOptions } from '../../src/http/server.ts'
import { atEnd } from '../support/endings.ts'

export interface Served {
  /** `http://127.0.0.1:port` */
  base: string
  /** Sends bytes as they stand and gives all that came back until the server closed, or until `enough` says so. */
  raw(text: string, enough?: (received: string) => boolean): Promise<string>
  close(): Promise<void>
}

/** A real server on a free port of loopback, closed after the file's tests. */
export async function serve(listener: RequestListener, options: ServerOptions = {}): Promise<Served> {
  const server = createServer({ ...serverOptions, ...options }, listener)
  server.on('clientError', refuseBrokenRequest)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  atEnd(close)
  return { base: `http://127.0.0.1:${port}`, raw: (text, enough) => exchange(port, text, enough), close }
}

function exchange(
  port: number,
  text: string,
  enough: (received: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk.toString()
      if (enough(received)) socket.destroy()
    })
    socket.on('close', () => resolve(received))
    socket.on('error', reject)
  })
}
