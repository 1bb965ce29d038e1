import { connect, createServer, type Socket } from 'node:net'
import { atEnd } from './endings.ts'

/** A TCP proxy in front of a server, which can fall silent: it then takes connections and bytes, and passes nothing on. */
export interface Proxy {
  readonly port: number
  silence(): void
  /** Passes on what it kept, and from now on everything. */
  resume(): void
}

/** Closed after the file's tests. */
export async function proxyTo(port: number, host = '127.0.0.1'): Promise<Proxy> {
  let silent = false
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(port, host)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => to.write(chunk))
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      if (silent) from.pause()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port')
  return {
    port: address.port,
    silence: () => {
      silent = true
      for (const socket of sockets) socket.pause()
    },
    resume: () => {
      silent = false
      for (const socket of sockets) socket.resume()
    },
  }
}
