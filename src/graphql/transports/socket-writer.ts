import { randomUUID } from 'node:crypto'
import type { WebSocket } from 'ws'
import type { SharedText, UnsentBytes } from '../live/unsent-bytes.ts'

/** Bytes that a client may leave untaken before it is sent away. */
const MAX_UNSENT = 1024 * 1024
/** Below so many unsent bytes a client counts as having taken what it was sent. */
const LITTLE = 64 * 1024
/** From here on a shared text is sent from its one place in memory, in frames of its own. */
const LARGE = 16 * 1024

export interface SocketWriterOptions {
  /** With which a client that does not take what it is sent is closed. */
  slowCode: number
  /** Bytes; 1 MiB. */
  maxUnsent?: number
  /** Of the tenant and of the process. */
  unsent: UnsentBytes
}

/**
 * The sending side of a socket. What is live is sent at once, and a client that does not take it is closed, to
 * resume with its cursor; what is read from the database waits for `drained` instead.
 */
export class SocketWriter {
  readonly #socket: WebSocket
  readonly #options: SocketWriterOptions
  readonly #waiting = new Set<() => void>()
  readonly #held = new Set<() => void>()
  readonly #payloads = new Map<string, SharedText>()
  /** Whose it is, once that is known. */
  tenantId = ''

  constructor(socket: WebSocket, options: SocketWriterOptions) {
    this.#socket = socket
    this.#options = options
  }

  /**
   * A stand-in for a message's payload that was written once for all who are sent it: the message that is sent next
   * with it carries the text itself.
   */
  payload(text: SharedText): { data: null; toJSON(): string } {
    const mark = randomUUID()
    this.#payloads.set(mark, text)
    return { data: null, toJSON: () => mark }
  }

  send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    const mark = MARKED.exec(text)?.[1]
    const shared = mark === undefined ? undefined : this.#payloads.get(mark)
    if (mark === undefined || shared === undefined) {
      this.#send([text], text.length)
      return
    }
    this.#payloads.delete(mark)
    const head = text.slice(0, -mark.length - 3)
    if (shared.bytes.length < LARGE) {
      const whole = `${head}${shared.bytes.toString()}}`
      this.#send([whole], whole.length)
    } else this.#send([head, shared.bytes, '}'], head.length + 1, shared)
  }

  /** Resolves when little is left to be sent, or nothing can be sent any more. */
  async drained(): Promise<void> {
    if (this.#isDrained()) return
    await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  /** The socket is gone: nobody waits for it any longer, and nothing of it is kept. */
  closed(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
    for (const release of this.#held) release()
    this.#held.clear()
    this.#payloads.clear()
  }

  #send(parts: readonly (string | Buffer)[], own: number, shared?: SharedText): void {
    const { slowCode, maxUnsent = MAX_UNSENT, unsent } = this.#options
    const isSlow = this.#socket.bufferedAmount > maxUnsent
    const release = isSlow ? undefined : unsent.take(this.tenantId, own, shared)
    if (!release) {
      this.#socket.close(slowCode, 'slow consumer: resume with after')
      return
    }
    this.#held.add(release)
    for (const [index, part] of parts.entries()) {
      const fin = index === parts.length - 1
      this.#socket.send(part, { binary: false, fin }, fin ? () => this.#sent(release) : undefined)
    }
  }

  #isDrained(): boolean {
    return this.#socket.readyState !== this.#socket.OPEN || this.#socket.bufferedAmount <= LITTLE
  }

  #sent(release: () => void): void {
    this.#held.delete(release)
    release()
    if (this.#waiting.size === 0 || !this.#isDrained()) return
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

/** The payload stands last in a message; what a client chose itself stands before it. */
const MARKED = /"([0-9a-f-]{36})"\}$/
