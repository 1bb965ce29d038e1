import type { FileHandle } from 'node:fs/promises'
import type { Spill } from '../../storage/spill.ts'
import type { Seconds } from '../../time.ts'
import type { Value } from './scanner.ts'
import { stampOf } from './stamp.ts'
import type { Order } from './survey.ts'

/** Bytes of text that are sorted in memory; more than that is sorted in parts, which are spilled and merged. */
const RUN_BYTES = 32 * 1024 * 1024

const READ_BYTES = 256 * 1024

interface Keyed {
  key: Seconds
  /** Place in the input; negative where what is written later comes first. */
  index: number
  value: Value
}

const before = (a: Keyed, b: Keyed): number => a.key - b.key || a.index - b.index

/**
 * The values in another order than they are written in, in bounded memory.
 * @param reversed whether `created` only falls
 * @param values those that are no events come first
 */
export async function* sorted(
  values: AsyncIterable<Value>,
  { order, reversed, spill, runBytes = RUN_BYTES }: SortOptions,
): AsyncGenerator<Value> {
  const runs: FileHandle[] = []
  let run: Keyed[] = []
  let bytes = 0
  let index = 0
  let clock: Seconds = 0
  for await (const value of values) {
    const stamp = stampOf(value.text)
    if (stamp === undefined) {
      yield value
      continue
    }
    index += 1
    if (stamp.received === undefined) clock = Math.max(clock, stamp.created)
    const later = order === 'by created' || reversed
    const unsaid = later ? stamp.created : clock
    run.push({ key: stamp.received ?? unsaid, index: later ? -index : index, value })
    bytes += value.text.length
    if (bytes < runBytes) continue
    runs.push(await write(run.sort(before), spill))
    run = []
    bytes = 0
  }
  run.sort(before)
  if (runs.length === 0) for (const { value } of run) yield value
  else yield* merged([...runs.map(readRun), listed(run)])
}

export interface SortOptions {
  order: Order
  reversed: boolean
  spill: Spill
  /** Bytes of text that are sorted in memory at a time; 32 MB. */
  runBytes?: number
}

async function* listed(run: readonly Keyed[]): AsyncGenerator<Keyed> {
  yield* run
}

async function* merged(runs: readonly AsyncGenerator<Keyed>[]): AsyncGenerator<Value> {
  const heads: { first: Keyed; rest: AsyncGenerator<Keyed> }[] = []
  for (const rest of runs) {
    const { value, done } = await rest.next()
    if (!done) heads.push({ first: value, rest })
  }
  while (heads.length > 0) {
    const least = heads.reduce((a, b) => (before(b.first, a.first) < 0 ? b : a))
    yield least.first.value
    const { value, done } = await least.rest.next()
    if (done) heads.splice(heads.indexOf(least), 1)
    else least.first = value
  }
}

/** Of each record: key, index, line and length of the text; list numbers are not needed any more. */
const HEADER_BYTES = 8 + 8 + 4 + 4

async function write(run: readonly Keyed[], spill: Spill): Promise<FileHandle> {
  const file = await spill.create()
  let parts: Buffer[] = []
  let bytes = 0
  const flush = async (): Promise<void> => {
    await file.writev(parts)
    parts = []
    bytes = 0
  }
  for (const { key, index, value } of run) {
    const text = Buffer.from(value.text)
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeDoubleLE(key, 0)
    header.writeDoubleLE(index, 8)
    header.writeUInt32LE(value.line, 16)
    header.writeUInt32LE(text.length, 20)
    parts.push(header, text)
    bytes += HEADER_BYTES + text.length
    if (bytes >= READ_BYTES) await flush()
  }
  await flush()
  return file
}

async function* readRun(file: FileHandle): AsyncGenerator<Keyed> {
  let held = Buffer.alloc(0)
  let position = 0
  const fill = async (wanted: number): Promise<boolean> => {
    while (held.length < wanted) {
      const size = Math.max(READ_BYTES, wanted - held.length)
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(size), 0, size, position)
      if (bytesRead === 0) return false
      position += bytesRead
      held = Buffer.concat([held, buffer.subarray(0, bytesRead)])
    }
    return true
  }
  while (await fill(HEADER_BYTES)) {
    const [key, index] = [held.readDoubleLE(0), held.readDoubleLE(8)]
    const [line, length] = [held.readUInt32LE(16), held.readUInt32LE(20)]
    if (!(await fill(HEADER_BYTES + length))) throw new Error('a spilled file was cut short')
    const text = held.toString('utf8', HEADER_BYTES, HEADER_BYTES + length)
    held = held.subarray(HEADER_BYTES + length)
    yield { key, index, value: { line, text, list: 0 } }
  }
}
