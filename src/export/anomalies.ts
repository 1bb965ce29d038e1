import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AnomalyFilter, whereOf } from '../anomalies/filter.ts'
import {
  type AnomalyColumn,
  type AnomalyKey,
  anomalyKey,
  feedHead,
  readAnomalies,
  type Wanted,
} from '../anomalies/pages.ts'
import type { Config } from '../config.ts'
import { SEVERITIES } from '../detection/detector.ts'
import { PublicError } from '../errors.ts'
import { type PlainHandler, readOnly } from '../http/answer.ts'
import { addressOf } from '../http/client-address.ts'
import { requestIdOf } from '../http/request-id.ts'
import type { ApiRate } from '../limits/api-rate.ts'
import { standingHeaders } from '../limits/rate-limiter.ts'
import type { Logger } from '../log.ts'
import { ANOMALIES, type AnomalyRow, columnsOf } from '../storage/reading.ts'
import type { Scope } from '../storage/scope/scope.ts'
import { clamped, decimal } from '../stripe/money.ts'
import type { CredentialsWatch } from '../tenancy/cutoff.ts'
import type { Gate } from '../tenancy/gate.ts'
import { answerRefusal } from '../tenancy/refusal.ts'
import { type Cell, csvLines } from './csv.ts'
import { readAnomalyFilter } from './query.ts'

/** The large columns of JSON are not in the file, and not read for it. */
type Exported = Omit<AnomalyRow, 'subjects' | 'evidence' | 'series'>

const COLUMNS: readonly (readonly [name: string, cell: (anomaly: Exported) => Cell])[] = [
  ['id', ({ id }) => id],
  ['detector', ({ detector }) => detector],
  ['severity', ({ severity }) => SEVERITIES[severity] ?? 'LOW'],
  ['status', ({ status }) => status],
  ['origin', ({ origin }) => origin],
  ['livemode', ({ livemode }) => livemode],
  ['account', ({ account }) => account],
  ['confidence', ({ confidence }) => confidence],
  ['title', ({ title }) => title],
  ['message', ({ message }) => message],
  ['advice', ({ advice }) => advice],
  ['startedAt', ({ startedAt }) => startedAt],
  ['detectedAt', ({ detectedAt }) => detectedAt],
  ['lastSeenAt', ({ lastSeenAt }) => lastSeenAt],
  ['endedAt', ({ endedAt }) => endedAt],
  ['createdAt', ({ createdAt }) => createdAt],
  ['updatedAt', ({ updatedAt }) => updatedAt],
  ['occurrences', ({ occurrences }) => occurrences],
  ['customerId', ({ customerId }) => customerId],
  ['impactAmount', ({ impactAmount }) => impactAmount && clamped(impactAmount)],
  ['impactDecimal', impactDecimal],
  ['impactCurrency', ({ impactCurrency }) => impactCurrency?.toUpperCase() ?? null],
  ['falsePositiveReason', ({ falsePositiveReason }) => falsePositiveReason],
  ['note', ({ note }) => note],
]

function impactDecimal({ impactAmount, impactCurrency }: Exported): Cell {
  return impactAmount === null || impactCurrency === null
    ? null
    : { decimal: decimal(clamped(impactAmount), impactCurrency) }
}

/** Rows that are in memory at once. */
const PAGE = 200

export interface ExportParts {
  config: Pick<Config, 'trustProxy'>
  scopeTo(tenantId: string): Scope
  gate: Gate
  credentials: CredentialsWatch
  rate: ApiRate
  log: Logger
}

/** `GET /export/anomalies.csv`: the tenant's anomalies, newest recorded first, streamed page by page. */
export const exportAnomalies = (parts: ExportParts): PlainHandler =>
  readOnly((req, res) => {
    answer(parts, req, res).catch((error: unknown) => {
      if (!(error instanceof PublicError)) parts.log.error({ err: error }, 'an export failed')
      refuse(res, error)
    })
  })

async function answer(parts: ExportParts, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const header = (name: string) => {
    const value = req.headers[name]
    return typeof value === 'string' ? value : undefined
  }
  const caller = await parts.gate.admit(
    { authorization: header('authorization'), tenantId: header('x-tenant-id') },
    addressOf(req, parts.config.trustProxy),
    requestIdOf(req),
  )
  const standing = await parts.rate.count(caller)
  for (const [name, value] of Object.entries(standingHeaders(standing))) res.setHeader(name, value)
  parts.rate.check(standing)
  if (caller.tenantId === undefined) {
    throw new PublicError('FORBIDDEN', 'An export is of one tenant: name it with x-tenant-id.')
  }
  const scope = parts.scopeTo(caller.tenantId)
  const filter = readAnomalyFilter(new URL(req.url ?? '/', 'http://localhost').searchParams)
  const pages = csvOf(scope, filter)
  // Read before the status is sent, so that a database that is away is an error and not a file that ends early.
  const { value: first } = await pages.next()

  res.writeHead(200, {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': 'attachment; filename="anomalies.csv"',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  if (req.method === 'HEAD') return void res.end()
  // A caller whose credentials end does not get the rest.
  const stopWatching = parts.credentials.watch(caller, () => res.destroy())
  try {
    await send(res, first ?? '')
    for await (const page of pages) {
      if (res.destroyed) return
      await send(res, page)
    }
    res.end()
  } finally {
    stopWatching()
  }
}

/** The file page by page, the header line with the first: the anomalies recorded up to the request. */
export async function* csvOf(scope: Scope, filter: AnomalyFilter): AsyncGenerator<string> {
  const head = await feedHead(scope)
  const wanted = { where: await whereOf(scope, filter), upTo: head }
  let page = await readPage(scope, wanted, undefined)
  yield csvLines([COLUMNS.map(([name]) => name), ...page.map(rowOf)])
  for (let last = page.at(-1); last !== undefined && page.length === PAGE; last = page.at(-1)) {
    page = await readPage(scope, wanted, anomalyKey('RECORDED_AT', last))
    if (page.length > 0) yield csvLines(page.map(rowOf))
  }
}

const rowOf = (anomaly: Exported): Cell[] => COLUMNS.map(([, cell]) => cell(anomaly))

async function send(res: ServerResponse, text: string): Promise<void> {
  if (!res.write(text)) await Promise.race([once(res, 'drain'), once(res, 'close')])
}

const isRead = (column: AnomalyColumn): column is keyof Exported =>
  column !== 'subjects' && column !== 'evidence' && column !== 'series'

const READ = columnsOf(ANOMALIES).filter(isRead)

const readPage = (scope: Scope, wanted: Wanted, after: AnomalyKey | undefined): Promise<Exported[]> =>
  readAnomalies(scope, READ, wanted, {
    order: { field: 'RECORDED_AT', direction: 'DESC' },
    after,
    before: undefined,
    backward: false,
    take: PAGE,
  })

function refuse(res: ServerResponse, error: unknown): void {
  // An aborted download is visibly incomplete; one that ends would seem complete.
  if (res.headersSent) res.destroy()
  else answerRefusal(res, error)
}
