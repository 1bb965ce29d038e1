import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy in front of a server, which can cut, refuse, and fall silent: it then takes connections and bytes, and passes nothing on. */
export interface TcpProxy {
  readonly port: number
  silence(): void
  /** Passes on what it kept, and from now on everything. */
  resume(): void
  /** Connections that are open now. */
  readonly open: number
  /** Breaks every connection, as a network does, and takes new ones. */
  cut(): void
  /** Cuts, and refuses every connection until `accept`. */
  refuse(): Promise<void>
  accept(): Promise<void>
}

/** `refuse` ends it. */
export async function startProxy(port: number, host = '127.0.0.1'): Promise<TcpProxy> {
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
  const listen = (at: number) => new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  const refuse = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    cut()
    await closed
  }
  await listen(0)
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port')
  return {
    port: address.port,
    get open() {
      return sockets.size / 2
    },
    cut,
    refuse,
    accept: () => listen(address.port),
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
