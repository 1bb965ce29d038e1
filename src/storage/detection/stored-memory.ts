import type { Place } from '../../calendar/calendar.ts'
import { placeOf } from '../../calendar/country.ts'
import type { AnyDetector, DetectorName, Feedback, StripeAnswer } from '../../detection/detector.ts'
import type { Choices, DetectorChoice } from '../../detection/engine/choices.ts'
import { FLOOD } from '../../detection/engine/flood.ts'
import type { Incident } from '../../detection/engine/incident.ts'
import type { JudgedEvent } from '../../detection/engine/judged-event.ts'
import type { StoredState } from '../../detection/engine/keyed-state.ts'
import { keysOf } from '../../detection/engine/keys.ts'
import type { IncidentKey, KnownObject, Stream, TenantMemory } from '../../detection/engine/memory.ts'
import { KeyedStates, type StateKey } from '../../detection/engine/states.ts'
import type { Fact } from '../../stripe/facts.ts'
import { type Seconds, toDate, toSeconds } from '../../time.ts'
import {
  date,
  flag,
  integer,
  nullableDate,
  nullableInteger,
  nullableText,
  type Reader,
  type Row,
  text,
  type Value,
} from '../sql.ts'
import { toIncident } from './incident-row.ts'
import { type PendingEvent, toObject, toPendingEvent, toState, toStream } from './memory-rows.ts'
import { toDetectorName, toFacts, toNumbers } from './parsing.ts'

/** Engines bind some ten thousand values; plans are best with far fewer. */
const CHUNK = 400

/** Of all detectors together, and of one. */
const MAX_FEEDBACK = 500
const MAX_FEEDBACK_OF_A_DETECTOR = 100

const STATES = `SELECT "detector", "key", "version", "state", "wakeAt", "touchedAt", "expiresAt" FROM "DetectorState"
  WHERE "tenantId" = ? AND "stream" = ?`

/** A tenant's memory in the database. Raw SQL, since each batch reads it all. */
export class StoredMemory implements TenantMemory {
  constructor(
    private readonly sql: Reader,
    private readonly tenantId: string,
  ) {}

  /** @throws when the tenant is gone */
  async place(): Promise<Place> {
    const [row] = await this.sql.all('SELECT "timezone", "country" FROM "Tenant" WHERE "id" = ?', [
      this.tenantId,
    ])
    if (row === undefined) throw new Error(`the tenant ${this.tenantId} is gone`)
    return placeOf({ timezone: text(row['timezone']), country: nullableText(row['country']) })
  }

  async choices(): Promise<Choices> {
    const rows = await this.sql.all(
      'SELECT "detector", "enabled", "values" FROM "DetectorSetting" WHERE "tenantId" = ?',
      [this.tenantId],
    )
    const choices = new Map<DetectorName, DetectorChoice>()
    for (const row of rows) {
      const detector = toDetectorName(row['detector'])
      if (detector !== undefined)
        choices.set(detector, { enabled: flag(row['enabled']), values: toNumbers(text(row['values'])) })
    }
    return choices
  }

  async streams(): Promise<Stream[]> {
    const rows = await this.sql.all('SELECT * FROM "Stream" WHERE "tenantId" = ?', [this.tenantId])
    return rows.map(toStream)
  }

  async objects(ids: readonly string[]): Promise<Map<string, KnownObject>> {
    const rows = await this.#inChunks(
      ids,
      'SELECT "stripeId", "data", "updatedAt", "expiresAt" FROM "StripeObject" WHERE "tenantId" = ? AND "stripeId" IN',
    )
    return new Map(rows.map((row) => [text(row['stripeId']), toObject(row)]))
  }

  async states(
    stream: string,
    detectors: readonly AnyDetector[],
    facts: Iterable<Fact>,
    dueBy: Seconds,
  ): Promise<KeyedStates> {
    const states = new KeyedStates(detectors)
    states.load((await this.dueStates(stream, dueBy)).due)
    states.load(await this.storedStates(stream, keysOf(detectors, facts)))
    return states
  }

  async held(stream: string): Promise<JudgedEvent[]> {
    const rows = await this.sql.all(
      'SELECT "stripeId", "at", "deliveredAt", "facts" FROM "HeldEvent" WHERE "tenantId" = ? AND "stream" = ?',
      [this.tenantId, stream],
    )
    return rows.map((row) => ({
      stripeId: text(row['stripeId']),
      at: integer(row['at']),
      deliveredAt: integer(row['deliveredAt']),
      facts: toFacts(text(row['facts'])),
    }))
  }

  async incidents(
    stream: string,
    keys: readonly IncidentKey[],
    since: Seconds,
    dueBy: Seconds,
  ): Promise<Incident[]> {
    const due = await this.sql.all(
      'SELECT * FROM "Anomaly" WHERE "tenantId" = ? AND "stream" = ? AND "endsAt" <= ?',
      [this.tenantId, stream, dueBy],
    )
    const found: Row[] = []
    for (const [detector, wanted] of byDetector(
      keys.map(({ detector, fingerprint }) => [detector, fingerprint]),
    )) {
      const head =
        'SELECT * FROM "Anomaly" WHERE "tenantId" = ? AND "stream" = ? AND "detector" = ? AND ("endedAt" IS NULL OR "endedAt" >= ?) AND "fingerprint" IN'
      found.push(...(await this.#inChunks(wanted, head, [stream, detector, toDate(since)])))
    }
    const newest = new Map<string, Row>()
    for (const row of [...due, ...found].sort((a, b) => integer(a['seq']) - integer(b['seq']))) {
      newest.set(`${text(row['detector'])} ${text(row['fingerprint'])}`, row)
    }
    return [...newest.values()].flatMap((row) => toIncident(row) ?? [])
  }

  /** A mark that was taken back leaves no trace: it was a slip. */
  async feedback(stream: string): Promise<Map<DetectorName, Feedback[]>> {
    const rows = await this.sql.all(
      `SELECT "detector", "fingerprint", "startedAt", "lastSeenAt", "customerId", "resolvedAt" FROM "Anomaly"
       WHERE "tenantId" = ? AND "status" = 'FALSE_POSITIVE' AND "stream" = ? ORDER BY "seq" DESC LIMIT ?`,
      [this.tenantId, stream, MAX_FEEDBACK],
    )
    const feedback = new Map<DetectorName, Feedback[]>()
    for (const row of rows) {
      const detector = toDetectorName(row['detector'])
      const said = nullableDate(row['resolvedAt'])
      if (detector === undefined || said === null) continue
      const own = feedback.get(detector) ?? []
      feedback.set(detector, own)
      if (own.length === MAX_FEEDBACK_OF_A_DETECTOR) continue
      own.push({
        at: toSeconds(said),
        fingerprint: text(row['fingerprint']),
        startedAt: toSeconds(date(row['startedAt'])),
        lastSeenAt: toSeconds(date(row['lastSeenAt'])),
        customer: nullableText(row['customerId']),
      })
    }
    for (const own of feedback.values()) own.sort((a, b) => a.at - b.at)
    return feedback
  }

  async answers(stream: string, from: Seconds, to: Seconds): Promise<StripeAnswer[]> {
    const rows = await this.sql.all(
      `SELECT "at", "through", "answered", "endpoint" FROM "StripeAnswer" WHERE "tenantId" = ? AND "stream" = ?
       AND "at" >= COALESCE((SELECT MAX("at") FROM "StripeAnswer" WHERE "tenantId" = ? AND "stream" = ? AND "at" <= ?), 0)
       AND "at" <= ? ORDER BY "at"`,
      [this.tenantId, stream, this.tenantId, stream, from, to],
    )
    return rows.map((row) => ({
      at: integer(row['at']),
      through: integer(row['through']),
      answered: flag(row['answered']),
      endpoint: nullableText(row['endpoint']),
    }))
  }

  async raised(
    stream: string,
    detectors: readonly AnyDetector[],
    since: Seconds,
  ): Promise<Map<DetectorName, Seconds[]>> {
    const raised = new Map<DetectorName, Seconds[]>()
    for (const { name } of detectors) {
      const rows = await this.sql.all(
        'SELECT "detectedAt" FROM "Anomaly" WHERE "tenantId" = ? AND "stream" = ? AND "detector" = ? AND "fingerprint" <> ? AND "detectedAt" >= ?',
        [this.tenantId, stream, name, FLOOD, toDate(since)],
      )
      raised.set(
        name,
        rows.map((row) => toSeconds(date(row['detectedAt']))),
      )
    }
    return raised
  }

  /**
   * The version that everything read here belongs to, and whether the tenant has had a live event; undefined when
   * the tenant is gone or about to be erased.
   */
  async standing(): Promise<{ version: number; live: boolean } | undefined> {
    const [row] = await this.sql.all(
      `SELECT c."version", t."firstLiveAt" FROM "Claim" c JOIN "Tenant" t ON t."id" = c."tenantId"
       WHERE c."tenantId" = ? AND t."deletedAt" IS NULL`,
      [this.tenantId],
    )
    return row && { version: integer(row['version']), live: nullableDate(row['firstLiveAt']) !== null }
  }

  /** The pending ones of these events, with their bodies. */
  async pendingEvents(stripeIds: readonly string[]): Promise<PendingEvent[]> {
    const rows = await this.#inChunks(
      stripeIds,
      `SELECT "stripeId", "endpointId", "account", "livemode", "type", "createdAt", "receivedAt", "payload",
       "source" FROM "StripeEvent" WHERE "tenantId" = ? AND "status" = 'PENDING' AND "stripeId" IN`,
    )
    return rows.map(toPendingEvent)
  }

  /** Which of these events are stored. */
  async knownEvents(stripeIds: readonly string[]): Promise<Set<string>> {
    const rows = await this.#inChunks(
      stripeIds,
      'SELECT "stripeId" FROM "StripeEvent" WHERE "tenantId" = ? AND "stripeId" IN',
    )
    return new Set(rows.map((row) => text(row['stripeId'])))
  }

  /** The rows of these keys, as far as there are any. */
  async storedStates(stream: string, keys: readonly StateKey[]): Promise<StoredState[]> {
    const rows: Row[] = []
    for (let start = 0; start < keys.length; start += CHUNK) {
      const part = keys.slice(start, start + CHUNK)
      rows.push(
        ...(await this.sql.all(
          `${STATES} AND ("detector", "key") IN (VALUES ${part.map(() => '(?, ?)').join(', ')})`,
          [this.tenantId, stream, ...part.flatMap(({ detector, key }) => [detector, key])],
        )),
      )
    }
    return rows.flatMap(toState)
  }

  /** All rows of one detector. */
  async statesOf(stream: string, detector: DetectorName): Promise<StoredState[]> {
    const rows = await this.sql.all(`${STATES} AND "detector" = ?`, [this.tenantId, stream, detector])
    return rows.flatMap(toState)
  }

  /** The rows with timers due at or before a time, and when the first timer after them is. */
  async dueStates(stream: string, dueBy: Seconds): Promise<{ due: StoredState[]; next: Seconds | null }> {
    const rows = await this.sql.all(`${STATES} AND "wakeAt" <= ?`, [this.tenantId, stream, dueBy])
    const [row] = await this.sql.all(
      'SELECT MIN("wakeAt") AS "next" FROM "DetectorState" WHERE "tenantId" = ? AND "stream" = ? AND "wakeAt" > ?',
      [this.tenantId, stream, dueBy],
    )
    return { due: rows.flatMap(toState), next: nullableInteger(row?.['next']) }
  }

  /** When the first incident after a time ends by itself. */
  async nextEnding(stream: string, after: Seconds): Promise<Seconds | null> {
    const [row] = await this.sql.all(
      'SELECT MIN("endsAt") AS "next" FROM "Anomaly" WHERE "tenantId" = ? AND "stream" = ? AND "endsAt" > ?',
      [this.tenantId, stream, after],
    )
    return nullableInteger(row?.['next'])
  }

  async #inChunks(ids: readonly string[], head: string, extra: readonly Value[] = []): Promise<Row[]> {
    const rows: Row[] = []
    for (let start = 0; start < ids.length; start += CHUNK) {
      const part = ids.slice(start, start + CHUNK)
      rows.push(
        ...(await this.sql.all(`${head} (${part.map(() => '?').join(', ')})`, [
          this.tenantId,
          ...extra,
          ...part,
        ])),
      )
    }
    return rows
  }
}

function byDetector(pairs: readonly (readonly [DetectorName, string])[]): Map<DetectorName, string[]> {
  const groups = new Map<DetectorName, string[]>()
  for (const [detector, value] of pairs) {
    const group = groups.get(detector)
    if (group === undefined) groups.set(detector, [value])
    else group.push(value)
  }
  return groups
}
