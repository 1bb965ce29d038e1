import { parseJson } from '../../stripe/event.ts'
import { fields } from '../../stripe/read.ts'
import { MAX_VALUE_BYTES, Scanner, UNREADABLE, type Value } from './scanner.ts'

/** Bytes looked at to see whether the input has a value on each line. */
const LOOK = 1024 * 1024

/**
 * The JSON values of a text, in the order they are written, however it is laid out. With a value on each line a line
 * that is no JSON spoils only itself.
 */
export async function* valuesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Value> {
  const source = chunks[Symbol.asyncIterator]()
  let begun = Buffer.alloc(0)
  let done = false
  while (!done && begun.length < LOOK && !hasLine(begun)) {
    const next = await source.next()
    done = next.done === true
    if (!next.done) begun = Buffer.concat([begun, next.value])
  }
  async function* all(): AsyncGenerator<Buffer> {
    try {
      yield begun
      while (!done) {
        const next = await source.next()
        if (next.done) return
        yield next.value
      }
    } finally {
      await source.return?.()
    }
  }
  yield* isByLine(begun) ? byLine(all()) : byStructure(all())
}

/** The first line that is not blank, as far as it is there. */
function firstLine(bytes: Buffer): string {
  const start = bytes.findIndex((byte) => byte > 0x20)
  if (start < 0) return ''
  const end = bytes.indexOf(NEWLINE, start)
  return bytes.toString('utf8', start, end < 0 ? bytes.length : end).trim()
}

const hasLine = (bytes: Buffer): boolean => {
  const start = bytes.findIndex((byte) => byte > 0x20)
  return start >= 0 && bytes.indexOf(NEWLINE, start) >= 0
}

function isByLine(begun: Buffer): boolean {
  const line = firstLine(begun)
  if (line.startsWith('[')) return false
  if (!line.startsWith('{')) return true
  const json = parseJson(line)
  if (json !== undefined) return !isList(json)
  // An object that goes on in the next line; else a line that is broken.
  return !isUnfinished(line)
}

function isUnfinished(line: string): boolean {
  const scanner = new Scanner()
  for (const _ of scanner.push(Buffer.from(`${line}\n`))) {
    // Only its end matters.
  }
  return scanner.isInside
}

const isList = (json: unknown): boolean => Array.isArray(fields(json)?.['data'])

async function* byStructure(chunks: AsyncIterable<Buffer>): AsyncGenerator<Value> {
  const scanner = new Scanner()
  const pages = new Pages()
  for await (const chunk of chunks) for (const value of scanner.push(chunk)) yield* pages.open(value)
  for (const value of scanner.end()) yield* pages.open(value)
}

const NEWLINE = 0x0a

/** Node's own readline takes longer for a history than detection does. */
async function* byLine(chunks: AsyncIterable<Buffer>): AsyncGenerator<Value> {
  const pages = new Pages()
  /** The beginning of a line that continues in the next chunk. */
  let begun: Buffer[] = []
  let length = 0
  let line = 1
  function* take(last: Buffer): Generator<Value> {
    const isLong = length + last.length > MAX_VALUE_BYTES
    const text = isLong
      ? UNREADABLE
      : Buffer.concat([...begun, last])
          .toString('utf8')
          .trim()
    begun = []
    length = 0
    if (text !== '') yield* pages.open({ line, text, list: 0 })
    line += 1
  }
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      yield* take(chunk.subarray(start, end))
      start = end + 1
    }
    const rest = chunk.subarray(start)
    length += rest.length
    if (length > MAX_VALUE_BYTES) begun = []
    else if (rest.length > 0) begun.push(rest)
  }
  if (length > 0) yield* take(Buffer.alloc(0))
}

/** How an array, or a list object of Stripe's, begins. */
const MAY_HOLD_MORE = /^(\[|\{\s*"(object|data|has_more|url)")/

/** Opens arrays and list objects that stand in one value, such as a page on each line, or an array of pages. */
class Pages {
  *open(value: Value): Generator<Value> {
    const { line, text } = value
    const json = MAY_HOLD_MORE.test(text) ? parseJson(text) : undefined
    if (!Array.isArray(json) && !isList(json)) {
      yield value
      return
    }
    const scanner = new Scanner()
    const list = isList(json) ? this.#count() : 0
    for (const one of [...scanner.push(Buffer.from(text)), ...scanner.end()])
      yield* this.open({ line: line + one.line - 1, text: one.text, list: list || one.list })
  }

  /** Numbers below 0, apart from those that the scanner gives. */
  #lists = 0
  #count(): number {
    this.#lists -= 1
    return this.#lists
  }
}
