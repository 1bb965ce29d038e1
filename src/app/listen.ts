import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Config } from '../config.ts'

/** @returns where it listens, without a slash at the end */
export function listen(server: Server, { port, host }: Config): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve(urlOf(server.address()))
    })
  })
}

function urlOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `http://${host}:${address.port}`
}

/** Milliseconds that requests under way may still take when the server closes. */
const FINISH_WITHIN = 2_000

/** How a server ends without cutting off what is under way. */
export class Closing {
  readonly #server: Server
  #leaving = false

  constructor(server: Server) {
    this.#server = server
    // A proxy keeps connections open for its next requests: from now on each of them ends with its answer.
    server.prependListener('request', (_req, res) => {
      if (this.#leaving) res.shouldKeepAlive = false
    })
  }

  /** Whether it is going to close: nobody should send it anything new. */
  get leaving(): boolean {
    return this.#leaving
  }

  leave(): void {
    this.#leaving = true
  }

  /**
   * Takes no new connection: whoever tries is refused at once, and goes elsewhere.
   * @param finish what lets go of connections that would stay open
   * @returns what ends the connections that are left
   */
  async stopListening(finish: () => Promise<void>): Promise<() => Promise<void>> {
    this.leave()
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FINISH_WITHIN)
    })
    await Promise.race([Promise.all([closed, finish()]), late])
    clearTimeout(timer)
    return async () => {
      this.#server.closeAllConnections()
      await closed
    }
  }
}
