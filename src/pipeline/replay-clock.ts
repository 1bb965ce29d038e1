import { HOUR, type Seconds } from '../time.ts'

/** A line of a history: when it happened, when it was delivered where it says so, and what it is about. */
export interface Dated {
  created: Seconds
  received: Seconds | undefined
  objectId: string | undefined
}

/** Beyond it a row is ahead of the others: nothing else makes them late together. */
const AHEAD: Seconds = HOUR

/** As many rows, of different objects, that go back behind a row say that it was dated ahead, before any that is there, too. */
const ROWS_TO_REFUTE = 3

/** No more rows than this wait for a decision. */
const MAX_WAITING = 20

/**
 * Gives each row of a history its time of delivery: the one it names, else the newest time so far. A row may be
 * dated ahead by mistake, and would make everything after it late: one that is more than an hour ahead moves the
 * clock only when another one, of another object, is there too before the others go on behind it, or nothing follows.
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
      const verdict = isAhead ? verdictOn(first, others) : 'confirmed'
      const isDecided = verdict === 'confirmed' || verdict === 'refuted'
      if (!isDecided && !isEnd && others.length < MAX_WAITING) return
      if (verdict === 'refuted' || verdict === 'doubted') {
        clock ??= Math.min(...others.map(({ created, received }) => received ?? created))
        waiting = others
        yield { row: first, deliveredAt: clock }
        continue
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

/** What the rows that follow say of one that is far ahead of all before it; `alone`: none of another object does. */
function verdictOn(
  { created, objectId }: Dated,
  others: readonly Dated[],
): 'confirmed' | 'refuted' | 'doubted' | 'alone' {
  const behind = new Set<string>()
  for (const [place, other] of others.entries()) {
    if ((other.received ?? other.created) < created - AHEAD) behind.add(other.objectId ?? String(place))
    else if (other.received !== undefined || objectId === undefined || other.objectId !== objectId)
      return 'confirmed'
    if (behind.size >= ROWS_TO_REFUTE) return 'refuted'
  }
  return behind.size > 0 ? 'doubted' : 'alone'
}
