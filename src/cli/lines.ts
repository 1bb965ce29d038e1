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
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const fresh = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    const bytes =
      rest.length === 0
        ? Buffer.from(fresh.buffer, fresh.byteOffset, fresh.length)
        : Buffer.concat([rest, fresh])
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      yield bytes.toString('utf8', start, bytes[end - 1] === RETURN ? Math.max(start, end - 1) : end)
      start = end + 1
    }
    rest = bytes.subarray(start)
  }
  if (rest.length > 0) yield rest.toString('utf8')
}
