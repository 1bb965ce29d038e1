import { createReadStream } from 'node:fs'
import { access, constants, stat } from 'node:fs/promises'
import { PublicError } from '../errors.ts'

/** Bytes read at once. */
const CHUNK = 1024 * 1024

/**
 * The lines of a file, or of standard input for `-`, without their ends. Node's own readline takes longer over
 * a history than judging it does.
 * @throws PublicError NOT_FOUND when the file cannot be read
 */
export async function linesOf(
  file: string,
  stdin: AsyncIterable<Uint8Array | string>,
): Promise<AsyncIterable<string>> {
  if (file === '-') return splitLines(stdin)
  const readable = await access(file, constants.R_OK).then(
    () => stat(file),
    () => undefined,
  )
  if (readable === undefined) throw new PublicError('NOT_FOUND', `cannot read ${file}`)
  if (readable.isDirectory()) throw new PublicError('NOT_FOUND', `${file} is a folder, not a file of events`)
  return splitLines(chunksOf(file))
}

/** Opens the file when it is first read, so that a command that fails before leaves nothing open. */
async function* chunksOf(file: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(file, { highWaterMark: CHUNK })
}

const NEWLINE = 0x0a
const RETURN = 0x0d

async function* splitLines(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  /** What was read of a line that goes on in the next chunk. */
  let begun: Buffer[] = []
  for await (const chunk of chunks) {
    const bytes =
      typeof chunk === 'string'
        ? Buffer.from(chunk)
        : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const line = bytes.subarray(start, end)
      yield textOf(begun.length === 0 ? line : Buffer.concat([...begun, line]))
      begun = []
      start = end + 1
    }
    if (start < bytes.length) begun.push(bytes.subarray(start))
  }
  if (begun.length > 0) yield textOf(Buffer.concat(begun))
}

const textOf = (line: Buffer): string =>
  line.toString('utf8', 0, line.at(-1) === RETURN ? line.length - 1 : line.length)
