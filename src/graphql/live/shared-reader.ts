import type { Bus, Topic } from '../../bus/bus.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import { othersFirst } from '../../time.ts'

/** How a list that only grows at its end is read. */
export interface RowSource<Row> {
  /** @returns where the list ends now */
  start(): Promise<bigint>
  /** The rows that follow `after`, in order: at most some hundreds; while there are `more` it is called again at once. */
  read(after: bigint): Promise<{ rows: readonly Row[]; more: boolean }>
}

/** Runs one read of a tenant's list, in a turn of its own. */
export type ReadOnce = <T>(tenantId: string, work: (scope: Scope) => Promise<T>) => Promise<T>

export interface SharedReaderOptions {
  bus: Bus
  topic: Topic
  /** Milliseconds after which it reads without a hint. */
  everyMs: number
  /** Rows that are kept for subscribers who are a little behind. */
  keep: number
  onError(error: unknown): void
}

/**
 * The newest rows of one tenant's list, read once for all its subscribers in this process: on a hint of the
 * bus, and every few seconds without one, since hints may be lost. Subscribers pull at their own pace and keep their
 * own position; nothing is queued for them here.
 */
export class SharedReader<Row extends { seq: bigint }> {
  readonly #source: RowSource<Row>
  readonly #options: SharedReaderOptions
  readonly #waiting = new Set<() => void>()
  #window: Row[] = []
  /** All rows between `#floor` (exclusive) and `#head` (inclusive) are in the window. */
  #floor = 0n
  #head = 0n
  #reading: Promise<void> | undefined
  #again = false
  #stop: (() => void) | undefined

  constructor(source: RowSource<Row>, options: SharedReaderOptions) {
    this.#source = source
    this.#options = options
  }

  get head(): bigint {
    return this.#head
  }

  /** Starts at the present end of the list. @throws when it cannot be read */
  async start(): Promise<void> {
    const { bus, topic, everyMs } = this.#options
    this.#head = await this.#source.start()
    this.#floor = this.#head
    const unsubscribe = bus.subscribe(topic, () => this.#wake())
    const timer = setInterval(() => this.#wake(), everyMs).unref()
    this.#stop = () => {
      unsubscribe()
      clearInterval(timer)
    }
  }

  stop(): void {
    this.#stop?.()
    this.#release()
  }

  /** The rows after `position`, none when there are none yet; undefined when the window does not reach back so far. */
  after(position: bigint): readonly Row[] | undefined {
    if (position < this.#floor) return undefined
    return this.#window.filter(({ seq }) => seq > position)
  }

  /** Resolves when rows follow `position`, or when the signal is aborted. */
  async beyond(position: bigint, signal: AbortSignal): Promise<void> {
    if (this.#head > position || signal.aborted) return
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#waiting.add(done)
      signal.addEventListener('abort', done)
    })
  }

  #wake(): void {
    if (this.#reading) {
      this.#again = true
      return
    }
    this.#reading = this.#readOn()
      .catch((error: unknown) => this.#options.onError(error))
      .finally(() => {
        this.#reading = undefined
        if (this.#again) {
          this.#again = false
          this.#wake()
        }
      })
  }

  async #readOn(): Promise<void> {
    for (;;) {
      const { rows, more } = await this.#source.read(this.#head)
      const last = rows.at(-1)
      if (!last) return
      this.#window.push(...rows)
      this.#head = last.seq
      const excess = this.#window.length - this.#options.keep
      if (excess > 0) this.#floor = this.#window.splice(0, excess).at(-1)?.seq ?? this.#floor
      this.#release()
      if (!more) return
      // Subscribers take these before more rows evict them.
      await othersFirst()
    }
  }

  #release(): void {
    for (const done of [...this.#waiting]) done()
  }
}

/** The shared readers of this process, each kept while it has subscribers. */
export class SharedReaders<Row extends { seq: bigint }> {
  readonly #open = new Map<string, { reader: SharedReader<Row>; started: Promise<void>; readers: number }>()

  /** @param make called when `key` has no reader yet */
  async join(key: string, make: () => SharedReader<Row>): Promise<SharedReader<Row>> {
    let entry = this.#open.get(key)
    if (!entry) {
      const reader = make()
      entry = { reader, started: reader.start(), readers: 0 }
      this.#open.set(key, entry)
    }
    entry.readers++
    try {
      await entry.started
      return entry.reader
    } catch (error) {
      this.leave(key)
      throw error
    }
  }

  leave(key: string): void {
    const entry = this.#open.get(key)
    if (entry && --entry.readers === 0) {
      this.#open.delete(key)
      entry.reader.stop()
    }
  }
}
