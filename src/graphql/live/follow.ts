import type { SharedReader } from './shared-reader.ts'

/** A row of a list that only grows at its end. */
export interface Row {
  seq: bigint
}

/** A tenant's list as a subscription follows it; `leave` is called once when it ends. */
export interface Feed<R extends Row> {
  readonly reader: SharedReader<R>
  /**
   * The next rows after a position that the reader does not keep any more; none when there are none up to its head.
   * @throws PublicError SLOW_CONSUMER where what was missed is not sent later
   */
  missed(after: bigint): Promise<readonly R[]>
  /** Rows that were missed, without those that later ones among them make superfluous. */
  condensed(rows: readonly R[]): readonly R[]
  leave(): void
}

export interface Pace {
  /** Awaited before each row that was missed, so that a backlog is not buffered in memory. */
  drained?(): Promise<void>
  /** Waits for more at the end of what the reader has. @returns the position to go on from */
  more(position: bigint): Promise<bigint>
}

/** Every row after `position`, in order, until the signal is aborted: first what was missed, then what is live. */
export async function* follow<R extends Row>(
  { reader, missed, condensed }: Pick<Feed<R>, 'reader' | 'missed' | 'condensed'>,
  position: bigint,
  signal: AbortSignal,
  { drained, more }: Pace,
): AsyncGenerator<R> {
  let at = position
  let live = false
  while (!signal.aborted) {
    const recent = reader.after(at)
    const rows = recent ?? (await missed(at))
    if (!recent) live = false
    for (const row of live ? rows : condensed(rows)) {
      if (!live) await drained?.()
      if (signal.aborted) return
      yield row
    }
    const last = rows.at(-1)
    if (last) at = last.seq
    else if (recent) {
      live = true
      at = await more(at)
    } else at = reader.head
  }
}

/** Waits as one who follows by itself does. */
export const moreOf =
  ({ reader }: { reader: Pick<SharedReader<Row>, 'beyond'> }, signal: AbortSignal) =>
  async (position: bigint): Promise<bigint> => {
    await reader.beyond(position, signal)
    return position
  }

/** A feed followed by itself, until the signal is aborted or nobody reads on; then it is left. */
export async function* followAlone<R extends Row>(
  feed: Feed<R>,
  position: bigint,
  signal: AbortSignal,
): AsyncGenerator<R> {
  try {
    yield* follow(feed, position, signal, { more: moreOf(feed, signal) })
  } finally {
    feed.leave()
  }
}
