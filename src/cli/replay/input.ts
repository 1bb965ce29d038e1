import { createReadStream } from 'node:fs'
import { access, constants, type FileHandle, stat } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { PublicError } from '../../errors.ts'
import type { Spill } from '../../storage/spill.ts'

/** Bytes read at once. */
const CHUNK = 1024 * 1024

/** Bytes of a stream that are kept in memory to be read a second time; what is longer goes to a file. */
const KEPT_BYTES = 32 * CHUNK

/** The bytes to replay; they can be read as often as is needed. */
export interface Input {
  /** For people. */
  name: string
  /** Its length as stored, perhaps compressed. */
  bytes: number
  /** @param onBytes called with how many of `bytes` were read so far */
  read(onBytes?: (bytes: number) => void): AsyncIterable<Buffer>
}

/** What is wrong with the bytes themselves. */
export class InputError extends Error {
  override readonly name = 'InputError'
}

/**
 * A file, or standard input for `-`. What cannot be read twice (standard input, a pipe) is kept, in memory or spilled.
 * @throws PublicError NOT_FOUND when the file cannot be read
 */
export async function openInput(
  file: string,
  stdin: AsyncIterable<Uint8Array | string>,
  spill: Spill,
): Promise<Input> {
  if (file === '-') return keep('standard input', stdin, spill)
  const found = await access(file, constants.R_OK).then(
    () => stat(file),
    () => undefined,
  )
  if (found === undefined) throw new PublicError('NOT_FOUND', `cannot read ${file}`)
  if (found.isDirectory()) throw new PublicError('NOT_FOUND', `${file} is a folder, not a file of events`)
  const chunks = (): AsyncIterable<Buffer> => createReadStream(file, { highWaterMark: CHUNK })
  if (!found.isFile()) return keep(file, chunks(), spill)
  return { name: file, bytes: found.size, read: (onBytes) => counted(chunks(), onBytes) }
}

async function keep(name: string, source: AsyncIterable<Uint8Array | string>, spill: Spill): Promise<Input> {
  const kept: Buffer[] = []
  let bytes = 0
  let file: FileHandle | undefined
  for await (const chunk of source) {
    const buffer = Buffer.from(chunk)
    bytes += buffer.length
    if (file === undefined) kept.push(buffer)
    else await file.write(buffer)
    if (bytes <= KEPT_BYTES || file !== undefined) continue
    file = await spill.create()
    await file.writev(kept.splice(0))
  }
  const chunks = file === undefined ? () => Readable.from(kept) : () => chunksOf(file)
  return { name, bytes, read: (onBytes) => counted(chunks(), onBytes) }
}

async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

async function* counted(
  chunks: AsyncIterable<Buffer>,
  onBytes: (bytes: number) => void = () => {},
): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    onBytes(bytes)
    yield chunk
  }
}

/** The text as UTF-8 without its byte order mark, unpacked where it is gzip, whatever the file's name says. */
export async function* decoded(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const packed = await peek(chunks)
  yield* packed.head.readUInt16BE(0) === GZIP
    ? withoutMark(await peek(unzipped(packed.all)))
    : withoutMark(packed)
}

const GZIP = 0x1f8b

interface Peeked {
  /** The first bytes, with zeros for those that there are not. */
  head: Buffer
  /** All of it, the first bytes too. */
  all: AsyncIterable<Buffer>
}

const HEAD_BYTES = 3

async function peek(chunks: AsyncIterable<Buffer>): Promise<Peeked> {
  const source = chunks[Symbol.asyncIterator]()
  let first = Buffer.alloc(0)
  while (first.length < HEAD_BYTES) {
    const { value, done } = await source.next()
    if (done) break
    first = Buffer.concat([first, value])
  }
  const all = async function* (): AsyncGenerator<Buffer> {
    try {
      yield first
      for (;;) {
        const { value, done } = await source.next()
        if (done) return
        yield value
      }
    } finally {
      await source.return?.()
    }
  }
  return { head: Buffer.concat([first.subarray(0, HEAD_BYTES), Buffer.alloc(HEAD_BYTES)]), all: all() }
}

async function* unzipped(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK })
  // A reader that stops early gets no error; every failure also comes out of the loop below.
  pipeline(Readable.from(chunks), gunzip, () => {})
  try {
    yield* gunzip
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) throw error
    const reason = error.code === 'Z_BUF_ERROR' ? 'ends too early' : 'is damaged'
    throw new InputError(`the gzip data ${reason}: fetch or pack the file again`)
  }
}

async function* withoutMark({ head, all }: Peeked): AsyncGenerator<Buffer> {
  const wide =
    head.readUInt16BE(0) === 0xfffe ? 'utf-16le' : head.readUInt16BE(0) === 0xfeff ? 'utf-16be' : ''
  if (wide !== '') {
    // As PowerShell writes what is redirected to a file.
    const decoder = new TextDecoder(wide)
    for await (const chunk of all) yield Buffer.from(decoder.decode(chunk, { stream: true }))
    yield Buffer.from(decoder.decode())
    return
  }
  let marked = head.readUIntBE(0, 3) === 0xefbbbf
  for await (const chunk of all) {
    yield marked ? chunk.subarray(3) : chunk
    marked = false
  }
}
