/** One JSON value of the input, as it was written. */
export interface Value {
  /** Where it begins, from 1. */
  line: number
  text: string
  /** Which of Stripe's list objects it was in, counted from 1; 0 for none. */
  list: number
}

/** A value longer than this is no Stripe event, and is not held in memory. Bytes. */
export const MAX_VALUE_BYTES = 64 * 1024 * 1024

/** Replaces a value that is too long or truncated: it is not JSON, so that it is refused like any other. */
export const UNREADABLE = '\u0000'

const [QUOTE, BACKSLASH, NEWLINE, COMMA, COLON] = [0x22, 0x5c, 0x0a, 0x2c, 0x3a]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

const isBlank = (byte: number): boolean => byte <= 0x20

/**
 * Splits JSON into its values without holding more than one: values one after another, the elements of arrays, and those of
 * Stripe's list objects (`{"object":"list","data":[…]}`), on however many lines.
 */
export class Scanner {
  #line = 1
  #depth = 0
  /** Depth at which values are taken: 0, or inside an array or a list object. */
  #level = 0
  #inString = false
  #escaped = false
  /** Inside a list object, behind its array. */
  #skipping = false
  /** After something broken: until a line begins with a bracket. */
  #lost = false
  #atLineStart = false
  #capturing = false
  #scalar = false
  #parts: Buffer[] = []
  #bytes = 0
  #startLine = 0
  #lists = 0
  #list = 0
  /** The last key of an object at the top, to find a list's `data`. */
  #key = ''
  #word: number[] | undefined;

  /** The values that end in these bytes. */
  *push(chunk: Buffer): Generator<Value> {
    let from = 0
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0
      if (byte === NEWLINE) this.#line++
      if (this.#lost && !this.#isFound(byte)) continue
      if (this.#inString) {
        if (byte === NEWLINE) {
          // No JSON string goes over the end of a line.
          yield this.#broken()
        } else this.#inside(byte)
        continue
      }
      if (!this.#capturing && !isBlank(byte) && byte !== COMMA && this.#begins(byte)) {
        from = i
        this.#begin(byte)
      }
      const scalarEnds =
        this.#scalar && (byte === COMMA || byte === NEWLINE || byte === CLOSE_LIST || byte === CLOSE_OBJECT)
      if (scalarEnds) yield this.#take(chunk.subarray(from, i))
      if (byte === QUOTE) {
        this.#inString = true
        if (this.#isTop()) this.#word = []
      } else if (byte === COLON && this.#isTop()) {
        this.#key = Buffer.from(this.#word ?? []).toString('latin1')
      } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if (byte === OPEN_LIST && this.#isTop() && this.#key === 'data') this.#enterList()
        else if (byte === OPEN_LIST && this.#depth === 0) this.#level = 1
        this.#depth++
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        this.#depth = Math.max(0, this.#depth - 1)
        if (this.#capturing && !this.#scalar && this.#depth === this.#level)
          yield this.#take(chunk.subarray(from, i + 1))
        else if (!this.#capturing) this.#leave()
      }
    }
    if (this.#capturing) this.#hold(chunk.subarray(from))
  }

  /** Whether a value is open. */
  get isInside(): boolean {
    return !this.#lost && this.#depth > 0
  }

  /** The value that was not closed. */
  *end(): Generator<Value> {
    if (!this.#capturing) return
    if (this.#scalar && !this.#inString) yield this.#take(Buffer.alloc(0))
    else yield this.#broken()
  }

  /** Directly inside an object at the top, which may be a list. */
  #isTop(): boolean {
    return this.#depth === 1 && this.#level === 0
  }

  #begins(byte: number): boolean {
    if (this.#skipping) return false
    if (this.#depth !== this.#level) return false
    // An array at the top is entered, not taken.
    if (this.#level === 0 && byte === OPEN_LIST) return false
    return byte !== CLOSE_LIST && byte !== CLOSE_OBJECT && byte !== COLON
  }

  #begin(byte: number): void {
    this.#capturing = true
    this.#scalar = byte !== OPEN_OBJECT && byte !== OPEN_LIST
    this.#startLine = this.#line
    this.#key = ''
  }

  #inside(byte: number): void {
    if (this.#escaped) this.#escaped = false
    else if (byte === BACKSLASH) this.#escaped = true
    else if (byte === QUOTE) this.#inString = false
    if (this.#inString && this.#word !== undefined && this.#word.length < 8) this.#word.push(byte)
  }

  /** What was taken for one value turns out to hold them. */
  #enterList(): void {
    this.#drop()
    this.#level = 2
    this.#list = ++this.#lists
  }

  #leave(): void {
    if (this.#level === 2 && this.#depth === 1) {
      this.#level = 0
      this.#list = 0
      this.#skipping = true
    }
    if (this.#depth > 0) return
    this.#level = 0
    this.#skipping = false
  }

  #hold(part: Buffer): void {
    this.#bytes += part.length
    if (this.#bytes <= MAX_VALUE_BYTES) this.#parts.push(Buffer.from(part))
    else this.#parts = []
  }

  #take(last: Buffer): Value {
    const isLong = this.#bytes + last.length > MAX_VALUE_BYTES
    const text = isLong ? UNREADABLE : Buffer.concat([...this.#parts, last]).toString('utf8')
    const value = { line: this.#startLine, text, list: this.#list }
    this.#drop()
    return value
  }

  #drop(): void {
    this.#capturing = false
    this.#scalar = false
    this.#parts = []
    this.#bytes = 0
    this.#word = undefined
  }

  #broken(): Value {
    const line = this.#capturing ? this.#startLine : this.#line
    this.#drop()
    this.#inString = false
    this.#escaped = false
    this.#lost = true
    this.#atLineStart = true
    return { line, text: UNREADABLE, list: 0 }
  }

  /** Whether this byte begins a value again, on a line of its own. */
  #isFound(byte: number): boolean {
    if (byte === NEWLINE) this.#atLineStart = true
    else if (!this.#atLineStart || (byte !== OPEN_OBJECT && byte !== OPEN_LIST)) {
      this.#atLineStart &&= isBlank(byte)
    } else {
      this.#lost = false
      this.#skipping = false
      this.#depth = 0
      this.#level = 0
      this.#list = 0
    }
    return !this.#lost
  }
}
