import { randomUUID } from 'node:crypto'
import type { WebSocket } from 'ws'
import type { SharedText, UnsentBytes } from '../live/unsent-bytes.ts'

/** Bytes that a socket may have unsent before it is closed. */
const MAX_UNSENT = 1024 * 1024
/** With fewer unsent bytes than this a socket counts as drained. */
const DRAINED_BELOW = 64 * 1024
/** From here on a shared text is sent from its one place in memory, in frames of its own. */
const LARGE = 16 * 1024

export interface SocketWriterOptions {
  /** The code that a slow client is closed with. */
  slowCode: number
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
  readonly #payloads = new Map<string, SharedText>()
  /** The caller's tenant, once it is known. */
  tenantId = ''

  constructor(socket: WebSocket, options: SocketWriterOptions) {
    this.#socket = socket
    this.#options = options
  }

  /**
   * A placeholder for a payload that was serialized once for all its receivers: the next message sent with it carries
   * the text itself.
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

  /** Resolves when few bytes are unsent, or the socket is closed. */
  async drained(): Promise<void> {
    if (this.#isDrained()) return
    await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  /** The socket is closed: resolves all that wait for it and releases what it holds. */
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
    return this.#socket.readyState !== this.#socket.OPEN || this.#socket.bufferedAmount <= DRAINED_BELOW
  }

  #sent(release: () => void): void {
    this.#held.delete(release)
    release()
    if (this.#waiting.size === 0 || !this.#isDrained()) return
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

/** The payload is the last member of a message, after the id that the client chose. */
const MARKED = /"([0-9a-f-]{36})"\}$/
