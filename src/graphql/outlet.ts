import type { WebSocket } from 'ws'

/** Bytes that a client may leave untaken before it is sent away. */
const MAX_UNSENT = 1024 * 1024
/** Below so many unsent bytes a client counts as having taken what it was sent. */
const LITTLE = 64 * 1024

/**
 * The sending side of a socket. What is live is sent at once, and a client that does not take it is closed, to
 * resume with its cursor; what is read from the database waits for `drained` instead.
 */
export class Outlet {
  readonly #socket: WebSocket
  readonly #slowCode: number
  readonly #maxUnsent: number
  readonly #waiting = new Set<() => void>()

  constructor(socket: WebSocket, slowCode: number, maxUnsent = MAX_UNSENT) {
    this.#socket = socket
    this.#slowCode = slowCode
    this.#maxUnsent = maxUnsent
  }

  send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    if (this.#socket.bufferedAmount > this.#maxUnsent) {
      this.#socket.close(this.#slowCode, 'slow consumer: resume with after')
      return
    }
    this.#socket.send(text, () => this.#sent())
  }

  /** Resolves when little is left to be sent, or nothing can be sent any more. */
  async drained(): Promise<void> {
    if (this.#isDrained()) return
    await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  /** The socket is gone: nobody waits for it any longer. */
  closed(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  #isDrained(): boolean {
    return this.#socket.readyState !== this.#socket.OPEN || this.#socket.bufferedAmount <= LITTLE
  }

  #sent(): void {
    if (this.#waiting.size > 0 && this.#isDrained()) this.closed()
  }
}
