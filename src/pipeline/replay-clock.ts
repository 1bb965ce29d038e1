import { HOUR, type Seconds } from '../time.ts'

/** A line of a history: when it happened, when it was delivered where it says so, and what it is about. */
export interface Dated {
  created: Seconds
  received: Seconds | undefined
  objectId: string | undefined
}

/** Beyond it a row is ahead of the others: nothing else makes them late together. */
const AHEAD: Seconds = HOUR

/** So many rows may follow one that is far ahead of all before it until another bears it out. */
const ROWS_TO_CONFIRM = 20

/**
 * Gives each row of a history its time of delivery: the one it names, else the newest time so far. A row may be
 * dated ahead by mistake, and would make everything after it late: one that is more than an hour ahead moves the
 * clock only when another one, of another object, is there too, or nothing follows it.
 */
export async function* withDelivery<Row extends Dated>(
  rows: AsyncIterable<Row>,
): AsyncGenerator<{ row: Row; deliveredAt: Seconds }> {
  let clock: Seconds | undefined
  let waiting: Row[] = []
  /** Lets go of what waits, as far as it is known when it was delivered. */
  function* release(isEnd: boolean): Generator<{ row: Row; deliveredAt: Seconds }> {
    for (let [first, ...others] = waiting; first !== undefined; [first, ...others] = waiting) {
      const time = first.received ?? first.created
      const isAhead = first.received === undefined && time > (clock ?? 0) + AHEAD
      if (isAhead && !isBorneOut(first, others)) {
        if (!isEnd && others.length < ROWS_TO_CONFIRM) return
        if (others.length > 0) {
          clock ??= Math.min(...others.map(({ created, received }) => received ?? created))
          waiting = others
          yield { row: first, deliveredAt: clock }
          continue
        }
      }
      clock = Math.max(clock ?? time, time)
      waiting = others
      yield { row: first, deliveredAt: first.received ?? clock }
    }
  }
  for await (const row of rows) {
    waiting.push(row)
    yield* release(false)
  }
  yield* release(true)
}

const isBorneOut = ({ created, objectId }: Dated, others: readonly Dated[]): boolean =>
  others.some(
    (other) =>
      (other.received ?? other.created) >= created - AHEAD &&
      (other.received !== undefined || objectId === undefined || other.objectId !== objectId),
  )
