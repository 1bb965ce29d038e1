import { graphql, type ResultOf } from './graphql.ts'

/** What lists show of an anomaly. */
export const RowFields = graphql(`
  fragment RowFields on Anomaly @_unmask {
    id
    detector
    severity
    status
    origin
    livemode
    title
    message
    note
    occurrences
    detectedAt
    endedAt
    snoozedUntil
    snoozedUntilItGrows
    impact { amount currency decimal formatted }
    acknowledgedBy { kind name }
    resolvedBy { kind name }
  }
`)

export type Row = ResultOf<typeof RowFields>

/** One row by itself, out of the cache: it redraws when its anomaly changes, and no other row does. */
export const RowById = graphql(`query Row($id: ID!) { anomaly(id: $id) { ...RowFields } }`, [RowFields])
