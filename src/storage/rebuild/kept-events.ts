import type { JudgedEvent } from '../../detection/engine/judged-event.ts'
import { type Stream, streamId } from '../../detection/engine/memory.ts'
import type { Fact } from '../../stripe/facts.ts'
import { FACTS_VERSION, NO_FACTS, readFacts } from '../../stripe/kept-facts.ts'
import { type Seconds, toDate, toSeconds } from '../../time.ts'
import { date, flag, nullableInteger, nullableText, type Reader, type Row, text } from '../sql.ts'

/** A judged event with the facts that are kept of it. */
export interface KeptEvent {
  stream: Pick<Stream, 'id' | 'endpointId' | 'account' | 'livemode'>
  event: JudgedEvent
  /** Made of an older object: it teaches what is usual, and what is found at it is not true. */
  teachesOnly: boolean
}

export interface KeptPage {
  events: readonly KeptEvent[]
  /** The next page begins with what was delivered then. */
  next: Seconds
  /** Before these events is one of whose facts nothing is known: what was judged up to here counts no more. */
  begunAnew: boolean
}

/** Events of one second are judged together; this many of one are no delivery any more. */
const MOST_OF_A_SECOND = 20_000

const COLUMNS = ['stripeId', 'endpointId', 'account', 'livemode', 'type', 'createdAt', 'receivedAt', 'facts']
  .concat('factsVersion', 'source')
  .map((column) => `e."${column}"`)
  .join(', ')

/** Judged events, and those of before facts were kept; not those whose facts retention has let go of. */
const JUDGED = `e."tenantId" = ? AND (e."factsVersion" <> ${NO_FACTS} OR (e."factsVersion" IS NULL AND e."status" = 'PROCESSED'))`

const NOT_MEANWHILE = `AND NOT EXISTS (SELECT 1 FROM "JudgedMeanwhile" m
  WHERE m."tenantId" = e."tenantId" AND m."stripeId" = e."stripeId")`

/** Reads a tenant's judged events with their facts. */
export class KeptEvents {
  /** @param settled whether to leave out what was judged since a rebuild began */
  constructor(
    private readonly sql: Reader,
    private readonly tenantId: string,
    private readonly settled: boolean,
  ) {}

  /**
   * The next events in the order of delivery, about `size` of them, those of one second together.
   * @returns undefined when there are no more
   */
  async page(from: Seconds, size: number): Promise<KeptPage | undefined> {
    const rows = await this.#rows(from, undefined, size)
    const last = rows.at(-1)
    if (last === undefined) return undefined
    const end = deliveryOf(last)
    const whole = rows.length < size ? rows : rows.filter((row) => deliveryOf(row) < end)
    if (whole.length > 0) return pageOf(whole)
    return pageOf(await this.#rows(end, end + 1, MOST_OF_A_SECOND))
  }

  /** When the newest event was delivered; undefined: there is none. */
  async newest(): Promise<Seconds | undefined> {
    const [row] = await this.sql.all(
      'SELECT MAX("receivedAt") AS "at" FROM "StripeEvent" WHERE "tenantId" = ?',
      [this.tenantId],
    )
    return row === undefined || row['at'] === null ? undefined : toSeconds(date(row['at']))
  }

  /** What was judged since the rebuild began, in the order in which it was judged. */
  async meanwhile(size: number): Promise<KeptEvent[]> {
    const rows = await this.sql.all(
      `SELECT ${COLUMNS} FROM "JudgedMeanwhile" m
       JOIN "StripeEvent" e ON e."tenantId" = m."tenantId" AND e."stripeId" = m."stripeId"
       WHERE m."tenantId" = ? ORDER BY m."version", e."receivedAt", e."createdAt", e."stripeId" LIMIT ${size}`,
      [this.tenantId],
    )
    return rows.flatMap((row) => toKept(row) ?? [])
  }

  #rows(from: Seconds, to: Seconds | undefined, limit: number): Promise<Row[]> {
    const until = to === undefined ? '' : 'AND e."receivedAt" < ?'
    return this.sql.all(
      `SELECT ${COLUMNS} FROM "StripeEvent" e WHERE ${JUDGED} AND e."receivedAt" >= ? ${until}
       ${this.settled ? NOT_MEANWHILE : ''} ORDER BY e."receivedAt", e."stripeId" LIMIT ${limit}`,
      [this.tenantId, toDate(from), ...(to === undefined ? [] : [toDate(to)])],
    )
  }
}

const deliveryOf = (row: Row): Seconds => toSeconds(date(row['receivedAt']))

function pageOf(rows: readonly Row[]): KeptPage {
  let begunAnew = false
  let events: KeptEvent[] = []
  for (const row of rows) {
    const kept = toKept(row)
    if (kept !== undefined) events.push(kept)
    else [events, begunAnew] = [[], true]
  }
  const last = rows.at(-1)
  return { events: inOrder(events), next: last === undefined ? 0 : deliveryOf(last) + 1, begunAnew }
}

/** As judging puts a batch in order. */
export const inOrder = (events: readonly KeptEvent[]): KeptEvent[] =>
  [...events].sort(
    ({ event: a }, { event: b }) =>
      a.deliveredAt - b.deliveredAt || a.at - b.at || (a.stripeId < b.stripeId ? -1 : 1),
  )

/** Undefined where it is not known what the event said. */
function toKept(row: Row): KeptEvent | undefined {
  if (nullableInteger(row['factsVersion']) !== FACTS_VERSION) return undefined
  const [stripeId, endpointId, account] = [
    text(row['stripeId']),
    text(row['endpointId']),
    nullableText(row['account']),
  ]
  const livemode = flag(row['livemode'])
  const deliveredAt = deliveryOf(row)
  // What is dated after it came is taken to be of when it came, as when it was judged first.
  const at = Math.min(toSeconds(date(row['createdAt'])), deliveredAt)
  const found = row['source'] === 'API'
  const said = nullableText(row['facts'])
  const facts = said === null ? [] : readFacts(said, { at, eventId: stripeId })
  if (facts === undefined) return undefined
  const arrival: Fact = {
    kind: 'delivered',
    at,
    eventId: stripeId,
    type: text(row['type']),
    lag: deliveredAt - at,
    ...(found && { found }),
  }
  const stream = { id: streamId(endpointId, account, livemode), endpointId, account, livemode }
  const teachesOnly = row['source'] === 'REBUILT'
  return {
    stream,
    event: { stripeId, at, deliveredAt, facts: teachesOnly ? facts : [arrival, ...facts], found },
    teachesOnly,
  }
}
