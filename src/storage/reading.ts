import type { Activity, Anomaly, StripeEvent, Tenant, WebhookEndpoint } from '../generated/sqlite/client.ts'
import type { Scope } from './scope/scope.ts'
import {
  bigint,
  date,
  flag,
  integer,
  nullableBigint,
  nullableDate,
  nullableText,
  number,
  type Tuple,
  text,
  type Value,
} from './sql.ts'

/**
 * The rows that pages and feeds are made of, read by prepared statements that name the columns which were asked for:
 * Prisma's client costs several times the CPU of the statement itself on a page of 50. The tenant is always the scope's,
 * so that nobody can read another's from here; below it stand the walls that every raw statement meets.
 */
export interface Table<Of> {
  readonly name: string
  /** The column that says whose a row is. */
  readonly owner: 'tenantId' | 'id'
  readonly columns: { readonly [Column in keyof Of & string]: (value: unknown) => Of[Column] }
}

/** What detection keeps in an anomaly's row for itself, and nobody is shown. */
type Bookkeeping =
  | 'stream'
  | 'fingerprint'
  | 'folding'
  | 'endsAt'
  | 'searchText'
  | 'growthRecordedAt'
  | 'goneAt'

/** An anomaly as people see it. */
export type AnomalyRow = Omit<Anomaly, Bookkeeping>

export const ANOMALIES: Table<AnomalyRow> = {
  name: 'Anomaly',
  owner: 'tenantId',
  columns: {
    tenantId: text,
    id: text,
    seq: bigint,
    changedSeq: bigint,
    detector: text,
    severity: integer,
    status: text,
    origin: text,
    livemode: flag,
    account: nullableText,
    confidence: number,
    title: text,
    message: text,
    advice: text,
    startedAt: date,
    detectedAt: date,
    lastSeenAt: date,
    endedAt: nullableDate,
    createdAt: date,
    updatedAt: date,
    occurrences: integer,
    customerId: nullableText,
    impactAmount: nullableBigint,
    impactCurrency: nullableText,
    subjects: text,
    evidence: text,
    series: text,
    acknowledgedAt: nullableDate,
    acknowledgedBy: nullableText,
    resolvedAt: nullableDate,
    resolvedBy: nullableText,
    falsePositiveReason: nullableText,
    note: nullableText,
    snoozedUntil: nullableDate,
    snoozedSize: nullableText,
  },
}

/** An event without its body and what was made of it, which are read only when they are asked for. */
export type EventRow = Omit<StripeEvent, 'payload' | 'facts' | 'factsVersion'>

export const EVENTS: Table<EventRow> = {
  name: 'StripeEvent',
  owner: 'tenantId',
  columns: {
    tenantId: text,
    stripeId: text,
    endpointId: text,
    account: nullableText,
    livemode: flag,
    type: text,
    apiVersion: nullableText,
    createdAt: date,
    receivedAt: date,
    processedAt: nullableDate,
    status: text,
    error: nullableText,
    objectId: nullableText,
    customerId: nullableText,
    amount: nullableBigint,
    currency: nullableText,
    source: text,
  },
}

export const ACTIVITIES: Table<Pick<Activity, 'seq' | 'kind' | 'anomalyId'>> = {
  name: 'Activity',
  owner: 'tenantId',
  columns: { seq: bigint, kind: text, anomalyId: nullableText },
}

export const TENANTS: Table<Pick<Tenant, 'seq' | 'timezone'>> = {
  name: 'Tenant',
  owner: 'id',
  columns: { seq: bigint, timezone: text },
}

export const ENDPOINTS: Table<WebhookEndpoint> = {
  name: 'WebhookEndpoint',
  owner: 'tenantId',
  columns: {
    tenantId: text,
    id: text,
    name: text,
    createdAt: date,
    tokenHash: text,
    tokenSealed: text,
    previousTokenExpiresAt: nullableDate,
    lastDeliveryAt: nullableDate,
    lastRefusedAt: nullableDate,
    lastRefusal: nullableText,
  },
}

/** The names of a table's columns. */
export const columnsOf = <Of>({ columns }: Table<Of>): readonly (keyof Of & string)[] =>
  Object.keys(columns) as (keyof Of & string)[]

/** A part of WHERE. Made by the functions below alone, so that what a client sent is only ever among the values. */
export interface Condition {
  readonly text: string
  readonly values: readonly Value[]
}

export type Comparison = '=' | '<' | '<=' | '>' | '>='

export const compare = (column: string, comparison: Comparison, value: Value): Condition => ({
  text: `"${column}" ${comparison} ?`,
  values: [value],
})

/** On one side of a row in an order of several columns. */
export const beyond = (columns: readonly string[], side: '<' | '>', key: readonly Value[]): Condition => ({
  text: `(${columns.map(ordered).join(', ')}) ${side} (${marks(key.length)})`,
  values: key,
})

/** Lists are filled up to a power of two with their last value, so that statements of any length are prepared some ten times. */
export function among(column: string, values: readonly Value[]): Condition {
  const last = values.at(-1)
  if (last === undefined) return { text: '1 = 0', values: [] }
  let length = 1
  while (length < values.length) length *= 2
  const filled = [...values, ...Array<Value>(length - values.length).fill(last)]
  return { text: `"${column}" IN (${marks(length)})`, values: filled }
}

/** @param part holds neither `%` nor `_` that is meant literally: they stand for any text, and any character */
export const contains = (column: string, part: string): Condition => ({
  text: `"${column}" LIKE ?`,
  values: [`%${part}%`],
})

/**
 * Orders by what is no column: the money at risk, currency by currency, where none is known last in either direction.
 * No value of theirs is null, which engines sort differently.
 */
const EXPRESSIONS: Readonly<Record<string, string>> = {
  hasImpact: `CASE WHEN "impactCurrency" IS NULL THEN 0 ELSE 1 END`,
  lacksImpact: `CASE WHEN "impactCurrency" IS NULL THEN 1 ELSE 0 END`,
  impactCurrencyOrNone: `COALESCE("impactCurrency", '')`,
  impactAmountOrNone: `COALESCE("impactAmount", 0)`,
}

const ordered = (column: string): string => EXPRESSIONS[column] ?? `"${column}"`

const marks = (count: number): string => Array(count).fill('?').join(', ')

/** A tenant's raw statements. */
export type Reading = Pick<Scope, 'tenantId' | 'sql'>

export interface Selection<Column> {
  columns: readonly Column[]
  where?: readonly Condition[]
  orderBy?: readonly string[]
  /** Of all columns of the order alike. */
  direction?: 'ASC' | 'DESC'
  /** All that there are when left out. */
  take?: number
}

/** The tenant's rows that meet every condition, with these columns alone. */
export async function readRows<Of, Column extends keyof Of & string>(
  { sql, tenantId }: Reading,
  table: Table<Of>,
  { columns, where = [], orderBy = [], direction = 'ASC', take }: Selection<Column>,
): Promise<Pick<Of, Column>[]> {
  const { text, values } = inTenant(table, tenantId, where)
  // Whether there is a row may be all that is asked.
  const selected = columns.map((column) => `"${column}"`).join(', ') || '1'
  const order = orderBy.map((column) => `${ordered(column)} ${direction}`).join(', ')
  const rows = await sql.tuples(
    `SELECT ${selected} FROM ${text}${order && ` ORDER BY ${order}`}${take === undefined ? '' : ' LIMIT ?'}`,
    take === undefined ? values : [...values, take],
  )
  const parsers = columns.map((column) => table.columns[column])
  return rows.map((row) => parsed(columns, parsers, row))
}

/** The first of them; undefined when there is none. */
export async function readRow<Of, Column extends keyof Of & string>(
  reading: Reading,
  table: Table<Of>,
  selection: Omit<Selection<Column>, 'take'>,
): Promise<Pick<Of, Column> | undefined> {
  const [row] = await readRows(reading, table, { ...selection, take: 1 })
  return row
}

export async function countRows<Of>(
  { sql, tenantId }: Reading,
  table: Table<Of>,
  where: readonly Condition[],
): Promise<number> {
  const { text, values } = inTenant(table, tenantId, where)
  const [row] = await sql.all(`SELECT COUNT(*) AS "count" FROM ${text}`, values)
  return integer(row?.['count'])
}

/** What is selected from, and under which conditions. */
export function inTenant<Of>(
  { name, owner }: Table<Of>,
  tenantId: string,
  where: readonly Condition[],
): Condition {
  const all = [compare(owner, '=', tenantId), ...where]
  return {
    text: `"${name}" WHERE ${all.map(({ text }) => text).join(' AND ')}`,
    values: all.flatMap(({ values }) => values),
  }
}

function parsed<Of, Column extends keyof Of & string>(
  columns: readonly Column[],
  parsers: readonly ((value: unknown) => Of[Column])[],
  row: Tuple,
): Pick<Of, Column> {
  const read: Partial<Pick<Of, Column>> = {}
  columns.forEach((column, at) => {
    read[column] = parsers[at]?.(row[at])
  })
  // Every column of the type was just set.
  return read as Pick<Of, Column>
}
