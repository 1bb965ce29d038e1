import type { Writable } from 'node:stream'
import type { SharedText } from '../live/unsent-bytes.ts'
import { MAX_HEADER, writeHeader } from './frames.ts'

/** Frames up to this many bytes are copied together, which costs less than a second write; in larger ones a text is sent from its one place in memory. */
const WORKBENCH = 16 * 1024

/**
 * Where small frames are put together, each in turn. As long as the system takes a frame at once, which it does of nearly
 * every client, the next one needs no memory of its own: a buffer for each would keep the garbage collector busy.
 */
let workbench = Buffer.allocUnsafe(WORKBENCH)

/**
 * The `next` messages of one operation as WebSocket frames. They are written beside `ws` and the protocol's
 * implementation: a result is serialized once for all that get it, only the id before it differs, and a frame that is one
 * buffer takes one plain write. That is safe while no message is compressed or fragmented.
 */
export class NextFrames {
  readonly #raw: Writable
  readonly #head: Buffer

  /** @param raw what the WebSocket writes its frames to */
  constructor(raw: Writable, id: string) {
    this.#raw = raw
    this.#head = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`)
  }

  /** What a message keeps in memory if it is not sent at once: bytes of its own, and whether the text beside them. */
  holds({ rest }: SharedText): { own: number; isTextShared: boolean } {
    const bytes = MAX_HEADER + this.#head.length + rest.length
    if (bytes > WORKBENCH) return { own: bytes - rest.length, isTextShared: true }
    return { own: this.#raw.writableLength === 0 ? WORKBENCH : bytes, isTextShared: false }
  }

  write({ rest }: SharedText): void {
    const room = MAX_HEADER + this.#head.length
    if (room + rest.length > WORKBENCH) {
      const start = Buffer.allocUnsafe(room)
      this.#raw.cork()
      this.#raw.write(start.subarray(0, this.#begin(start, rest)))
      this.#raw.write(rest)
      this.#raw.uncork()
      return
    }
    const isIdle = this.#raw.writableLength === 0
    const frame = isIdle ? workbench : Buffer.allocUnsafe(room + rest.length)
    const at = this.#begin(frame, rest)
    rest.copy(frame, at)
    this.#raw.write(frame.subarray(0, at + rest.length))
    // A frame that the system did not take stays where it is until it is sent.
    if (isIdle && this.#raw.writableLength > 0) workbench = Buffer.allocUnsafe(WORKBENCH)
  }

  /** @returns where the text goes */
  #begin(frame: Buffer, rest: Buffer): number {
    const at = writeHeader(frame, this.#head.length + rest.length)
    this.#head.copy(frame, at)
    return at + this.#head.length
  }
}
