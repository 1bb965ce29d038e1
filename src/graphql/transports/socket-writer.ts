import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { SharedText, UnsentBytes } from '../live/unsent-bytes.ts'
import { NextFrames } from './next-frames.ts'

/** Bytes that a socket may have unsent before it is closed. */
const MAX_UNSENT = 1024 * 1024
/** With fewer unsent bytes than this a socket counts as drained. */
const DRAINED_BELOW = 64 * 1024
export interface SocketWriterOptions {
  /** What the WebSocket writes its frames to. */
  raw: Duplex
  /** Closes the socket of a client that reads too slowly. */
  closeSlow(reason: string): void
  /** Bytes; 1 MiB. */
  maxUnsent?: number
  /** Of the tenant and of the process. */
  unsent: UnsentBytes
}

/**
 * The sending side of a socket. Live results are sent at once, and a socket whose client reads too slowly is closed, to
 * resume with its cursor; results read from the database wait for `drained` instead.
 */
export class SocketWriter {
  readonly #socket: WebSocket
  readonly #options: SocketWriterOptions
  readonly #waiting = new Set<() => void>()
  readonly #held = new Set<() => void>()
  /** The caller's tenant, once it is known. */
  tenantId = ''

  constructor(socket: WebSocket, options: SocketWriterOptions) {
    this.#socket = socket
    this.#options = options
  }

  /** Sends a message of the protocol. */
  send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    const bytes = Buffer.byteLength(text)
    if (!this.#hasRoom(bytes)) return
    const release = this.#hold(bytes)
    this.#socket.send(text, () => this.#sent(release))
  }

  /** Sends results of the operation with this id, as `next` messages. */
  resultsOf(id: string): (result: SharedText) => void {
    const frames = new NextFrames(this.#options.raw, id)
    return (result) => {
      if (this.#socket.readyState !== this.#socket.OPEN) return
      const { own, isTextShared } = frames.holds(result)
      const shared = isTextShared ? result : undefined
      if (!this.#hasRoom(own, shared)) return
      frames.write(result)
      // The system has taken it, as it does for nearly every client: there is nothing to count or to wait for.
      if (this.#options.raw.writableLength === 0) return
      const release = this.#hold(own, shared)
      // An empty write is done when those before it are.
      this.#options.raw.write('', () => this.#sent(release))
    }
  }

  /** Resolves when few bytes are unsent, or the socket is closed. */
  async drained(): Promise<void> {
    if (this.#isDrained()) return
    await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  /** The socket is closed: resolves all that wait for it and releases what it holds. */
  closed(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
    for (const release of this.#held) release()
    this.#held.clear()
  }

  /** Whether this much more may be unsent; if not, the socket is closed. */
  #hasRoom(own: number, shared?: SharedText): boolean {
    const { closeSlow, maxUnsent = MAX_UNSENT, raw, unsent } = this.#options
    if (raw.writableLength <= maxUnsent && unsent.hasRoom(this.tenantId, own, shared)) return true
    closeSlow('slow consumer: resume with after')
    return false
  }

  #hold(own: number, shared?: SharedText): () => void {
    const release = this.#options.unsent.take(this.tenantId, own, shared)
    this.#held.add(release)
    return release
  }

  #isDrained(): boolean {
    return this.#socket.readyState !== this.#socket.OPEN || this.#options.raw.writableLength <= DRAINED_BELOW
  }

  #sent(release: () => void): void {
    this.#held.delete(release)
    release()
    if (this.#waiting.size === 0 || !this.#isDrained()) return
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
