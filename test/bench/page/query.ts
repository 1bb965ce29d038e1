import type { AnomalyFilter } from '../../../src/anomalies/filter.ts'
import type { AnomalyColumn } from '../../../src/anomalies/pages.ts'

/** The page that a list of anomalies shows, as a frontend asks for it: filtered, 50 rows. */
export const OPERATION = `query Page($filter: AnomalyFilter, $first: Int!) {
  anomalies(filter: $filter, first: $first) {
    nodes {
      id detector severity status livemode title message startedAt detectedAt lastSeenAt endedAt
      occurrences customerId impact { amount currency }
    }
    pageInfo { hasNextPage endCursor }
    resumeCursor
  }
}`

export const ROWS = 50

export const VARIABLES: { first: number; filter: AnomalyFilter } = {
  first: ROWS,
  filter: { statuses: ['OPEN', 'ACKNOWLEDGED'], severities: ['HIGH', 'CRITICAL'] },
}

/** The columns that these fields need. */
export const COLUMNS: readonly AnomalyColumn[] = [
  'id',
  'detector',
  'severity',
  'status',
  'livemode',
  'title',
  'message',
  'startedAt',
  'detectedAt',
  'lastSeenAt',
  'endedAt',
  'occurrences',
  'customerId',
  'impactAmount',
  'impactCurrency',
]

/** The same rows in SQL: one tenant's, of two states and two severities, newest first. */
export const STATEMENT = `SELECT ${COLUMNS.map((name) => `"${name}"`).join(', ')} FROM "Anomaly"
  WHERE "tenantId" = ? AND "status" IN ('OPEN', 'ACKNOWLEDGED') AND "severity" IN (2, 3)
  ORDER BY "seq" DESC LIMIT ${ROWS + 1}`
