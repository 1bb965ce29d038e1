import type { HistoricalEvent } from '../../detection/engine/events.ts'
import { type Rejection, readHistory } from '../../pipeline/replay.ts'
import type { Spill } from '../../storage/spill.ts'
import { Progress } from '../progress.ts'
import type { Shell } from '../shell.ts'
import type { Stop } from '../stopping.ts'
import { describe } from './describe.ts'
import { decoded, type Input, InputError } from './input.ts'
import type { Value } from './scanner.ts'
import { sorted } from './sorted.ts'
import { Survey } from './survey.ts'
import { valuesOf } from './values.ts'

/** How many values that are not events are named one by one; all of them are counted. */
const NAMED = 5

/** Bytes, and values, by which a file is described that holds no event. */
const HEAD_BYTES = 1_024
const FIRST_VALUES = 1

export interface HistoryParts {
  shell: Shell
  input: Input
  spill: Spill
  stop: Stop
  /** What an interruption says after how many of how many events were taken. */
  onStop(taken: string): string
}

/** The events of an input, read twice: to find out their order, and to replay them in it. */
export class History {
  read = 0
  rejected = 0
  readonly #parts: HistoryParts
  readonly #survey = new Survey()
  #head = Buffer.alloc(0)
  readonly #first: Value[] = []

  constructor(parts: HistoryParts) {
    this.#parts = parts
  }

  /** @throws InputError that says what the input is when there is no event in it */
  async survey(): Promise<void> {
    const { shell, input, stop, onStop } = this.#parts
    const progress = new Progress(shell, `Looking through ${input.name}`)
    let bytes = 0
    const onBytes = (read: number): void => {
      bytes = read
      stop.check(() => onStop('nothing was taken yet'))
    }
    for await (const value of valuesOf(this.#noticing(decoded(input.read(onBytes))))) {
      this.#survey.look(value)
      if (this.#first.length < FIRST_VALUES) this.#first.push(value)
      progress.step({ done: bytes / MEGABYTE, total: input.bytes / MEGABYTE, unit: 'MB' })
    }
    progress.end()
    if (this.#survey.events === 0) this.#refuse()
    const { order } = this.#survey
    if (order !== 'as written') shell.note(ORDERS[order])
  }

  async *events(endpointId: string, also: () => string): AsyncGenerator<HistoricalEvent> {
    const { shell, stop, onStop } = this.#parts
    const progress = new Progress(shell, 'Replaying')
    const { events, strangers } = this.#survey
    const total = events + strangers
    /** Where the value stands that is being read. */
    let line = 0
    const texts = async function* (values: AsyncIterable<Value>): AsyncGenerator<string> {
      for await (const value of values) {
        line = value.line
        yield value.text
      }
    }
    const rejected = ({ reason }: Rejection): void => this.#reject({ line, reason })
    for await (const event of readHistory(texts(this.#ordered()), endpointId, rejected)) {
      stop.check(() => onStop(`${this.read} of ${total} events were taken`))
      this.read += 1
      progress.step({ done: this.read, total, unit: 'events', also: also() })
      yield event
    }
    progress.end()
    // Only what is parsed whole shows that an object which looks like an event is none.
    if (this.read === this.rejected) this.#refuse()
    if (this.rejected > NAMED) shell.note(`… and ${this.rejected - NAMED} more that are no Stripe events`)
  }

  #ordered(): AsyncIterable<Value> {
    const { input, spill } = this.#parts
    const values = valuesOf(decoded(input.read()))
    const { order, isReversed } = this.#survey
    return order === 'as written' ? values : sorted(values, { order, reversed: isReversed, spill })
  }

  async *#noticing(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      if (this.#head.length < HEAD_BYTES)
        this.#head = Buffer.concat([this.#head, chunk.subarray(0, HEAD_BYTES - this.#head.length)])
      yield chunk
    }
  }

  #refuse(): never {
    const what = describe(this.#head, this.#first)
    throw new InputError(`there is no Stripe event in ${this.#parts.input.name}: ${what}`)
  }

  #reject({ line, reason }: Rejection): void {
    this.read += 1
    this.rejected += 1
    if (this.rejected <= NAMED) this.#parts.shell.note(`line ${line}: ${reason}`)
  }
}

const MEGABYTE = 1024 * 1024

const ORDERS = {
  'by created': 'The newest events come first: they are taken from the oldest on.',
  'by received': 'The events are taken in the order in which they were received.',
} as const
